#include "bot/audit/words.hpp"
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

TEST(RisenLately, WhatPeopleMergedPastUsCountsSinceSomebodyAgreed) {
  const auto asked = raised(99, 10, ChangeState::Requested);
  const std::vector<MergedRise> merged{{kNow - 30min, 40 * kEuro}, {kNow - 2h, 5 * kEuro}, {kNow - 24h * 8, 300 * kEuro}};
  EXPECT_EQ(risen_lately({}, asked, kNow, merged), 45 * kEuro) << "of the last 7 days";
  EXPECT_EQ(risen_lately({raised(3, 60)}, asked, kNow, merged), 105 * kEuro);
  auto agreed = raised(2, 300);
  agreed.quorum.extra.need = 1;
  EXPECT_EQ(risen_lately({raised(3, 60), agreed}, asked, kNow, merged), 100 * kEuro) << "not what was there before that";
  auto apply = asked;
  apply.verb = ChangeVerb::Apply;
  EXPECT_EQ(risen_lately({}, apply, kNow, merged), 0) << "what a plan applies was counted when it was merged";
  EXPECT_EQ(risen_lately({}, asked, kNow, {{kNow - 1h, -50 * kEuro}, {kNow - 2h, 20 * kEuro}}), 0);
  EXPECT_EQ(risen_lately({}, asked, kNow, {{kNow, std::numeric_limits<std::int64_t>::max()}, {kNow, 1}}), std::numeric_limits<std::int64_t>::max());
}

TEST(MergedRises, ARowSaysWhatItWas) {
  MergedPull pull;
  pull.app = "checkout";
  pull.repository = "config";
  pull.number = 7;
  pull.url = "https://forge.example.org/7";
  pull.author = "bob";
  pull.head_sha = "9e8d7c6";
  pull.rise_micros = -12'500'000;
  pull.currency = "EUR";
  const auto entry = audit_of(pull);
  EXPECT_EQ(entry.action, "cost.merged");
  EXPECT_EQ(entry.app, "checkout");
  EXPECT_EQ(entry.subject, "config#7");
  EXPECT_EQ(entry.on, "9e8d7c6");
  EXPECT_EQ(entry.detail, R"({"what":"-12.50 EUR a month","login":"bob","pull_request":"#7","pull_request_url":"https://forge.example.org/7","rise_micros":-12500000,"currency":"EUR"})");
  EXPECT_EQ(deed_words(entry), "counts what was merged past it: config#7 of checkout: bob, -12.50 EUR a month");
}

TEST(RisenLately, SurvivesAbsurdAmounts) {
  auto absurd = raised(3, 0);
  absurd.cost->after.micros = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(risen_lately({absurd, absurd}, raised(99, 10), kNow), std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace driftwarden
