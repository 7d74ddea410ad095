#include "tests/unit/storage/fixture.hpp"

#include <SQLiteCpp/Exception.h>

namespace driftwarden::storage {
namespace {

using testing::HasSubstr;

class TransactionTest : public StoreTest {};

TEST_F(TransactionTest, AFailureLeavesNothing) {
  const auto failed = store->transact([](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.set_setting("a", "1"));
    return Error{ErrorKind::Denied, "no"};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::Denied);
  EXPECT_EQ(in([](Transaction& tx) { return tx.setting("a"); }), std::nullopt);
}

TEST_F(TransactionTest, AnExceptionLeavesNothingAndTheStoreUsable) {
  EXPECT_THROW(static_cast<void>(store->transact([](Transaction& tx) -> Result<void> {
                 CHECK_OK(tx.set_setting("a", "1"));
                 throw std::logic_error{"a bug"};
               })),
               std::logic_error);
  EXPECT_EQ(in([](Transaction& tx) { return tx.setting("a"); }), std::nullopt);
}

TEST_F(TransactionTest, NothingIsSeenByOthersBeforeTheCommitAndAllAfterIt) {
  auto reader = other();
  in([&](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.set_setting("a", "1"));
    EXPECT_EQ(reader.execAndGet("SELECT count(*) FROM setting WHERE name = 'a'").getInt(), 0);
    return {};
  });
  EXPECT_EQ(reader.execAndGet("SELECT count(*) FROM setting WHERE name = 'a'").getInt(), 1);
}

TEST_F(TransactionTest, AKilledProcessKeepsWhatWasCommittedAndNothingElse) {
  in([](Transaction& tx) { return tx.set_setting("a", "1"); });
  const auto copy = (directory / "copy.db").string();
  in([&](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.set_setting("b", "2"));
    // What the disk holds at this moment is what a kill would leave.
    std::filesystem::copy_file(path, copy);
    std::filesystem::copy_file(path + "-wal", copy + "-wal");
    return {};
  });
  auto after = Store::open(copy, clock);
  ASSERT_TRUE(after) << after.error().message;
  ASSERT_TRUE((*after)->transact([](Transaction& tx) -> Result<void> {
    EXPECT_EQ(*tx.setting("a"), "1");
    EXPECT_EQ(*tx.setting("b"), std::nullopt);
    return {};
  }));
}

TEST_F(TransactionTest, OfSeveralTogetherOneThatFailsLeavesTheOthers) {
  const std::vector<std::function<Result<void>(Transaction&)>> works{
      [](Transaction& tx) { return tx.set_setting("a", "1"); },
      [](Transaction& tx) -> Result<void> {
        CHECK_OK(tx.set_setting("a", "2"));
        CHECK_OK(tx.set_setting("b", "2"));
        return Error{ErrorKind::Denied, "no"};
      },
      [](Transaction& tx) -> Result<void> {
        EXPECT_EQ(*tx.setting("a"), "1") << "what failed is undone before the next begins";
        return tx.set_setting("c", "3");
      }};
  auto reader = other();
  const auto results = store->transact_all(works);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error().kind, ErrorKind::Denied);
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(reader.execAndGet("SELECT group_concat(name || value, ' ') FROM setting WHERE name IN ('a', 'b', 'c')").getString(), "a1 c3");
}

TEST_F(TransactionTest, SeveralTogetherKeepTheAuditChainWhole) {
  std::vector<std::function<Result<void>(Transaction&)>> works;
  for (int i = 0; i < 20; ++i) {
    works.push_back([i](Transaction& tx) -> Result<void> {
      const auto row = tx.append_audit(entry("alice", "test." + std::to_string(i)));
      if (!row) return row.error();
      if (i % 3 == 0) return Error{ErrorKind::Denied, "no"};
      return {};
    });
  }
  store->transact_all(works);
  const auto rows = in([](Transaction& tx) { return tx.audit({}); });
  EXPECT_EQ(rows.size(), 13U);
  EXPECT_TRUE(store->verify_audit()->empty());
}

TEST_F(TransactionTest, AFullDiskIsUnavailableAndLosesNothing) {
  in([](Transaction& tx) { return tx.set_setting("before", "1"); });
  auto& database = sqlite().session().database();
  const auto pages = database.execAndGet("PRAGMA page_count").getInt();
  database.exec("PRAGMA max_page_count = " + std::to_string(pages + 2));
  const auto full = store->transact([](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.set_setting("during", "1"));
    for (int at = 0; at < 100; ++at) {
      // An inattentive caller that ignores the error must not commit the rest.
      static_cast<void>(tx.set_setting("k" + std::to_string(at), std::string(3000, 'x')));
    }
    return {};
  });
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::Unavailable);
  EXPECT_THAT(full.error().message, HasSubstr("space"));
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM setting WHERE name <> 'instance'").getInt(), 1);
  database.exec("PRAGMA max_page_count = 100000");
  in([](Transaction& tx) { return tx.set_setting("after", "1"); });
}

TEST_F(TransactionTest, ASettingIsReplaced) {
  in([](Transaction& tx) { return tx.set_setting("a", "1"); });
  in([](Transaction& tx) { return tx.set_setting("a", std::string{"2\0x", 3}); });
  EXPECT_EQ(in([](Transaction& tx) { return tx.setting("a"); }), (std::string{"2\0x", 3}));
}

TEST_F(TransactionTest, AnAppIsReplaced) {
  in([&](Transaction& tx) { return tx.save_app({.app = "checkout", .last_synced_revision = "a", .last_synced_at = clock.wall_now()}); });
  in([&](Transaction& tx) { return tx.save_app({.app = "checkout", .last_synced_revision = "b", .last_synced_at = clock.wall_now()}); });
  const auto found = in([](Transaction& tx) { return tx.find_app("checkout"); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->last_synced_revision, "b");
  EXPECT_EQ(found->last_synced_at, clock.wall_now());
  EXPECT_FALSE(in([](Transaction& tx) { return tx.find_app("none"); }));
}

}  // namespace
}  // namespace driftwarden::storage
