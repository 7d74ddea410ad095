// Files that somebody or something spoiled: told clearly, left alone, replaced by a restore.
#include "tests/unit/storage/fixture.hpp"
#include "tests/unit/storage/steps.hpp"

#include "gitops/base/random.hpp"

#include <fstream>

namespace driftwarden::storage {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class DamageTest : public StoreTest {
 protected:
  void fill() {
    for (int at = 0; at < 60; ++at) {
      in([&](Transaction& tx) -> Result<void> {
        CHECK_OK(tx.append_audit(entry("alice", "x")));
        return tx.set_setting("k" + std::to_string(at), std::string(700, 'v'));
      });
    }
  }
  std::string read() const { return read_file(path).value(); }
  void write(const std::string& content) const { std::ofstream{path, std::ios::binary | std::ios::trunc} << content; }
  std::string backup() const { return (directory / "backup.db").string(); }
};

struct SpoiledRow {
  std::string name;
  std::function<void(const std::string&)> spoil;
  ErrorKind kind;
  std::string what;
  friend void PrintTo(const SpoiledRow& row, std::ostream* out) { *out << row.name; }
};
class Spoiled : public DamageTest, public testing::WithParamInterface<SpoiledRow> {};

void overwrite(const std::string& path, std::streamoff offset, const std::string& bytes) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(offset);
  file << bytes;
}

