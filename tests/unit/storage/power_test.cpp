// The store on a disk that fails or loses power at each of its operations.
#include "tests/support/disk/disk.hpp"
#include "tests/unit/storage/fixture.hpp"

namespace driftwarden::storage {
namespace {

using test::Disk;
using test::DiskFault;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kTransactions = 12;
constexpr const char* kPath = "bot.db";

class PowerTest : public testing::Test {
 protected:
  struct Ran {
    int committed = 0;
    int refused = 0;
    Error last{};
    std::string damage{};
  };

  Result<std::unique_ptr<Store>> open(Disk& disk) { return Store::open(kPath, clock, {.vfs = disk.vfs(), .instance = "00000000000000aa"}); }

  /// Transaction n: two audit rows, an event, an effect, and a setting that takes many pages.
  static Result<void> work(Transaction& tx, int n) {
    const auto name = std::to_string(n);
    CHECK_OK(tx.append_audit(entry("alice", "first." + name)));
    CHECK_OK(tx.add_inbox({.key = name, .type = "e", .payload = "{}"}));
    CHECK_OK(tx.enqueue({.key = name, .kind = "k", .lane = "l" + name, .payload = "{}"}));
    CHECK_OK(tx.set_setting("large", std::string(6000, static_cast<char>('a' + n))));
    CHECK_OK(tx.append_audit(entry("alice", "second." + name)));
    return {};
  }

  Ran run(Store& store, int from = 0) {
    // A checkpoint every few transactions, so that its steps are among those that fail.
    static_cast<SqliteStore&>(store).session().database().exec("PRAGMA wal_autocheckpoint = 12");
    Ran ran;
    for (int n = from; n < kTransactions; ++n) {
      const auto done = store.transact([n](Transaction& tx) { return work(tx, n); });
      if (done) {
        EXPECT_EQ(ran.refused, 0) << "nothing goes on after a failure that stays";
        ++ran.committed;
      } else {
        ++ran.refused;
        ran.last = done.error();
      }
    }
    ran.damage = store.damage();
    return ran;
  }

  struct Found {
    int transactions = 0;
    std::int64_t settings = 0;
  };
  /// What is there, which must be whole transactions and an intact chain.
  Found check(Store& store) {
    EXPECT_THAT(store.verify_audit().value(), IsEmpty());
    Found found;
    EXPECT_TRUE(store.transact([&](Transaction& tx) -> Result<void> {
      TRY(const auto rows, tx.audit({.limit = 1000, .newest_first = false}));
      EXPECT_EQ(rows.size() % 2, 0U) << "both rows of a transaction or none";
      found.transactions = static_cast<int>(rows.size() / 2);
      TRY(const auto inbox, tx.pending_inbox(1000));
      EXPECT_EQ(inbox.size(), rows.size() / 2);
      TRY(const auto outbox, tx.ready_outbox(clock.wall_now(), 1000));
      EXPECT_EQ(outbox.size(), rows.size() / 2);
      TRY(const auto large, tx.setting("large"));
      if (!rows.empty()) {
        EXPECT_EQ(rows.back().entry.action, "second." + std::to_string(found.transactions - 1));
        EXPECT_EQ(large.value_or("?")[0], static_cast<char>('a' + found.transactions - 1));
      }
      return {};
    }));
    return found;
  }

  struct Operations {
    std::uint64_t opening = 0;
    std::uint64_t all = 0;
  };
  /// How many an undisturbed run takes.
  Operations operations_of_a_run() {
    Disk disk;
    auto store = open(disk);
    EXPECT_TRUE(store) << store.error().message;
    const auto opening = disk.operations();
    EXPECT_EQ(run(**store).committed, kTransactions);
    return {opening, disk.operations()};
  }

