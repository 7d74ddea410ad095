#include "tests/unit/storage/fixture.hpp"

#include <SQLiteCpp/Exception.h>

#include <set>

namespace driftwarden::storage {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class AuditTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    for (int at = 1; at <= 5; ++at) {
      append(
          {.actor = "alice", .action = "change.requested", .app = at % 2 == 1 ? "checkout" : "search", .subject = "C-" + std::to_string(at), .detail = "{}"});
      clock.advance(1h);
    }
  }
  AuditRow append(const AuditEntry& entry) {
    return in([&](Transaction& tx) { return tx.append_audit(entry); });
  }
  std::vector<AuditRow> rows(const AuditQuery& query = {}) {
    return in([&](Transaction& tx) { return tx.audit(query); });
  }
  /// Whoever owns the file can drop the triggers; the chain must show it even when they are put back.
  void tamper(const std::string& sql) {
    auto database = other();
    std::vector<std::pair<std::string, std::string>> triggers;
    {
      SQLite::Statement all{database, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"};
      while (all.executeStep()) triggers.emplace_back(all.getColumn(0).getString(), all.getColumn(1).getString());
    }
    for (const auto& [name, create] : triggers) database.exec("DROP TRIGGER " + name);
    database.exec(sql);
    for (const auto& [name, create] : triggers) database.exec(create);
  }
  std::vector<AuditFault> faults() {
    auto found = store->verify_audit();
    EXPECT_TRUE(found) << found.error().message;
    return found.value();
  }
};

TEST_F(AuditTest, IsAChain) {
  const auto all = rows({.newest_first = false});
  ASSERT_EQ(all.size(), 5U);
  for (std::size_t at = 0; at < all.size(); ++at) {
    EXPECT_EQ(all[at].seq, static_cast<std::int64_t>(at) + 1);
    EXPECT_EQ(all[at].hash, audit_hash(all[at]));
    EXPECT_EQ(all[at].previous, at == 0 ? std::string(64, '0') : all[at - 1].hash);
  }
  EXPECT_TRUE(faults().empty());
}

TEST_F(AuditTest, TheHashIsWhatTheFormatSays) {
  const AuditRow row{.seq = 1,
                     .at = WallTime{1700000000123ms},
                     .entry = {.actor = "alice", .action = "a", .app = "", .subject = "C-1", .detail = "{}"},
                     .previous = std::string(64, '0'),
                     .hash = {}};
  // printf '1:113:17000000001235:alice1:a0:3:C-12:{}64:<64 zeros>' | sha256sum
  EXPECT_EQ(audit_hash(row), "994f7110b058e2ac48659143b5c4c5565f3635e6f32cc8b63a3c66e475420b4c");
}

TEST_F(AuditTest, WhereAndOnAreCovered) {
  AuditRow row{.seq = 1, .at = {}, .entry = entry("a", "b"), .previous = {}, .hash = {}};
  const auto none = audit_hash(row);
  row.entry.where = "ab";
  const auto where = audit_hash(row);
  row.entry.where = "a";
  row.entry.on = "b";
  const auto both = audit_hash(row);
  row.entry.where = {};
  row.entry.on = "ab";
  EXPECT_EQ((std::set<std::string>{none, where, both, audit_hash(row)}.size()), 4U);
}

TEST_F(AuditTest, WhereAndOnAreKept) {
  auto said = entry("alice", "change.approved");
  said.where = "C123/1700000000.000100";
  said.on = "4f2c81a";
  const auto row = append(said);
  EXPECT_EQ(rows().front(), row);
  EXPECT_EQ(row.entry, said);
  EXPECT_TRUE(faults().empty());
}

TEST_F(AuditTest, AMarkIsReadBackAndOldOnesToo) {
  const auto row = rows().front();
  const auto mark = audit_mark(row, "00ff00ff00ff00ff");
  EXPECT_EQ(mark, "5:" + row.hash + ":00ff00ff00ff00ff");
  EXPECT_EQ(read_audit_mark(mark), (AuditMark{5, row.hash, "00ff00ff00ff00ff"}));
  EXPECT_EQ(read_audit_mark(" 5:abc "), (AuditMark{5, "abc", ""}));
  for (const char* none : {"", "5", "x:abc", "5x:abc", "0:abc", "-1:abc", "5:a:b:c"}) EXPECT_EQ(read_audit_mark(none).seq, 0) << none;
}

