#include "tests/unit/storage/fixture.hpp"

#include <SQLiteCpp/Exception.h>

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
    const std::string update = database.execAndGet("SELECT sql FROM sqlite_schema WHERE name = 'audit_no_update'").getString();
    const std::string remove = database.execAndGet("SELECT sql FROM sqlite_schema WHERE name = 'audit_no_delete'").getString();
    const std::string insert = database.execAndGet("SELECT sql FROM sqlite_schema WHERE name = 'audit_in_order'").getString();
    database.exec("DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_in_order;" + sql);
    database.exec(update + ";" + remove + ";" + insert);
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

TEST_F(AuditTest, MovingABorderBetweenFieldsChangesTheHash) {
  AuditRow one{.seq = 1, .at = {}, .entry = entry("ab", "c"), .previous = {}, .hash = {}};
  AuditRow two{.seq = 1, .at = {}, .entry = entry("a", "bc"), .previous = {}, .hash = {}};
  EXPECT_NE(audit_hash(one), audit_hash(two));
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
        TriggerRow{"Replace", "INSERT OR REPLACE INTO audit SELECT seq, at, 'bob', action, app, subject, detail, previous, hash FROM audit WHERE seq = 2"},
        TriggerRow{"InsertThatSkips", "INSERT INTO audit SELECT 9, at, actor, action, app, subject, detail, hash, hash FROM audit WHERE seq = 5"},
        TriggerRow{"InsertThatDoesNotFollow", "INSERT INTO audit SELECT 6, at, actor, action, app, subject, detail, previous, hash FROM audit WHERE seq = 5"}),
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
                    TamperRow{"HeadHash", "UPDATE audit_head SET hash = ''", 5, "last row"}),
    [](const auto& row) { return row.param.name; });

TEST_F(AuditTest, AMissingTriggerIsFound) {
  other().exec("DROP TRIGGER audit_no_delete");
  const auto found = faults();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].what, HasSubstr("audit_no_delete"));
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