  asio::io_context io;
  test::ManualClock clock{io};
};

TEST_F(PowerTest, TheDiskIsADisk) {
  Disk disk;
  {
    auto store = open(disk);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_STREQ(static_cast<SqliteStore&>(**store).session().database().execAndGet("PRAGMA journal_mode").getText(), "wal");
    EXPECT_EQ(run(**store).committed, kTransactions);
    EXPECT_GT(disk.counts().syncs, static_cast<std::uint64_t>(kTransactions));
  }
  auto again = open(disk);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(check(**again).transactions, kTransactions);
}

TEST_F(PowerTest, TheSameSeedIsTheSameDisk) {
  std::vector<std::string> contents;
  for (int round = 0; round < 2; ++round) {
    Disk disk(7);
    {
      auto store = open(disk);
      disk.fail_at(disk.operations() + 60, DiskFault::PowerLoss);
      run(**store);
    }
    disk.restart();
    contents.push_back(disk.content(kPath) + "|" + disk.content(std::string{kPath} + "-wal"));
  }
  EXPECT_EQ(contents[0], contents[1]);
}

TEST_F(PowerTest, APowerLossAtAnyOperationLosesNothingThatWasCommitted) {
  const auto operations = operations_of_a_run();
  ASSERT_GT(operations.all - operations.opening, 100U);
  int lost = 0;
  // Every one of the transactions' operations, and every fourth of those that make the tables.
  for (std::uint64_t at = 1; at <= operations.all; at += at < operations.opening ? 4 : 1) {
    Disk disk(at);
    disk.fail_at(at, DiskFault::PowerLoss);
    int committed = 0;
    {
      auto store = open(disk);
      if (store) committed = run(**store).committed;
    }
    ASSERT_TRUE(disk.is_off());
    disk.restart();
    // Sometimes it goes again while the database recovers.
    if (at % 3 == 0) {
      disk.fail_at(disk.operations() + 1 + disk.random() % 6, DiskFault::PowerLoss);
      static_cast<void>(open(disk));
      disk.cut_power();
      disk.restart();
    }
    auto store = open(disk);
    ASSERT_TRUE(store) << "at " << at << ": " << store.error().message;
    const auto found = check(**store).transactions;
    EXPECT_GE(found, committed) << "at " << at;
    EXPECT_LE(found, committed + 1) << "at " << at << ": only what was under way may have made it";
    if (at % 5 == 0) {
      EXPECT_EQ(run(**store, found).committed, kTransactions - found) << "at " << at;
      EXPECT_EQ(check(**store).transactions, kTransactions);
    }
    lost += disk.counts().lost_sectors > 0 ? 1 : 0;
  }
  EXPECT_GT(lost, 20) << "the power losses must lose something";
}

TEST_F(PowerTest, AKillAtAnyOperationLosesNothing) {
  const auto operations = operations_of_a_run();
  for (std::uint64_t at = 1; at <= operations.all - operations.opening; at += 5) {
    Disk disk(at);
    int committed = 0;
    {
      auto store = open(disk);
      disk.fail_at(at + disk.operations(), DiskFault::IoError, true);
      if (store) committed = run(**store).committed;
    }
    disk.restart();
    auto store = open(disk);
    ASSERT_TRUE(store) << "at " << at << ": " << store.error().message;
    const auto found = check(**store).transactions;
    EXPECT_GE(found, committed) << "at " << at;
    EXPECT_LE(found, committed + 1) << "at " << at;
  }
}

/// Without syncs this must fail: that it can is what the test above is worth.
TEST_F(PowerTest, WithoutSyncsCommitsAreLost) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Disk disk(seed);
    int committed = 0;
    {
      auto store = open(disk);
      static_cast<SqliteStore&>(**store).session().database().exec("PRAGMA synchronous = OFF");
      disk.fail_at(disk.operations() + 70, DiskFault::PowerLoss);
      committed = run(**store).committed;
    }
    disk.restart();
    auto store = open(disk);
    if (!store || (*store)->verify_audit().has_error() || !(*store)->verify_audit()->empty() || (*store)->audit_head()->seq < 2 * committed) ++lost;
  }
  EXPECT_GT(lost, 5);
}

