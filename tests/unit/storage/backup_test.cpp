#include "storage/backup.hpp"
#include "storage/schema.hpp"
#include "tests/unit/storage/fixture.hpp"
#include "tests/unit/storage/steps.hpp"

#include <SQLiteCpp/Exception.h>

#include <algorithm>
#include <fstream>

namespace driftwarden::storage {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

class BackupTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    backup = (directory / "backup.db").string();
  }
  void append(int count) {
    for (int at = 0; at < count; ++at) in([](Transaction& tx) { return tx.append_audit(entry("alice", "x")); });
  }
  std::size_t rows() { return in([](Transaction& tx) { return tx.audit({.limit = 10'000}); }).size(); }
  /// The bot is killed, and leaves what it wrote in its -wal file.
  void append_and_die(int count) {
    store.reset();
    survives([&] {
      auto opened = Store::open(path, clock);
      for (int at = 0; at < count; ++at) {
        static_cast<void>((*opened)->transact([](Transaction& tx) -> Result<void> {
          CHECK_OK(tx.append_audit(entry("alice", "late")));
          return {};
        }));
      }
      ::_exit(1);
    });
  }
  std::vector<std::string> files_like(const std::string& part) const {
    std::vector<std::string> found;
    for (const auto& file : std::filesystem::directory_iterator{directory}) {
      const auto name = file.path().filename().string();
      if (name.find(part) != std::string::npos) found.push_back(name);
    }
    std::ranges::sort(found);
    return found;
  }
  std::string backup;
};

TEST_F(BackupTest, IsWholePrivateAndOneFile) {
  append(3);
  ASSERT_TRUE(store->backup(backup));
  append(2);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(backup).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_THAT(files_like("backup.db"), testing::ElementsAre("backup.db"));
  auto copy = Store::open_read_only(backup, clock);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ((*copy)->audit_head()->seq, 3);
  EXPECT_EQ((*copy)->instance().value(), store->instance().value());
  EXPECT_THAT((*copy)->verify_audit().value(), IsEmpty());
}

TEST_F(BackupTest, ByAReaderBesideTheBot) {
  append(3);
  auto reader = Store::open_read_only(path, clock);
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->backup(backup));
  EXPECT_EQ(Store::open_read_only(backup, clock).value()->audit_head()->seq, 3);
  const auto written = (*reader)->transact([](Transaction& tx) { return tx.set_setting("a", "1"); });
  EXPECT_FALSE(written) << "it still only reads";
}

TEST_F(BackupTest, NeverReplacesAFile) {
  std::ofstream{backup} << "precious";
  const auto done = store->backup(backup);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::Conflict);
  EXPECT_EQ(std::filesystem::file_size(backup), 8U);
  std::filesystem::remove(backup);
  std::filesystem::create_symlink(directory / "nowhere", backup);
  EXPECT_FALSE(store->backup(backup)) << "not even a link to nothing";
}

TEST_F(BackupTest, AMissingDirectoryIsAnError) {
  const auto done = store->backup((directory / "no" / "b.db").string());
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("No such file"));
}

TEST_F(BackupTest, OfABrokenLogIsRefused) {
  append(3);
  other().exec("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'bob' WHERE seq = 2");
  const auto done = store->backup(backup);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("audit log"));
  EXPECT_THAT(files_like("backup.db"), IsEmpty());
}

TEST_F(BackupTest, DiesAtEveryStep) {
  append(3);
  bool finished = false;
  for (int die_at = 1; !finished; ++die_at) {
    ASSERT_LT(die_at, 20);
    std::filesystem::remove(backup);
    store.reset();
    finished = survives([&] {
      CountedFiles files;
      files.die_at = die_at;
      auto opened = Store::open(path, clock);
      static_cast<SqliteStore&>(**opened).use(files);
      if (!(*opened)->backup(backup)) ::_exit(2);
    });
    if (std::filesystem::exists(backup)) {
      EXPECT_TRUE(check_copy(backup)) << die_at;
    }
    reopen();
    EXPECT_EQ(rows(), 3U);
  }
  EXPECT_TRUE(std::filesystem::exists(backup));
  EXPECT_THAT(files_like(".part"), IsEmpty());
}

