#include "bot/incident/rollout_watch.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using kubernetes::Health;

const WallTime kStart{std::chrono::seconds{1'800'000'000}};

struct Row {
  std::string name;
  std::vector<std::pair<Duration, Health>> seen;
  RolloutVerdict last;
  bool healthy_before = true;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};
class RolloutTable : public testing::TestWithParam<Row> {};

TEST_P(RolloutTable, Says) {
  Rollout rollout;
  rollout.since = kStart;
  rollout.was_healthy_before = GetParam().healthy_before;
  auto verdict = RolloutVerdict::Watching;
  for (const auto& [after, health] : GetParam().seen) verdict = look_at_rollout(rollout, health, kStart + after);
  EXPECT_EQ(verdict, GetParam().last);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RolloutTable,
    testing::Values(Row{"HealthyStaysQuiet", {{1min, Health::Healthy}, {20min, Health::Healthy}}, RolloutVerdict::Watching},
                    Row{"AfterHalfAnHourItIsOver", {{1min, Health::Healthy}, {30min, Health::Healthy}}, RolloutVerdict::Over},
                    Row{"DegradedForHalfAMinuteIsTold", {{1min, Health::Degraded}, {90s, Health::Degraded}}, RolloutVerdict::Tell},
                    Row{"AFlickerIsNot", {{1min, Health::Degraded}, {80s, Health::Healthy}, {100s, Health::Degraded}}, RolloutVerdict::Watching},
                    Row{"ARolloutMayTakeFourMinutes", {{1s, Health::Progressing}, {4min, Health::Progressing}}, RolloutVerdict::Watching},
                    Row{"ButNotFive", {{1s, Health::Progressing}, {301s, Health::Progressing}}, RolloutVerdict::Tell},
                    Row{"UnknownIsNoVerdict", {{1s, Health::Unknown}, {10min, Health::Unknown}}, RolloutVerdict::Watching},
                    Row{"WhatWasIllBeforeIsNotThisCommits", {{1min, Health::Degraded}, {10min, Health::Degraded}}, RolloutVerdict::Over, false}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