TEST_P(Spoiled, IsToldAndLeftAloneAndRestored) {
  fill();
  ASSERT_TRUE(store->backup(backup()));
  store.reset();
  GetParam().spoil(path);
  const bool there = std::filesystem::exists(path);
  const auto before = there ? read() : std::string{};
  const auto opened = Store::open(path, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, GetParam().kind);
  EXPECT_THAT(opened.error().message, AllOf(HasSubstr(GetParam().what), HasSubstr(path)));
  ASSERT_EQ(std::filesystem::exists(path), there);
  if (there) {
    EXPECT_EQ(read(), before) << "nothing is written to it";
  }
  const auto restored = restore(backup(), path, clock);
  ASSERT_TRUE(restored) << restored.error().message;
  reopen();
  EXPECT_EQ(store->audit_head()->seq, 61);
  EXPECT_THAT(store->verify_audit().value(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(
    AllOf, Spoiled,
    testing::Values(SpoiledRow{"HeaderZeroed", [](const std::string& at) { overwrite(at, 0, std::string(100, '\0')); }, ErrorKind::Corrupt, "driftwarden restore"},
                    SpoiledRow{"FirstPageZeroed", [](const std::string& at) { overwrite(at, 0, std::string(4096, '\0')); }, ErrorKind::Corrupt, "driftwarden restore"},
                    SpoiledRow{"HalfAPageZeroed", [](const std::string& at) { overwrite(at, 4096 * 3, std::string(4096, '\0')); }, ErrorKind::Corrupt, "driftwarden restore"},
                    SpoiledRow{"CutInHalf", [](const std::string& at) { std::filesystem::resize_file(at, std::filesystem::file_size(at) / 2); }, ErrorKind::Corrupt, "driftwarden restore"},
                    SpoiledRow{"TheLastPageGone", [](const std::string& at) { std::filesystem::resize_file(at, std::filesystem::file_size(at) - 4096); }, ErrorKind::Corrupt,
                               "driftwarden restore"},
                    SpoiledRow{"Emptied", [](const std::string& at) { std::filesystem::resize_file(at, 0); }, ErrorKind::Corrupt, "gone or empty"},
                    SpoiledRow{"Deleted", [](const std::string& at) { std::filesystem::remove(at); }, ErrorKind::Corrupt, "gone or empty"},
                    SpoiledRow{"AnotherProgramsFile", [](const std::string& at) { overwrite(at, 68, std::string("\0\0\0\7", 4)); }, ErrorKind::InvalidInput, "another program"}),
    [](const auto& row) { return row.param.name; });

TEST_F(DamageTest, AnyFlippedByteIsToldOrHarmsNothingThatIsChecked) {
  fill();
  const auto rows = in([](Transaction& tx) { return tx.audit({.limit = 1000}); });
  store.reset();
  const auto whole = read();
  const auto random = create_seeded_random(4);
  int told = 0;
  for (int round = 0; round < 60; ++round) {
    auto content = whole;
    auto& byte = content[random->below(content.size())];
    byte = static_cast<char>(byte ^ (1 << random->below(8)));
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path + suffix);
    write(content);
    auto opened = Store::open(path, clock);
    if (!opened) {
      ++told;
      continue;
    }
    const auto faults = (*opened)->verify_audit();
    if (!faults || !faults->empty()) {
      ++told;
      continue;
    }
    std::vector<AuditRow> now;
    ASSERT_TRUE((*opened)->transact([&](Transaction& tx) -> Result<void> {
      TRY(now, tx.audit({.limit = 1000}));
      return {};
    }));
    EXPECT_EQ(now, rows) << "a log that verifies is the log that was written";
  }
  EXPECT_GT(told, 0);
}

TEST_F(DamageTest, ALostWalFileIsToldInsteadOfGoingOnWithLess) {
  in([](Transaction& tx) { return tx.append_audit(entry("alice", "x")); });
  store.reset();
  survives([&] {
    auto opened = Store::open(path, clock);
    static_cast<void>((*opened)->transact([](Transaction& tx) -> Result<void> {
      CHECK_OK(tx.append_audit(entry("alice", "late")));
      return {};
    }));
    ::_exit(1);
  });
  ASSERT_GT(std::filesystem::file_size(path + "-wal"), 0U);
  std::filesystem::rename(path + "-wal", path + "-saved");
  std::filesystem::remove(path + "-shm");
  const auto opened = Store::open(path, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::Corrupt);
  EXPECT_THAT(opened.error().message, AllOf(HasSubstr("-wal"), HasSubstr("ends at row 1, and row 2"), HasSubstr("driftwarden restore")));
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path + suffix);
  std::filesystem::rename(path + "-saved", path + "-wal");
  reopen();
  EXPECT_EQ(store->audit_head()->seq, 2) << "put back, it goes on";
}

TEST_F(DamageTest, AnOlderOrAnotherDatabaseInItsPlaceIsTold) {
  in([](Transaction& tx) { return tx.append_audit(entry("alice", "x")); });
  ASSERT_TRUE(store->backup(backup()));
  in([](Transaction& tx) { return tx.append_audit(entry("alice", "y")); });
  store.reset();
  std::filesystem::copy_file(backup(), path, std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Store::open(path, clock).error().message, HasSubstr("an older copy"));
  std::filesystem::remove(path);
  {
    auto another = Store::open((directory / "another.db").string(), clock);
    ASSERT_TRUE((*another)->backup(path));
  }
  EXPECT_THAT(Store::open(path, clock).error().message, HasSubstr("it is the database"));
  std::filesystem::remove(path + ".lock");
  EXPECT_TRUE(Store::open(path, clock)) << "who means it may";
}

TEST_F(DamageTest, AnotherHistoryInItsPlaceIsTold) {
  in([](Transaction& tx) { return tx.append_audit(entry("alice", "x")); });
  ASSERT_TRUE(store->backup(backup()));
  in([](Transaction& tx) { return tx.append_audit(entry("alice", "y")); });
  store.reset();
  std::filesystem::remove(path);
  std::filesystem::copy_file(backup(), path);
  std::filesystem::rename(path + ".lock", path + ".lock-saved");
  reopen();
  for (int at = 0; at < 3; ++at) in([](Transaction& tx) { return tx.append_audit(entry("bob", "z")); });
  store.reset();
  std::filesystem::rename(path + ".lock-saved", path + ".lock");
  EXPECT_THAT(Store::open(path, clock).error().message, HasSubstr("row 2 of its audit log is another"));
}

TEST_F(DamageTest, ANoteThatCannotBeReadIsNoReasonToStop) {
  in([](Transaction& tx) { return tx.append_audit(entry("alice", "x")); });
  store.reset();
  std::ofstream{path + ".lock", std::ios::trunc} << "head 99:abc";
  EXPECT_TRUE(Store::open(path, clock)) << "torn: it doesn't end";
}

TEST_F(DamageTest, DamageFoundWhileItRunsEndsEverything) {
  fill();
  sqlite().session().database().exec("PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_EQ(store->damage(), "");
  reopen();
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
  sqlite().session().database().exec("PRAGMA cache_size = 0; PRAGMA shrink_memory");
  for (std::streamoff page = 1; page * 4096 < size; ++page) overwrite(path, page * 4096, std::string(4096, '\x7f'));
  const auto failed = store->transact([](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.append_audit(entry("alice", "x")));
    return {};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::Corrupt);
  EXPECT_THAT(store->damage(), AllOf(HasSubstr("can't be trusted"), HasSubstr("malformed")));
  const auto refused = store->transact([](Transaction&) { return Result<void>{}; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, store->damage());
}

/// Root may write anywhere, so it is done as nobody.
bool is_refused_to_nobody(const std::string& path, Clock& clock) {
  return survives([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(2);
    const auto opened = Store::open(path, clock);
    if (opened || opened.error().kind != ErrorKind::Unavailable || opened.error().message.find("owner and mode") == std::string::npos) ::_exit(1);
  });
}

TEST_F(DamageTest, AReadOnlyDirectoryOrFileIsTold) {
  fill();
  store.reset();
  const auto before = read();
  using std::filesystem::perms;
  const auto looking = perms::owner_read | perms::owner_exec | perms::others_read | perms::others_exec;
  std::filesystem::permissions(directory, looking);
  EXPECT_TRUE(is_refused_to_nobody((directory / "new.db").string(), clock));
  std::filesystem::permissions(directory, perms::all);
  std::filesystem::permissions(path, perms::owner_read | perms::others_read);
  std::filesystem::remove(path + ".lock");
  EXPECT_TRUE(is_refused_to_nobody(path, clock));
  EXPECT_EQ(read(), before);
}

}  // namespace
}  // namespace driftwarden::storage