TEST_F(BackupTest, AFailedStepLeavesNothing) {
  append(3);
  for (int fail_at = 1;; ++fail_at) {
    ASSERT_LT(fail_at, 20);
    CountedFiles files;
    files.fail_at = fail_at;
    sqlite().use(files);
    const auto done = store->backup(backup);
    sqlite().use(system_files());
    if (done) break;
    EXPECT_EQ(done.error().kind, ErrorKind::Unavailable);
    EXPECT_THAT(files_like(".part"), IsEmpty());
    std::filesystem::remove(backup);
  }
}

TEST_F(BackupTest, ARestoreBringsItBackAndKeepsWhatWasThere) {
  append(3);
  const auto instance = store->instance().value();
  ASSERT_TRUE(store->backup(backup));
  append_and_die(2);
  ASSERT_TRUE(std::filesystem::exists(path + "-wal"));
  const auto report = restore(backup, path, clock);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->head.seq, 3);
  ASSERT_TRUE(report->lost_head);
  EXPECT_EQ(report->lost_head->seq, 5);
  reopen();
  EXPECT_EQ(rows(), 4U);
  const auto told = in([](Transaction& tx) { return tx.audit({.limit = 1}); })[0];
  EXPECT_EQ(told.entry.action, "storage.restored");
  EXPECT_THAT(told.entry.detail, HasSubstr("\"lost\":\"" + to_text(*report->lost_head)));
  EXPECT_EQ(store->instance().value(), instance);
  EXPECT_THAT(store->verify_audit().value(), IsEmpty());
  store.reset();
  auto aside = Store::open(report->aside, clock);
  ASSERT_TRUE(aside) << aside.error().message;
  EXPECT_EQ((*aside)->audit_head()->seq, 5) << "with what was only in its -wal file";
}

TEST_F(BackupTest, ARestoreWaitsForTheBotToStop) {
  ASSERT_TRUE(store->backup(backup));
  const auto refused = restore(backup, path, clock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("stop it first"));
}

TEST_F(BackupTest, ARestoreMakesWhatIsMissing) {
  append(2);
  ASSERT_TRUE(store->backup(backup));
  const auto elsewhere = (directory / "new" / "x.db").string();
  const auto report = restore(backup, elsewhere, clock);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->aside, "");
  EXPECT_FALSE(report->lost_head);
  EXPECT_EQ(Store::open(elsewhere, clock).value()->audit_head()->seq, 3);
}

TEST_F(BackupTest, ADamagedDatabaseIsReplaced) {
  append(2);
  ASSERT_TRUE(store->backup(backup));
  store.reset();
  std::ofstream{path, std::ios::binary} << std::string(8192, 'x');
  ASSERT_FALSE(Store::open(path, clock));
  const auto report = restore(backup, path, clock);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(std::filesystem::file_size(report->aside), 8192U);
  ASSERT_TRUE(report->lost_head) << "the lock's file knows where it ended";
  EXPECT_EQ(report->lost_head->seq, 2);
  reopen();
  EXPECT_EQ(rows(), 3U);
}

