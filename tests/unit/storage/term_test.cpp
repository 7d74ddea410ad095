// Several instances on one database.
#include "tests/unit/storage/fixture.hpp"

#include <fstream>

namespace driftwarden::storage {
namespace {

class Terms : public StoreTest {
 protected:
  void SetUp() override {}
  Result<std::unique_ptr<Store>> open(bool leads = true) {
    StoreOptions options;
    options.leads = [leads] { return leads; };
    return Store::open(path, clock, options);
  }
  static Result<void> write(Store& on, const std::string& value) {
    return on.transact([&](Transaction& tx) { return tx.set_setting("test", value); });
  }
};

TEST_F(Terms, WhoOpenedEarlierWritesNothingMore) {
  auto first = open();
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(write(**first, "a"));
  auto second = open();
  ASSERT_TRUE(second) << second.error().message;
  const auto refused = write(**first, "b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
  EXPECT_NE(refused.error().message.find("another instance leads"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(write(**second, "c"));
  EXPECT_FALSE((*first)->prune(Duration{0}));
  EXPECT_FALSE((*first)->forget(Duration{0}));
  EXPECT_EQ((*first)->damage(), "") << "it is no damage";
  const std::vector<std::function<Result<void>(Transaction&)>> works(2, [](Transaction& tx) { return tx.set_setting("test", "d"); });
  for (const auto& result : (*first)->transact_all(works)) EXPECT_FALSE(result);
}

TEST_F(Terms, WhoDoesNotLeadBeginsNone) {
  auto first = open();
  ASSERT_TRUE(first);
  EXPECT_FALSE(open(false));
  EXPECT_TRUE(write(**first, "a"));
}

/// The leader is stopped in the middle of a transaction, with all its locks, and goes on once another one leads.
class Frozen : public Terms {
 protected:
  void SetUp() override {
    auto opened = open();
    ASSERT_TRUE(opened) << opened.error().message;
    first = std::move(*opened);
    ASSERT_TRUE(write(*first, "before"));
  }
  std::string value(Store& on) {
    std::string value;
    EXPECT_TRUE(on.transact([&](Transaction& tx) -> Result<void> {
      TRY(const auto found, tx.setting("test"));
      value = found.value_or("");
      return Result<void>{};
    }));
    return value;
  }
  std::unique_ptr<Store> first;
  std::unique_ptr<Store> second;
};

TEST_F(Frozen, ItsTransactionIsLostAndItKnows) {
  const auto done = first->transact([&](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.set_setting("test", "never"));
    auto opened = open();
    if (!opened) return opened.error();
    second = std::move(*opened);
    EXPECT_EQ(value(*second), "before");
    EXPECT_TRUE(write(*second, "after"));
    return Result<void>{};
  });
  ASSERT_TRUE(second);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::Unavailable);
  EXPECT_NE(done.error().message.find("another instance leads"), std::string::npos) << done.error().message;
  EXPECT_FALSE(write(*first, "again"));
  EXPECT_EQ(first->damage(), "");
  EXPECT_EQ(value(*second), "after");
  const auto chain = second->verify_audit();
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->empty());
  second.reset();
  auto third = open();
  ASSERT_TRUE(third) << third.error().message;
  EXPECT_EQ(value(**third), "after");
}

TEST_F(Frozen, OneThatHadWrittenNothingYetWritesNothing) {
  const auto done = first->transact([&](Transaction& tx) -> Result<void> {
    auto opened = open();
    if (!opened) return opened.error();
    second = std::move(*opened);
    return tx.set_setting("test", "never");
  });
  EXPECT_FALSE(done);
  EXPECT_EQ(first->damage(), "");
  EXPECT_EQ(value(*second), "before");
}

TEST_F(Frozen, WhoLeadsNoMoreTakesNothingOver) {
  EXPECT_TRUE(first->transact([&](Transaction& tx) -> Result<void> {
    EXPECT_FALSE(open(false));
    return tx.set_setting("test", "mine");
  }));
  EXPECT_EQ(value(*first), "mine");
}

TEST_F(Frozen, ATakingOverThatWasCutShortIsFinished) {
  first.reset();
  std::filesystem::copy_file(path, path + ".seized");
  { std::ofstream(path + "-journal") << "of the old file"; }
  auto opened = open();
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(value(**opened), "before");
  EXPECT_FALSE(std::filesystem::exists(path + ".seized"));
}

TEST_F(Terms, ADatabaseOfOneInstanceIsTakenOver) {
  reopen();
  ASSERT_TRUE(write(*store, "alone"));
  store.reset();
  auto first = open();
  ASSERT_TRUE(first) << first.error().message;
  const auto read = (*first)->transact([](Transaction& tx) -> Result<void> {
    TRY(const auto value, tx.setting("test"));
    EXPECT_EQ(value, "alone");
    return Result<void>{};
  });
  EXPECT_TRUE(read);
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
}

TEST_F(Terms, NobodyAloneOpensWhatIsShared) {
  auto first = open();
  ASSERT_TRUE(first);
  const auto alone = Store::open(path, clock);
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().kind, ErrorKind::Unavailable);
}

TEST_F(Terms, NobodySharesWhatIsOpenedAlone) {
  reopen();
  EXPECT_FALSE(open());
}

TEST_F(Terms, GoBackToOneInstance) {
  ASSERT_TRUE(open());
  reopen();
  EXPECT_TRUE(write(*store, "alone"));
}

TEST_F(Terms, AreReadBesideALeader) {
  auto first = open();
  ASSERT_TRUE(first);
  ASSERT_TRUE(write(**first, "a"));
  auto reader = Store::open_read_only(path, clock);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_TRUE((*reader)->verify_audit());
  EXPECT_TRUE(write(**first, "b"));
}

}  // namespace
}  // namespace driftwarden::storage