TEST_F(AuditTest, TheHeadNamesTheDatabase) {
  const auto head = store->audit_head().value();
  EXPECT_EQ(head.seq, 5);
  EXPECT_EQ(head.hash, rows().front().hash);
  EXPECT_EQ(head.instance.size(), 16U);
  EXPECT_EQ(head.instance, store->instance().value());
  reopen();
  EXPECT_EQ(store->instance().value(), head.instance);
}

struct QueryRow {
  std::string name;
  AuditQuery query;
  std::vector<std::int64_t> seqs;
  friend void PrintTo(const QueryRow& row, std::ostream* out) { *out << row.name; }
};
class AuditQueries : public StoreTest, public testing::WithParamInterface<QueryRow> {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    const std::vector<AuditEntry> entries{
        {.actor = "alice", .action = "change.requested", .app = "shop", .subject = "C-1", .detail = R"({"branch":"driftwarden/c-1"})", .where = "C1/1.1"},
        {.actor = "bob", .action = "change.approved", .app = "shop", .subject = "C-1", .detail = R"({"head":"4f2c81a"})", .on = "4f2c81a"},
        {.actor = "bob", .action = "changes.x", .app = "cart", .subject = "C-12", .detail = R"({"note":"see 4f2c81a and \"C-1\""})"},
        {.actor = "driftwarden", .action = "incident.opened", .app = "cart", .subject = "incident 7", .detail = "{}"}};
    for (std::size_t at = 0; at < entries.size(); ++at) {
      in([&](Transaction& tx) { return tx.append_audit(entries[at]); });
      times.push_back(clock.wall_now());
      clock.advance(1h);
    }
  }
  std::vector<WallTime> times;
};
TEST_P(AuditQueries, Find) {
  auto query = GetParam().query;
  query.newest_first = false;
  // Hours after the first row, in the table.
  if (query.since) query.since = times[0] + query.since->time_since_epoch();
  if (query.until) query.until = times[0] + query.until->time_since_epoch();
  std::vector<std::int64_t> seqs;
  for (const auto& row : in([&](Transaction& tx) { return tx.audit(query); })) seqs.push_back(row.seq);
  EXPECT_EQ(seqs, GetParam().seqs);
}
INSTANTIATE_TEST_SUITE_P(AllOf, AuditQueries,
                         testing::Values(QueryRow{"Everything", {}, {1, 2, 3, 4}}, QueryRow{"App", {.app = "cart"}, {3, 4}}, QueryRow{"Since", {.since = WallTime{2h}}, {3, 4}},
                                         QueryRow{"Until", {.until = WallTime{2h}}, {1, 2}}, QueryRow{"Between", {.since = WallTime{1h}, .until = WallTime{2h}}, {2}},
                                         QueryRow{"Actor", {.actor = "bob"}, {2, 3}}, QueryRow{"Action", {.action = "change.approved"}, {2}},
                                         QueryRow{"ActionPrefix", {.action = "change."}, {1, 2}}, QueryRow{"Subject", {.subject = "C-1"}, {1, 2}},
                                         QueryRow{"AboutASubject", {.about = "C-1"}, {1, 2}}, QueryRow{"AboutAMessage", {.about = "C1/1.1"}, {1}},
                                         QueryRow{"AboutACommit", {.about = "4f2c81a"}, {2}}, QueryRow{"AboutABranch", {.about = "driftwarden/c-1"}, {1}},
                                         QueryRow{"Behind", {.after_seq = 3}, {4}}, QueryRow{"Several", {.app = "cart", .actor = "bob", .action = "changes.", .after_seq = 1}, {3}},
                                         QueryRow{"Injection", {.actor = "bob' OR '1'='1"}, {}}),
                         [](const auto& row) { return row.param.name; });

TEST_F(AuditTest, MovingABorderBetweenFieldsChangesTheHash) {
  AuditRow one{.seq = 1, .at = {}, .entry = entry("ab", "c"), .previous = {}, .hash = {}};
  AuditRow two{.seq = 1, .at = {}, .entry = entry("a", "bc"), .previous = {}, .hash = {}};
  EXPECT_NE(audit_hash(one), audit_hash(two));
}