struct BadRow {
  std::string name;
  std::function<void(const std::string&)> spoil;
  std::string what;
  friend void PrintTo(const BadRow& row, std::ostream* out) { *out << row.name; }
};
class BadBackups : public BackupTest, public testing::WithParamInterface<BadRow> {};
TEST_P(BadBackups, AreRefusedAndNothingIsAltered) {
  append(3);
  ASSERT_TRUE(store->backup(backup));
  store.reset();
  GetParam().spoil(backup);
  const auto refused = restore(backup, path, clock);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr(GetParam().what));
  EXPECT_THAT(files_like("restor"), IsEmpty());
  reopen();
  EXPECT_EQ(rows(), 3U);
}
void alter(const std::string& path, const std::string& sql) { SQLite::Database{path, SQLite::OPEN_READWRITE}.exec(sql); }
INSTANTIATE_TEST_SUITE_P(AllOf, BadBackups,
                         testing::Values(BadRow{"Missing", [](const std::string& at) { std::filesystem::remove(at); }, "no backup"},
                                         BadRow{"Junk", [](const std::string& at) { std::ofstream{at} << std::string(4096, 'x'); }, "not a database"},
                                         BadRow{"Empty", [](const std::string& at) { std::filesystem::resize_file(at, 0); }, "is empty"},
                                         BadRow{"Truncated", [](const std::string& at) { std::filesystem::resize_file(at, std::filesystem::file_size(at) / 2); }, "malformed"},
                                         BadRow{"Newer", [](const std::string& at) { alter(at, "PRAGMA user_version = 99"); }, "newer Driftwarden"},
                                         BadRow{"AnotherProgram", [](const std::string& at) { alter(at, "PRAGMA application_id = 7"); }, "another program"},
                                         BadRow{"Edited", [](const std::string& at) { alter(at, "DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'bob' WHERE seq = 2"); }, "audit log isn't whole"},
                                         BadRow{"CutOff", [](const std::string& at) { alter(at, "DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq = 3"); }, "audit log isn't whole"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(BackupTest, ARestoreDiesAtEveryStep) {
  append(3);
  ASSERT_TRUE(store->backup(backup));
  append_and_die(2);
  const auto kept = directory / "kept";
  std::filesystem::create_directory(kept);
  for (const auto& name : files_like("driftwarden.db")) std::filesystem::copy_file(directory / name, kept / name);
  bool finished = false;
  int old_ones = 0;
  int new_ones = 0;
  for (int die_at = 1; !finished; ++die_at) {
    ASSERT_LT(die_at, 60);
    for (const auto& name : files_like("driftwarden.db")) std::filesystem::remove(directory / name);
    for (const auto& file : std::filesystem::directory_iterator{kept}) std::filesystem::copy_file(file.path(), directory / file.path().filename());
    finished = survives([&] {
      CountedFiles files;
      files.die_at = die_at;
      if (!restore_with(files, backup, path, clock)) ::_exit(2);
    });
    reopen();
    EXPECT_THAT(store->verify_audit().value(), IsEmpty()) << die_at;
    const auto head = store->audit_head()->seq;
    EXPECT_TRUE(head == 5 || head == 4) << "died before step " << die_at << ", ends at " << head;
    (head == 5 ? old_ones : new_ones) += 1;
    if (head == 4) {
      EXPECT_THAT(files_like("before-restore"), testing::Not(IsEmpty())) << die_at;
      EXPECT_EQ(in([](Transaction& tx) { return tx.audit({.limit = 1}); })[0].entry.action, "storage.restored");
    }
    store.reset();
    const auto again = restore(backup, path, clock);
    ASSERT_TRUE(again) << die_at << ": " << again.error().message;
    reopen();
    EXPECT_EQ(store->audit_head()->seq, 4);
  }
  EXPECT_GT(old_ones, 3);
  EXPECT_GT(new_ones, 3);
}

TEST_F(BackupTest, ARestoreThatFailsAtAStepCanBeRepeated) {
  append(3);
  ASSERT_TRUE(store->backup(backup));
  append(2);
  store.reset();
  for (int fail_at = 1;; ++fail_at) {
    ASSERT_LT(fail_at, 60);
    CountedFiles files;
    files.fail_at = fail_at;
    const auto done = restore_with(files, backup, path, clock);
    if (done) break;
    EXPECT_EQ(done.error().kind, ErrorKind::Unavailable) << done.error().message;
  }
  reopen();
  EXPECT_EQ(store->audit_head()->seq, 4);
  EXPECT_THAT(store->verify_audit().value(), IsEmpty());
}

/// A database as the program of that version left it, with something in it.
void make_version(const std::string& path, std::size_t version) {
  Session session{path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  ASSERT_TRUE(migrate(session, migrations().first(version)));
  auto& database = session.database();
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("INSERT INTO setting VALUES ('redaction_key', 'k')");
  database.exec("INSERT INTO inbox (key, type, payload, received_at) VALUES ('e1', 'message', '{}', 1)");
  database.exec("INSERT INTO outbox (key, kind, lane, coalesce, payload, created_at, not_before) VALUES ('o1', 'slack.message', 'l', '', '{}', 1, 1)");
  database.exec("INSERT INTO outbox_key VALUES ('o1', 1)");
  database.exec("INSERT INTO app VALUES ('shop', '4f2c81a', 5)");
  AuditRow row{.seq = 0, .at = WallTime{1700000000000ms}, .entry = entry("alice", "change.requested"), .previous = {}, .hash = std::string(64, '0')};
  row.entry.app = "shop";
  row.entry.subject = "C-1";
  for (int at = 1; at <= 3; ++at) {
    row.seq = at;
    row.previous = row.hash;
    row.hash = audit_hash(row);
    session.run("INSERT INTO audit (seq, at, actor, action, app, subject, detail, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row.seq, row.at, row.entry.actor, row.entry.action,
                row.entry.app, row.entry.subject, row.entry.detail, row.previous, row.hash);
    session.run("INSERT INTO audit_head (one, seq, hash) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash", row.seq, row.hash);
  }
}

class Upgrades : public BackupTest, public testing::WithParamInterface<std::size_t> {
 protected:
  void SetUp() override {
    BackupTest::SetUp();
    store.reset();
    std::filesystem::remove_all(directory);
    std::filesystem::create_directory(directory);
  }
};
TEST_P(Upgrades, KeepEverythingAndTheWayBack) {
  const auto version = GetParam();
  make_version(path, version);
  reopen();
  EXPECT_THAT(store->verify_audit().value(), IsEmpty()) << "the old rows keep their hashes";
  append(1);
  EXPECT_EQ(rows(), 4U);
  EXPECT_EQ(in([](Transaction& tx) { return tx.pending_inbox(5); }).size(), 1U);
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_app("shop"); })->last_synced_revision, "4f2c81a");
  EXPECT_EQ(in([](Transaction& tx) { return tx.ready_outbox(WallTime{1h}, 5); }).size(), 1U);
  EXPECT_THAT(store->verify_audit().value(), IsEmpty());
  EXPECT_EQ(store->instance()->size(), 16U);

  // What the older program would open.
  const auto kept = path + ".v" + std::to_string(version) + ".backup";
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(kept).permissions(), perms::owner_read | perms::owner_write);
  Session older{kept, SQLite::OPEN_READWRITE};
  EXPECT_EQ(version_of(older, migrations().first(version)).value(), version);
  EXPECT_EQ(older.database().execAndGet("SELECT count(*) FROM audit").getInt(), 3);
  EXPECT_EQ(older.database().execAndGet("PRAGMA integrity_check").getString(), "ok");
  EXPECT_THAT(version_of(sqlite().session(), migrations().first(version)).error().message, HasSubstr(".v" + std::to_string(version) + ".backup"))
      << "the older program says where the copy is";

  // And this program takes it, too.
  store.reset();
  const auto report = restore(kept, path, clock);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->lost_head->seq, 4);
  reopen();
  EXPECT_EQ(store->audit_head()->seq, 4);
  EXPECT_THAT(store->verify_audit().value(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(From, Upgrades, testing::Range<std::size_t>(1, 5), [](const auto& version) { return "Version" + std::to_string(version.param); });

TEST_F(BackupTest, NothingIsKeptWhereNothingIsUpgraded) {
  reopen();
  EXPECT_THAT(files_like(".backup"), IsEmpty());
}

}  // namespace
}  // namespace driftwarden::storage