struct FaultRow {
  std::string name;
  DiskFault fault;
  bool damage;
  std::string what;
  friend void PrintTo(const FaultRow& row, std::ostream* out) { *out << row.name; }
};
class DiskFaults : public PowerTest, public testing::WithParamInterface<FaultRow> {};
TEST_P(DiskFaults, AtAnyOperationAreToldAndLeaveEverythingAsItWas) {
  const auto& row = GetParam();
  const auto operations = operations_of_a_run();
  int told = 0;
  for (std::uint64_t at = 1; at <= operations.all - operations.opening; at += 5) {
    Disk disk(at);
    Ran ran;
    {
      auto store = open(disk);
      ASSERT_TRUE(store);
      const auto opened = disk.operations();
      disk.fail_at(opened + at, row.fault, true);
      ran = run(**store);
      if (ran.refused > 0) {
        ++told;
        if (ran.refused > 1 || !row.damage) {
          EXPECT_THAT(ran.last.message, HasSubstr(row.what)) << "at " << at;
        }
        EXPECT_EQ(!ran.damage.empty(), row.damage) << "at " << at << ": " << ran.last.message;
      }
      disk.mend();
      if (ran.refused > 0 && !row.damage) {
        EXPECT_EQ(check(**store).transactions, ran.committed) << "at " << at;
        EXPECT_EQ(run(**store, ran.committed).committed, kTransactions - ran.committed) << "it goes on when there is space again";
        ran.committed = kTransactions;
      }
      if (row.damage && ran.refused > 0) {
        const auto refused = (*store)->transact([](Transaction&) { return Result<void>{}; });
        ASSERT_FALSE(refused) << "also when the disk seems well again";
        EXPECT_EQ(refused.error().kind, ErrorKind::Corrupt);
        EXPECT_FALSE((*store)->verify_audit());
        EXPECT_FALSE((*store)->prune(Duration{0}));
      }
    }
    disk.restart();
    auto store = open(disk);
    ASSERT_TRUE(store) << "at " << at << ": " << store.error().message;
    const auto found = check(**store).transactions;
    EXPECT_GE(found, ran.committed);
    EXPECT_LE(found, ran.committed + (row.damage ? 1 : 0));
  }
  EXPECT_GT(told, 20);
}
INSTANTIATE_TEST_SUITE_P(AllOf, DiskFaults,
                         testing::Values(FaultRow{"Full", DiskFault::Full, false, "free some space"}, FaultRow{"ReadOnly", DiskFault::ReadOnly, false, "can only be read"},
                                         FaultRow{"IoError", DiskFault::IoError, true, "can't be trusted"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(PowerTest, AFaultInAGroupIsToldToAllOfIt) {
  Disk disk;
  auto store = open(disk);
  ASSERT_TRUE(store);
  const std::vector<std::function<Result<void>(Transaction&)>> works{[](Transaction& tx) { return work(tx, 0); }, [](Transaction& tx) { return work(tx, 1); }};
  disk.fail_now(DiskFault::Full);
  for (const auto& result : (*store)->transact_all(works)) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::Unavailable);
  }
  disk.mend();
  for (const auto& result : (*store)->transact_all(works)) EXPECT_TRUE(result);
  EXPECT_EQ(check(**store).transactions, 2);
}

TEST_F(PowerTest, ADiskThatCannotBeReadIsDamage) {
  Disk disk;
  {
    auto store = open(disk);
    run(**store);
  }
  auto store = open(disk);
  ASSERT_TRUE(store);
  static_cast<SqliteStore&>(**store).session().database().exec("PRAGMA cache_size = 0; PRAGMA shrink_memory");
  disk.fail_reads(true);
  EXPECT_FALSE((*store)->verify_audit());
  EXPECT_THAT((*store)->damage(), HasSubstr("can't be trusted"));
}

}  // namespace
}  // namespace driftwarden::storage
