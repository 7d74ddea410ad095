#include "bot/leader/leader_steps.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace driftwarden {
namespace {

using kubernetes::Lease;
using namespace std::chrono_literals;

const MonoTime kStart = MonoTime{} + 1h;
const WallTime kWall = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 9h;

Lease held_by(const std::string& holder, const std::string& version = "7", int transitions = 3) {
  Lease lease;
  lease.holder = holder;
  lease.duration = 9s;
  lease.acquired_at = kWall - 1h;
  lease.renewed_at = kWall - 1s;
  lease.transitions = transitions;
  lease.version = version;
  return lease;
}

Lease given_back() {
  auto lease = held_by("");
  lease.acquired_at.reset();
  lease.renewed_at.reset();
  return lease;
}

Election candidate() {
  Election election;
  election.identity = "me";
  election.limits = limits_of(9s);
  election.next_at = kStart;
  stand(election, kStart);
  return election;
}

Election that_read(std::optional<Lease> lease, Duration ago = 0s) {
  auto election = candidate();
  on_read(election, std::move(lease), kStart - ago);
  return election;
}

Result<Lease> accepted(const ElectionStep& step, const std::string& version) {
  auto lease = step.lease;
  lease.version = version;
  return lease;
}

/// Leads since kStart.
Election leader() {
  auto election = that_read(given_back());
  const auto step = next_step(election, kStart, kWall);
  EXPECT_TRUE(step.takes);
  on_sending(election, step);
  on_written(election, step, accepted(step, "1"), kStart, kStart + 10ms);
  EXPECT_TRUE(may_speak(election, kStart + 10ms));
  return election;
}

const Error kNoAnswer{ErrorKind::Timeout, "no answer"};
const Error kConflict{ErrorKind::Conflict, "changed"};

// --- whether a candidate takes it

struct TakeRow {
  std::string name;
  std::optional<Lease> lease;
  Duration unchanged_for;
  ElectionDeed deed;
  friend void PrintTo(const TakeRow& row, std::ostream* out) { *out << row.name; }
};
class Taking : public testing::TestWithParam<TakeRow> {};

TEST_P(Taking, IsDecidedByOurOwnClock) {
  const auto& row = GetParam();
  auto election = that_read(row.lease, row.unchanged_for);
  election.next_at = kStart;
  const auto step = next_step(election, kStart, kWall);
  EXPECT_EQ(step.deed, row.deed);
  EXPECT_EQ(step.takes, row.deed == ElectionDeed::Update);
  if (row.deed == ElectionDeed::Create) {
    EXPECT_EQ(step.lease.holder, "") << "it is made for nobody";
  }
}

Lease longer() {
  auto lease = held_by("other");
  lease.duration = 20s;
  return lease;
}
Lease from_long_ago() {
  auto lease = held_by("other");
  lease.renewed_at = kWall - 24h;
  return lease;
}

INSTANTIATE_TEST_SUITE_P(
    OneCandidate, Taking,
    testing::Values(TakeRow{"HeldByAnother", held_by("other"), 8999ms, ElectionDeed::Read}, TakeRow{"NotRenewedForTheDuration", held_by("other"), 9s, ElectionDeed::Update},
                    TakeRow{"AnOldTimeInItSaysNothing", from_long_ago(), 0s, ElectionDeed::Read}, TakeRow{"TheHoldersOwnDurationCountsWhereItIsLonger", longer(), 19999ms, ElectionDeed::Read},
                    TakeRow{"AndIsWaitedForOnce", longer(), 20s, ElectionDeed::Update}, TakeRow{"GivenBack", given_back(), 0s, ElectionDeed::Update},
                    TakeRow{"NameDeletedByHand", held_by(""), 8999ms, ElectionDeed::Read}, TakeRow{"NameDeletedByHandLongAgo", held_by(""), 9s, ElectionDeed::Update},
                    TakeRow{"MadeByHand", Lease{}, 8999ms, ElectionDeed::Read}, TakeRow{"MadeByHandLongAgo", Lease{}, 9s, ElectionDeed::Update},
                    TakeRow{"NoneThere", std::nullopt, 0s, ElectionDeed::Create}, TakeRow{"OurNameButNotOurTerm", held_by("me"), 8999ms, ElectionDeed::Read}),
    [](const auto& row) { return row.param.name; });

TEST(Taking, IsNothingForWhoIsNoCandidate) {
  auto election = that_read(given_back());
  resign(election);
  election.next_at = kStart;
  EXPECT_EQ(next_step(election, kStart, kWall).deed, ElectionDeed::Read);
}

TEST(Taking, CountsTheTermAndSaysWhoAndWhen) {
  auto election = that_read(held_by("other", "7", 3), 9s);
  election.next_at = kStart;
  const auto step = next_step(election, kStart, kWall);
  EXPECT_EQ(step.lease.holder, "me");
  EXPECT_EQ(step.lease.transitions, 4);
  EXPECT_EQ(step.lease.version, "7") << "nobody else may have written since";
  EXPECT_EQ(step.lease.acquired_at, kWall);
  EXPECT_EQ(step.lease.renewed_at, kWall);
  EXPECT_EQ(step.lease.duration, 9s);
}

TEST(Taking, StartsOverWhenTheRecordMoves) {
  auto election = that_read(held_by("other", "7"), 8s);
  on_read(election, std::optional{held_by("other", "8")}, kStart);
  election.next_at = kStart + 8s;
  EXPECT_EQ(next_step(election, kStart + 8s, kWall).deed, ElectionDeed::Read);
  election.next_at = kStart + 9s;
  EXPECT_EQ(next_step(election, kStart + 9s, kWall).deed, ElectionDeed::Update);
}

TEST(Taking, StartsOverWhenTheRecordIsDeleted) {
  auto election = that_read(held_by("other"), 8s);
  on_read(election, std::optional<Lease>{}, kStart);
  const auto made = next_step(election, kStart, kWall);
  ASSERT_EQ(made.deed, ElectionDeed::Create);
  EXPECT_EQ(made.lease.transitions, 3) << "the count goes on";
  on_written(election, made, accepted(made, "20"), kStart, kStart + 10ms);
  election.next_at = kStart + 9s;
  EXPECT_EQ(next_step(election, kStart + 9s, kWall).deed, ElectionDeed::Read) << "its holder may still speak";
  EXPECT_TRUE(next_step(election, kStart + 9010ms, kWall).takes);
}

TEST(Taking, WaitsWhereAKnownLeaseWasMadeAnew) {
  auto election = that_read(held_by("other", "7", 3), 1s);
  on_read(election, std::optional{Lease{}}, kStart);
  election.next_at = kStart;
  EXPECT_EQ(next_step(election, kStart, kWall).deed, ElectionDeed::Read) << "its holder may not know yet";
  EXPECT_EQ(next_step(election, kStart + 9s, kWall).deed, ElectionDeed::Update);
}

TEST(Taking, AConflictIsReadBeforeAnythingElse) {
  auto election = that_read(given_back());
  const auto step = next_step(election, kStart, kWall);
  on_sending(election, step);
  on_written(election, step, kConflict, kStart, kStart + 5ms);
  EXPECT_FALSE(election.leading);
  EXPECT_EQ(next_step(election, kStart + 5ms, kWall).deed, ElectionDeed::Read);
}

TEST(Taking, ALostAnswerIsReadAndTheTermBegunAnew) {
  auto election = that_read(given_back());
  const auto step = next_step(election, kStart, kWall);
  on_sending(election, step);
  on_written(election, step, kNoAnswer, kStart, kStart + 2s);
  EXPECT_FALSE(may_speak(election, kStart + 2s));
  const auto later = kStart + 3s;
  EXPECT_EQ(next_step(election, later, kWall + 3s).deed, ElectionDeed::Read);
  auto ours = step.lease;
  ours.version = "8";
  on_read(election, std::optional{ours}, later);
  const auto again = next_step(election, later, kWall + 3s);
  EXPECT_EQ(again.deed, ElectionDeed::Update) << "nobody else can have it";
  EXPECT_EQ(again.lease.version, "8");
  EXPECT_EQ(again.lease.transitions, step.lease.transitions + 1);
}

TEST(Taking, AnAnswerThatComesTooLateBeginsNothing) {
  auto election = that_read(given_back());
  const auto step = next_step(election, kStart, kWall);
  on_sending(election, step);
  on_written(election, step, accepted(step, "8"), kStart, kStart + 6s);
  EXPECT_FALSE(election.leading);
  EXPECT_TRUE(election.candidate);
}

// --- leading

TEST(Leading, IsRenewedEveryQuarter) {
  const auto election = leader();
  const auto wait = next_step(election, kStart + 1s, kWall);
  EXPECT_EQ(wait.deed, ElectionDeed::Wait);
  EXPECT_EQ(wait.until, kStart + 2250ms);
  const auto step = next_step(election, kStart + 2250ms, kWall + 2250ms);
  EXPECT_EQ(step.deed, ElectionDeed::Update);
  EXPECT_FALSE(step.takes);
  EXPECT_EQ(step.lease.renewed_at, kWall + 2250ms);
  EXPECT_EQ(step.lease.acquired_at, kWall);
}

TEST(Leading, CountsFromBeforeTheRenewalWasSent) {
  auto election = leader();
  const auto step = next_step(election, kStart + 3s, kWall);
  on_written(election, step, accepted(step, "2"), kStart + 3s, kStart + 5s);
  EXPECT_TRUE(may_speak(election, kStart + 8999ms));
  EXPECT_FALSE(may_speak(election, kStart + 9s));
}

TEST(Leading, EndsAfterTwoThirdsWithoutARenewal) {
  auto election = leader();
  for (auto now = kStart + 2250ms; now < kStart + 6s; now += 500ms) {
    const auto step = next_step(election, now, kWall);
    if (step.deed == ElectionDeed::Update) on_written(election, step, kNoAnswer, now, now + 400ms);
    if (step.deed == ElectionDeed::Read) on_read(election, kNoAnswer, now + 400ms);
  }
  EXPECT_TRUE(may_speak(election, kStart + 5999ms));
  EXPECT_FALSE(may_speak(election, kStart + 6s));
  on_time(election, kStart + 6s);
  EXPECT_FALSE(election.leading);
  EXPECT_FALSE(election.candidate) << "what it did must end first";
}

TEST(Leading, ARequestNeverOutlivesTheTerm) {
  const auto election = leader();
  EXPECT_LE(next_step(election, kStart + 5900ms, kWall).timeout, 100ms);
}

TEST(Leading, EndsAtOnceWhenAnotherHoldsIt) {
  auto election = leader();
  on_read(election, std::optional{held_by("other", "9", 5)}, kStart + 1s);
  EXPECT_FALSE(may_speak(election, kStart + 1s));
}

TEST(Leading, EndsWhenAnotherOfTheSameNameHoldsIt) {
  auto election = leader();
  on_read(election, std::optional{held_by("me", "9", 5)}, kStart + 1s);
  EXPECT_FALSE(may_speak(election, kStart + 1s));
}

TEST(Leading, AFrozenOneKnowsBeforeItHearsOfAnything) {
  const auto election = leader();
  EXPECT_FALSE(may_speak(election, kStart + 30s)) << "nothing was told to it meanwhile";
}

TEST(Leading, AnAnswerAfterItsTimeProlongsNothing) {
  auto election = leader();
  const auto step = next_step(election, kStart + 3s, kWall);
  on_written(election, step, accepted(step, "2"), kStart + 3s, kStart + 7s);
  EXPECT_FALSE(election.leading);
  EXPECT_FALSE(may_speak(election, kStart + 7s));
}

TEST(Leading, ALeaseDeletedByHandIsMadeAnewAndKeptByItsHolder) {
  auto election = leader();
  const auto step = next_step(election, kStart + 2250ms, kWall);
  on_written(election, step, Error{ErrorKind::NotFound, "gone"}, kStart + 2250ms, kStart + 2260ms);
  EXPECT_TRUE(may_speak(election, kStart + 2260ms));
  const auto made = next_step(election, kStart + 2260ms, kWall);
  EXPECT_EQ(made.deed, ElectionDeed::Create);
  EXPECT_EQ(made.lease.holder, "");
  on_written(election, made, accepted(made, "20"), kStart + 2260ms, kStart + 2270ms);
  EXPECT_FALSE(may_speak(election, kStart + 6s)) << "that alone prolongs nothing";
  const auto kept = next_step(election, kStart + 2270ms, kWall);
  EXPECT_EQ(kept.deed, ElectionDeed::Update);
  EXPECT_EQ(kept.lease.holder, "me");
  EXPECT_EQ(kept.lease.version, "20");
  EXPECT_EQ(kept.lease.transitions, 4) << "the same term";
  on_written(election, kept, accepted(kept, "21"), kStart + 2270ms, kStart + 2280ms);
  EXPECT_TRUE(may_speak(election, kStart + 8s));
}

TEST(Leading, IsKeptWhenSomebodyDeletesTheNameInIt) {
  auto election = leader();
  on_read(election, std::optional{held_by("", "9")}, kStart + 1s);
  EXPECT_TRUE(may_speak(election, kStart + 1s));
  EXPECT_EQ(next_step(election, kStart + 1s, kWall).lease.holder, "me");
}

TEST(Leading, AfterwardsItsOwnLeaseIsTakenAtOnce) {
  auto election = leader();
  on_time(election, kStart + 6s);
  stand(election, kStart + 7s);
  on_read(election, election.seen, kStart + 7s);
  const auto step = next_step(election, kStart + 7s, kWall + 7s);
  EXPECT_TRUE(step.takes);
  EXPECT_EQ(step.lease.transitions, 5) << "another term, so that what was begun in the old one is known as such";
}

// --- giving it back

TEST(Releasing, LeavesNobodyInItAndTheCount) {
  const auto step = release_step(leader());
  ASSERT_TRUE(step);
  EXPECT_EQ(step->deed, ElectionDeed::Update);
  EXPECT_EQ(step->lease.holder, "");
  EXPECT_FALSE(step->lease.renewed_at);
  EXPECT_EQ(step->lease.transitions, 4);
  EXPECT_EQ(step->lease.version, "1");
}

TEST(Releasing, IsNothingForAnothersLease) { EXPECT_FALSE(release_step(that_read(held_by("other")))); }

TEST(Limits, LeaveTheLeaderSilentBeforeAnybodyElseSpeaks) {
  for (const Duration duration : {Duration{3s}, Duration{9s}, Duration{15s}, Duration{5min}}) {
    const auto limits = limits_of(duration);
    EXPECT_LT(limits.silent, duration);
    EXPECT_LE(limits.renew + limits.request + limits.retry, limits.silent) << "one lost renewal is no reason to fall silent";
    EXPECT_LE(limits.look, limits.renew);
  }
}

}  // namespace
}  // namespace driftwarden
