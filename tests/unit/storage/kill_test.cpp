#include "gitops/base/random.hpp"
#include "tests/unit/storage/fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace driftwarden::storage {
namespace {

class KillTest : public StoreTest {
 protected:
  void SetUp() override {}  // the child opens the store

  /// Appends until it is killed, and says so after each commit.
  [[noreturn]] void append_forever(int pipe) {
    auto opened = Store::open(path, clock);
    while (opened) {
      const auto done = (*opened)->transact([](Transaction& tx) -> Result<void> {
        CHECK_OK(tx.append_audit(entry("alice", "x")));
        CHECK_OK(tx.append_audit(entry("alice", "y")));
        return {};
      });
      if (!done || ::write(pipe, "c", 1) != 1) break;
    }
    ::_exit(1);
  }
};

TEST_F(KillTest, WhatWasSaidToBeCommittedIsThereAndNothingIsHalf) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto child = ::fork();
  if (child == 0) append_forever(ends[1]);
  ::close(ends[1]);
  std::size_t committed = 0;
  for (char byte = 0; committed < 25 && ::read(ends[0], &byte, 1) == 1;) ++committed;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (char byte = 0; ::read(ends[0], &byte, 1) == 1;) ++committed;
  ::close(ends[0]);

  reopen();  // the lock went with the process
  const auto rows = in([](Transaction& tx) { return tx.audit({.app = {}, .since = {}, .limit = 100'000, .newest_first = true}); });
  EXPECT_GE(committed, 25U);
  EXPECT_GE(rows.size(), committed * 2);
  EXPECT_EQ(rows.size() % 2, 0U) << "both rows of a transaction or none";
  EXPECT_TRUE(store->verify_audit()->empty());
}

/// Kills at moments that chance chose, one after the other on the same database.
TEST_F(KillTest, TwelveKillsInARowLoseNothing) {
  const auto random = create_seeded_random(12);
  std::size_t rows_before = 0;
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    if (child == 0) append_forever(ends[1]);
    ::close(ends[1]);
    std::size_t committed = 0;
    const auto enough = 1 + random->below(60);
    for (char byte = 0; committed < enough && ::read(ends[0], &byte, 1) == 1;) ++committed;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (char byte = 0; ::read(ends[0], &byte, 1) == 1;) ++committed;
    ::close(ends[0]);

    reopen();
    const auto rows = in([](Transaction& tx) { return tx.audit({.limit = 100'000}); }).size();
    EXPECT_GE(rows, rows_before + committed * 2) << "round " << round;
    EXPECT_LE(rows, rows_before + committed * 2 + 2) << "round " << round << ": only what was under way may be there as well";
    EXPECT_TRUE(store->verify_audit()->empty()) << "round " << round;
    rows_before = rows;
    store.reset();
  }
}

}  // namespace
}  // namespace driftwarden::storage
