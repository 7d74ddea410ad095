#include "storage/archive.hpp"
#include "tests/unit/storage/fixture.hpp"
#include "tests/unit/storage/steps.hpp"

#include <SQLiteCpp/Exception.h>

#include <fstream>

namespace driftwarden::storage {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

class SealTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    archives = (directory / "audit").string();
  }
  void append(int count) {
    for (int at = 0; at < count; ++at) {
      auto row = entry("alice", "change.requested");
      row.detail = "{\"n\":" + std::to_string(at) + ",\"text\":\"\xc3\xa4\\n\"}";
      row.on = "digest";
      in([&](Transaction& tx) { return tx.append_audit(row); });
      clock.advance(1h);
    }
  }
  SealReport seal(Duration age = 0h) {
    auto report = store->seal_audit(clock.wall_now() - age, archives);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : SealReport{};
  }
  std::vector<std::int64_t> live() {
    std::vector<std::int64_t> seqs;
    for (const auto& row : in([](Transaction& tx) { return tx.audit({.newest_first = false}); })) seqs.push_back(row.seq);
    return seqs;
  }
  void expect_whole() {
    EXPECT_THAT(store->verify_audit().value(), IsEmpty());
    EXPECT_THAT(store->verify_archives(archives).value(), IsEmpty());
  }
  std::string file(const std::string& name) const { return (std::filesystem::path{archives} / name).string(); }
  void write(const std::string& name, const std::string& text) const { std::ofstream{file(name), std::ios::binary} << text; }
  std::string archives;
};

TEST_F(SealTest, OldRowsGoToAnArchiveAndTheChainGoesOn) {
  append(6);
  const auto report = seal(3h);
  EXPECT_EQ(report.rows, 3U);
  EXPECT_EQ(report.seal.archive, "audit-1-3.jsonl");
  EXPECT_FALSE(report.more);
  EXPECT_THAT(live(), ElementsAre(4, 5, 6, 7));
  const auto told = in([](Transaction& tx) { return tx.audit({.limit = 1}); })[0];
  EXPECT_EQ(told.entry.action, "audit.sealed");
  EXPECT_EQ(told.entry.subject, "rows 1-3");
  EXPECT_EQ(told.entry.on, report.seal.digest);
  EXPECT_THAT(store->audit_seals().value(), ElementsAre(report.seal));
  const auto rows = read_archive(file("audit-1-3.jsonl")).value();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[2].hash, report.seal.hash);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file("audit-1-3.jsonl")).permissions(), perms::owner_read | perms::owner_write);
  expect_whole();
  reopen();
  expect_whole();
}

TEST_F(SealTest, TurnAfterTurn) {
  append(4);
  seal(2h);
  append(4);
  seal(2h);
  EXPECT_EQ(store->audit_seals().value().size(), 2U);
  expect_whole();
  std::vector<std::int64_t> walked;
  EXPECT_THAT(store->verify_archives(archives, [&](const AuditRow& row) { walked.push_back(row.seq); }).value(), IsEmpty());
  const auto rest = live();
  walked.insert(walked.end(), rest.begin(), rest.end());
  for (std::size_t at = 0; at < walked.size(); ++at) EXPECT_EQ(walked[at], static_cast<std::int64_t>(at) + 1);
  EXPECT_EQ(walked.size(), 10U);
}

TEST_F(SealTest, TheLastRowStaysAndSealingIsNotSealedForEver) {
  append(3);
  EXPECT_EQ(seal().rows, 2U);
  clock.advance(24h);
  EXPECT_EQ(seal().rows, 1U) << "row 3; the row of the seal is the last";
  clock.advance(24h);
  EXPECT_EQ(seal().rows, 0U) << "only rows about seals are left";
  expect_whole();
}

TEST_F(SealTest, NothingToDoMakesNothing) {
  EXPECT_EQ(seal().rows, 0U);
  EXPECT_FALSE(std::filesystem::exists(archives));
  append(1);
  EXPECT_EQ(seal().rows, 0U);
  expect_whole();
}

TEST_F(SealTest, ATurnIsBounded) {
  in([](Transaction& tx) -> Result<void> {
    for (int at = 0; at < 5100; ++at) CHECK_OK(tx.append_audit(entry("a", "x")));
    return {};
  });
  clock.advance(1h);
  const auto first = seal();
  EXPECT_EQ(first.rows, 5000U);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(seal().rows, 100U) << "and the row of the first seal is the last";
  expect_whole();
}

