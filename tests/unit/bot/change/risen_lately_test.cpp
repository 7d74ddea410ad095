#include "bot/change/risen_lately.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kEuro = 1'000'000;
const WallTime kNow{1'700'000'000s};

Change raised(std::int64_t id, std::int64_t euros, ChangeState state = ChangeState::Done) {
  Change change;
  change.id = id;
  change.app = "checkout";
  change.verb = ChangeVerb::Scale;
  change.state = state;
  change.requested_at = kNow - 1h;
  change.merged_sha = is_final(state) && state != ChangeState::Done ? "" : "4f2c81a";
  change.cost.emplace();
  change.cost->before.micros = 100 * kEuro;
  change.cost->after.micros = (100 + euros) * kEuro;
  return change;
}

std::int64_t euros(const std::vector<Change>& others, ChangeVerb verb = ChangeVerb::Scale) {
  auto asked = raised(99, 10, ChangeState::Requested);
  asked.verb = verb;
  auto all = others;
  all.insert(all.begin(), asked);
  return risen_lately(all, asked, kNow) / kEuro;
}

TEST(RisenLately, AddsWhatRoseAndTakesAwayWhatFell) {
  EXPECT_EQ(euros({}), 0);
  EXPECT_EQ(euros({raised(3, 60), raised(2, 50)}), 110);
  EXPECT_EQ(euros({raised(3, -20), raised(2, 50)}), 30);
  EXPECT_EQ(euros({raised(3, -80), raised(2, 50)}), 0) << "what was saved is no credit for more";
}

TEST(RisenLately, WhatStillMayComeCountsAndWhatCameToNothingDoesNot) {
  EXPECT_EQ(euros({raised(3, 60, ChangeState::Proposed)}), 60);
  for (const auto state : {ChangeState::Rejected, ChangeState::Expired, ChangeState::Superseded, ChangeState::Cancelled, ChangeState::Failed}) EXPECT_EQ(euros({raised(3, 60, state)}), 0);
  auto merged = raised(3, 60, ChangeState::Failed);
  merged.merged_sha = "4f2c81a";
  EXPECT_EQ(euros({merged}), 60) << "Git has it";
}

TEST(RisenLately, EndsWithAWeekAndWithTheLastThatSomebodyWasAskedAbout) {
  auto old = raised(1, 60);
  old.requested_at = kNow - 24h * 7 - 1s;
  EXPECT_EQ(euros({raised(2, 20), old}), 20);
  auto agreed = raised(2, 300);
  agreed.quorum.extra.need = 1;
  EXPECT_EQ(euros({raised(3, 20), agreed, raised(1, 60)}), 20);
}

TEST(RisenLately, WhatWaitsForItsYesForgivesNothing) {
  auto open = raised(2, 300, ChangeState::Proposed);
  open.quorum.extra.need = 1;
  EXPECT_EQ(euros({raised(3, 20), open, raised(1, 60)}), 80);
  open.state = ChangeState::Approved;
  EXPECT_EQ(euros({raised(3, 20), open, raised(1, 60)}), 20);
}

TEST(RisenLately, AnApplyCountsAmongApplies) {
  auto applied = raised(3, 60);
  applied.verb = ChangeVerb::Apply;
  EXPECT_EQ(euros({applied, raised(2, 50)}), 50);
  EXPECT_EQ(euros({applied, raised(2, 50)}, ChangeVerb::Apply), 60);
}

TEST(RisenLately, SurvivesAbsurdAmounts) {
  auto absurd = raised(3, 0);
  absurd.cost->after.micros = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(risen_lately({absurd, absurd}, raised(99, 10), kNow), std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace driftwarden