TEST_F(AuditTest, AnAppsRowsAreItsOwnAndThoseOfCommitsThatItShares) {
  const auto add = [&](std::string action, std::string app, std::string apps) {
    AuditEntry row{.actor = "driftwarden", .action = std::move(action), .app = std::move(app), .subject = "s", .detail = R"({"apps":[)" + apps + R"(],"note":"web"})"};
    in([&](Transaction& tx) { return tx.append_audit(row); });
  };
  add("commit.landed", "", R"("api","web")");   // 6
  add("change.done", "web", "");                // 7
  add("commit.landed", "", R"("api")");         // 8
  add("commit.caught-up", "", R"("web","x")");  // 9
  add("hold.freeze", "", R"("web")");           // 10
  add("commit.landed", "web", R"("web")");      // 11
  const auto seqs = [&](AuditQuery query) {
    std::vector<std::int64_t> found;
    for (const auto& row : rows(query)) found.push_back(row.seq);
    return found;
  };
  using Seqs = std::vector<std::int64_t>;
  EXPECT_EQ(seqs({.app = "web"}), (Seqs{11, 9, 7, 6}));
  EXPECT_EQ(seqs({.app = "web", .limit = 2}), (Seqs{11, 9}));
  EXPECT_EQ(seqs({.app = "web", .limit = 3, .newest_first = false}), (Seqs{6, 7, 9}));
  EXPECT_EQ(seqs({.app = "web", .action = "commit.landed"}), (Seqs{11, 6}));
  EXPECT_EQ(seqs({.app = "web", .after_seq = 7}), (Seqs{11, 9}));
  EXPECT_EQ(seqs({.app = "we"}), Seqs{});
}

TEST_F(AuditTest, IsFilteredAndOrdered) {
  EXPECT_EQ(rows().front().seq, 5);
  EXPECT_EQ(rows({.app = "checkout"}).size(), 3U);
  EXPECT_EQ(rows({.app = {}, .since = clock.wall_now() - 2h}).size(), 2U);
  EXPECT_EQ(rows({.app = {}, .since = {}, .limit = 2, .newest_first = false}).back().seq, 2);
}

TEST_F(AuditTest, ARollbackLeavesNoGap) {
  EXPECT_FALSE(store->transact([](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.append_audit(entry("bob", "x")));
    return Error{ErrorKind::Conflict, "no"};
  }));
  EXPECT_EQ(append(entry("bob", "y")).seq, 6);
  EXPECT_TRUE(faults().empty());
}

struct TriggerRow {
  std::string name;
  std::string sql;
  friend void PrintTo(const TriggerRow& row, std::ostream* out) { *out << row.name; }
};
class AuditTriggers : public AuditTest, public testing::WithParamInterface<TriggerRow> {};
TEST_P(AuditTriggers, Refuse) {
  EXPECT_THROW(sqlite().session().database().exec(GetParam().sql), SQLite::Exception);
  EXPECT_EQ(rows().size(), 5U);
  EXPECT_TRUE(faults().empty());
}
INSTANTIATE_TEST_SUITE_P(
    AllOf, AuditTriggers,
    testing::Values(
        TriggerRow{"Update", "UPDATE audit SET actor = 'bob' WHERE seq = 2"}, TriggerRow{"Delete", "DELETE FROM audit WHERE seq = 2"},
        TriggerRow{"DeleteOfTheLast", "DELETE FROM audit WHERE seq = 5"},
        TriggerRow{"Replace", "INSERT OR REPLACE INTO audit SELECT seq, at, 'bob', action, app, subject, detail, previous, hash, where_, on_ FROM audit WHERE seq = 2"},
        TriggerRow{"InsertThatSkips", "INSERT INTO audit SELECT 9, at, actor, action, app, subject, detail, hash, hash, where_, on_ FROM audit WHERE seq = 5"},
        TriggerRow{"InsertThatDoesNotFollow", "INSERT INTO audit SELECT 6, at, actor, action, app, subject, detail, previous, hash, where_, on_ FROM audit WHERE seq = 5"},
        TriggerRow{"SealOfARowThatIsNotThere", "INSERT INTO audit_seal VALUES (9, 1, 'x', 'a', 'd', 0)"},
        TriggerRow{"SealOfAll", "INSERT INTO audit_seal SELECT 5, 1, hash, 'a', 'd', 0 FROM audit WHERE seq = 5"},
        TriggerRow{"SealThatSkips", "INSERT INTO audit_seal SELECT 3, 2, hash, 'a', 'd', 0 FROM audit WHERE seq = 3"},
        TriggerRow{"SealWithAnotherHash", "INSERT INTO audit_seal SELECT 3, 1, previous, 'a', 'd', 0 FROM audit WHERE seq = 3"}),
    [](const auto& row) { return row.param.name; });