TEST_F(SealTest, RowsThatAnOpenChangeNeedsStay) {
  append(2);
  Change change;
  change.app = "shop";
  change.state = ChangeState::Proposed;
  change.requested_at = clock.wall_now();
  change = in([&](Transaction& tx) { return tx.add_change(change); });
  append(3);
  const auto held = seal();
  EXPECT_EQ(held.rows, 2U);
  EXPECT_EQ(held.waits_for, "C-1");
  EXPECT_EQ(seal().rows, 0U);
  change.state = ChangeState::Done;
  in([&](Transaction& tx) { return tx.save_change(change); });
  EXPECT_EQ(seal().rows, 3U);
  expect_whole();
}

TEST_F(SealTest, BytesThatAreNoTextSurvive) {
  append(1);
  auto odd = entry("al\xff\xfe", "x");
  odd.detail = std::string{"\0\x80", 2};
  in([&](Transaction& tx) { return tx.append_audit(odd); });
  append(1);
  EXPECT_EQ(seal().rows, 2U);
  EXPECT_EQ(read_archive(file("audit-1-2.jsonl")).value()[1].entry, odd);
  expect_whole();
}

TEST_F(SealTest, ABrokenChainIsNotSealed) {
  append(4);
  other().exec("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'bob' WHERE seq = 2");
  const auto refused = store->seal_audit(clock.wall_now(), archives);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Corrupt);
  EXPECT_THAT(refused.error().message, HasSubstr("row 2"));
  EXPECT_EQ(live().size(), 4U);
}

TEST_F(SealTest, NothingButSealedRowsMayBeDeleted) {
  append(4);
  seal(2h);
  auto& database = sqlite().session().database();
  EXPECT_THROW(database.exec("DELETE FROM audit WHERE seq = 4"), SQLite::Exception);
  EXPECT_THROW(database.exec("DELETE FROM audit_seal"), SQLite::Exception);
  EXPECT_THROW(database.exec("UPDATE audit_seal SET digest = ''"), SQLite::Exception);
  EXPECT_THROW(database.exec("INSERT OR REPLACE INTO audit_seal SELECT last, first, hash, 'x', digest, at FROM audit_seal"), SQLite::Exception);
  expect_whole();
}

struct ArchiveRow {
  std::string name;
  std::function<void(const std::string&)> tamper;
  std::string what;
  friend void PrintTo(const ArchiveRow& row, std::ostream* out) { *out << row.name; }
};
std::string slurp(const std::string& path) { return read_file(path).value(); }
void spill(const std::string& path, const std::string& text) { std::ofstream{path, std::ios::binary} << text; }
std::string replaced(std::string text, const std::string& from, const std::string& to) { return text.replace(text.find(from), from.size(), to); }

class ArchiveTampering : public SealTest, public testing::WithParamInterface<ArchiveRow> {};
TEST_P(ArchiveTampering, IsFound) {
  for (int turn = 0; turn < 3; ++turn) {
    append(3);
    seal(1h);
  }
  ASSERT_THAT(archives_in(archives).value(), ElementsAre("audit-1-2.jsonl", "audit-3-6.jsonl", "audit-7-10.jsonl"));
  GetParam().tamper(archives + "/");
  const auto faults = store->verify_archives(archives).value();
  EXPECT_THAT(faults, Contains(Field(&AuditFault::what, HasSubstr(GetParam().what))));
  EXPECT_THAT(store->verify_audit().value(), IsEmpty()) << "what is in the database is as it was";
}
INSTANTIATE_TEST_SUITE_P(
    AllOf, ArchiveTampering,
    testing::Values(ArchiveRow{"Missing", [](const std::string& at) { std::filesystem::remove(at + "audit-3-6.jsonl"); }, "rows 3 to 6 is missing"},
                    ArchiveRow{"AllMissing", [](const std::string& at) { std::filesystem::remove_all(at); }, "rows 1 to 2 is missing"},
                    ArchiveRow{"Edited", [](const std::string& at) { spill(at + "audit-3-6.jsonl", replaced(slurp(at + "audit-3-6.jsonl"), "alice", "mallo")); }, "the row was edited"},
                    ArchiveRow{"EditedInItsSpaces", [](const std::string& at) { spill(at + "audit-3-6.jsonl", replaced(slurp(at + "audit-3-6.jsonl"), ",\"at\"", ", \"at\"")); },
                               "isn't the file that was sealed"},
                    ArchiveRow{"CutOff", [](const std::string& at) { std::filesystem::resize_file(at + "audit-7-10.jsonl", 300); }, "cut off"},
                    ArchiveRow{"ARowDropped", [](const std::string& at) { spill(at + "audit-3-6.jsonl", slurp(at + "audit-3-6.jsonl").substr(slurp(at + "audit-3-6.jsonl").find('\n') + 1)); },
                               "row 3 is missing"},
                    ArchiveRow{"Emptied", [](const std::string& at) { spill(at + "audit-3-6.jsonl", ""); }, "doesn't end in the row"},
                    ArchiveRow{"Exchanged",
                               [](const std::string& at) {
                                 std::filesystem::rename(at + "audit-3-6.jsonl", at + "x");
                                 std::filesystem::rename(at + "audit-7-10.jsonl", at + "audit-3-6.jsonl");
                                 std::filesystem::rename(at + "x", at + "audit-7-10.jsonl");
                               },
                               "another lies in its place"},
                    ArchiveRow{"NotAnArchive", [](const std::string& at) { spill(at + "audit-1-2.jsonl", "hello\n"); }, "line 1"},
                    ArchiveRow{"OneMore", [](const std::string& at) { std::filesystem::copy_file(at + "audit-3-6.jsonl", at + "audit-11-14.jsonl"); }, "belongs to no seal"}),
    [](const auto& row) { return row.param.name; });

TEST_F(SealTest, AnOlderDatabaseDoesNotKnowTheArchives) {
  append(4);
  const auto old = (directory / "old.db").string();
  ASSERT_TRUE(store->backup(old));
  append(6);
  seal(1h);
  auto older = Store::open(old, clock);
  ASSERT_TRUE(older) << older.error().message;
  EXPECT_THAT(older.value()->verify_archives(archives).value(), Contains(Field(&AuditFault::what, HasSubstr("an older copy of the database"))));
  const auto refused = older.value()->seal_audit(clock.wall_now(), archives);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
}

TEST_F(SealTest, DiesAtEveryStepAndIsDoneTheNextTime) {
  append(6);
  bool finished = false;
  int steps = 0;
  for (int die_at = 1; !finished; ++die_at) {
    ASSERT_LT(die_at, 40);
    store.reset();
    finished = survives([&] {
      CountedFiles files;
      files.die_at = die_at;
      auto opened = Store::open(path, clock);
      if (!opened) ::_exit(2);
      static_cast<SqliteStore&>(**opened).use(files);
      if (!(*opened)->seal_audit(clock.wall_now(), archives)) ::_exit(3);
    });
    steps = die_at - 1;
    reopen();
    if (!finished) {
      EXPECT_EQ(live().size(), 6U) << "died before step " << die_at;
      expect_whole();
    }
  }
  EXPECT_GE(steps, 5);
  EXPECT_THAT(live(), ElementsAre(6, 7));
  expect_whole();
  EXPECT_THAT(archives_in(archives).value(), ElementsAre("audit-1-5.jsonl"));
}

TEST_F(SealTest, DiesInTheTransactionAfterTheArchiveWasWritten) {
  append(6);
  store.reset();
  const bool finished = survives([&] {
    auto opened = Store::open(path, clock);
    auto& database = static_cast<SqliteStore&>(**opened).session().database();
    database.createFunction("die", 0, false, nullptr, [](sqlite3_context*, int, sqlite3_value**) { ::_exit(9); });
    database.exec("PRAGMA trusted_schema = ON; CREATE TEMP TRIGGER dies AFTER DELETE ON audit WHEN OLD.seq = 3 BEGIN SELECT die(); END");
    static_cast<void>((*opened)->seal_audit(clock.wall_now(), archives));
  });
  EXPECT_FALSE(finished);
  reopen();
  EXPECT_EQ(live().size(), 6U);
  expect_whole();
  append(1);
  EXPECT_EQ(seal().rows, 6U) << "the archive that was left is written anew";
  EXPECT_THAT(archives_in(archives).value(), ElementsAre("audit-1-6.jsonl"));
  expect_whole();
}

TEST_F(SealTest, AFailedStepLeavesEverythingAsItWas) {
  append(6);
  for (int fail_at = 1;; ++fail_at) {
    ASSERT_LT(fail_at, 40);
    CountedFiles files;
    files.fail_at = fail_at;
    sqlite().use(files);
    const auto done = store->seal_audit(clock.wall_now(), archives);
    sqlite().use(system_files());
    expect_whole();
    if (done) break;
    EXPECT_EQ(done.error().kind, ErrorKind::Unavailable);
    EXPECT_EQ(live().size(), 6U);
  }
}

TEST_F(SealTest, AnArchiveIsNamedByItsRows) {
  EXPECT_EQ(archive_name({1, 500}), "audit-1-500.jsonl");
  EXPECT_EQ(archive_range("audit-501-900.jsonl")->first, 501);
  for (const char* other : {"audit-1.jsonl", "audit-2-1.jsonl", "audit-0-1.jsonl", "audit--1.jsonl", "audit-1-2.jsonl.part", "x-1-2.jsonl", "audit-1-2-3.jsonl", "audit-.jsonl"}) {
    EXPECT_FALSE(archive_range(other)) << other;
  }
}

}  // namespace
}  // namespace driftwarden::storage