struct TamperRow {
  std::string name;
  std::string sql;
  std::int64_t seq;
  std::string what;
  friend void PrintTo(const TamperRow& row, std::ostream* out) { *out << row.name; }
};
class AuditTampering : public AuditTest, public testing::WithParamInterface<TamperRow> {};
TEST_P(AuditTampering, IsFound) {
  tamper(GetParam().sql);
  const auto found = faults();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].seq, GetParam().seq);
  EXPECT_THAT(found[0].what, HasSubstr(GetParam().what));
}
INSTANTIATE_TEST_SUITE_P(
    AllOf, AuditTampering,
    testing::Values(TamperRow{"Edited", "UPDATE audit SET actor = 'bob' WHERE seq = 3", 3, "edited"},
                    TamperRow{"EditedTime", "UPDATE audit SET at = at + 1 WHERE seq = 1", 1, "edited"},
                    TamperRow{"EditedLast", "UPDATE audit SET detail = '[]' WHERE seq = 5", 5, "edited"},
                    TamperRow{"EditedWithANewHash", "UPDATE audit SET actor = 'bob', hash = printf('%064d', 7) WHERE seq = 3", 3, "edited"},
                    TamperRow{"Dropped", "DELETE FROM audit WHERE seq = 3", 4, "row 3 is missing"},
                    TamperRow{"DroppedFirst", "DELETE FROM audit WHERE seq <= 2", 3, "rows 1 to 2 are missing"},
                    TamperRow{"DroppedAndClosedUp",
                              "DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5", 3, "follow"},
                    TamperRow{"Reordered",
                              "UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 99", 2,
                              "follow"},
                    TamperRow{"Truncated", "DELETE FROM audit WHERE seq >= 4", 5, "cut off"}, TamperRow{"Emptied", "DELETE FROM audit", 5, "cut off"},
                    TamperRow{"HeadMovedBack", "UPDATE audit_head SET seq = 4", 5, "weren't written"},
                    TamperRow{"HeadGone", "DELETE FROM audit_head", 5, "weren't written"},
                    TamperRow{"EditedWhere", "UPDATE audit SET where_ = 'C1/2' WHERE seq = 3", 3, "edited"},
                    TamperRow{"EditedOn", "UPDATE audit SET on_ = 'abc' WHERE seq = 3", 3, "edited"},
                    TamperRow{"DeclaredSealed",
                              "INSERT INTO audit_seal SELECT 2, 1, hash, 'audit-1-2.jsonl', 'd', 0 FROM audit WHERE seq = 2; DELETE FROM audit WHERE seq <= 2", 2,
                              "no row of the log tells"},
                    TamperRow{"HeadHash", "UPDATE audit_head SET hash = ''", 5, "last row"}),
    [](const auto& row) { return row.param.name; });

TEST_F(AuditTest, AMissingTriggerIsFound) {
  other().exec("DROP TRIGGER audit_no_delete");
  const auto found = faults();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].what, HasSubstr("audit_no_delete"));
}

TEST_F(AuditTest, ATriggerThatDoesNothingIsFound) {
  other().exec("DROP TRIGGER audit_no_delete; CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT 1; END");
  const auto found = faults();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].what, HasSubstr("isn't the one"));
}

TEST_F(AuditTest, ATruncatedLogIsNotAppendedToSilently) {
  tamper("DELETE FROM audit WHERE seq >= 4");
  const auto appended = store->transact([](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.append_audit(entry("bob", "x")));
    return {};
  });
  EXPECT_FALSE(appended);
}

}  // namespace
}  // namespace driftwarden::storage
