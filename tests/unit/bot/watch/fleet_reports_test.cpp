// What is told, and when: dry-runs and look-ups are waited for, but not for ever.
#include "tests/unit/bot/watch/fleet_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Not;

std::vector<std::string> notes_of(const DriftReport& report) { return report.objects.empty() ? std::vector<std::string>{} : report.objects.front().notes; }

TEST(FleetReports, DriftIsToldOnceTheDryRunHasConfirmedIt) {
  FleetWorld world;
  world.start();
  world.clock.advance(2s);
  world.cluster.answers_after = 1s;
  // Another Desired than what was asked in advance.
  world.push({{"apps/app-000/cm.yaml", config_map("app-000", "2")}});
  EXPECT_EQ(world.last().state, AppState::Synced) << "held back";
  EXPECT_FALSE(world.fleet->is_final("app-000"));
  world.clock.advance(1s);
  EXPECT_EQ(world.last().state, AppState::OutOfSync);
  EXPECT_THAT(notes_of(world.last()), Not(Contains("unconfirmed")));
  EXPECT_TRUE(world.fleet->is_final("app-000"));
}

TEST(FleetReports, ASlowDryRunIsNotWaitedForLongerThanThreeSeconds) {
  FleetWorld world;
  world.start();
  world.clock.advance(2s);
  world.cluster.answers_after = 1h;
  world.push({{"apps/app-000/cm.yaml", config_map("app-000", "2")}});
  world.clock.advance(2900ms);
  EXPECT_EQ(world.last().state, AppState::Synced);
  world.clock.advance(100ms);
  EXPECT_EQ(world.last().state, AppState::OutOfSync);
  world.clock.advance(3s);
  EXPECT_THAT(notes_of(world.last()), Contains("unconfirmed")) << "the question could not be put";
}

TEST(FleetReports, WithoutTheRightADryRunLeavesDriftUnconfirmed) {
  FleetWorld world;
  world.cluster.refusal = Error{ErrorKind::Denied, "forbidden"};
  world.cluster.objects.begin()->second["data"]["key"] = "by hand";
  world.start();
  EXPECT_EQ(world.last().state, AppState::OutOfSync);
  EXPECT_THAT(notes_of(world.last()), Contains("unconfirmed"));
}

TEST(FleetReports, WhereNothingIsToBeConfirmedNobodyAsks) {
  FleetWorld world;
  world.config.clusters.front().confirm = ConfirmMode::Never;
  world.cluster.objects.begin()->second["data"]["key"] = "by hand";
  world.start();
  world.clock.advance(5s);
  EXPECT_EQ(world.cluster.dry_runs, 0U);
  EXPECT_THAT(notes_of(world.last()), Contains("unconfirmed"));
}

TEST(FleetReports, FourDryRunsAtATime) {
  FleetWorld world(12);
  for (auto& [id, object] : world.cluster.objects) object["data"]["key"] = "by hand";
  world.cluster.answers_after = 100ms;
  world.start();
  EXPECT_EQ(world.cluster.busy, 4U);
  world.clock.advance(1s);
  EXPECT_EQ(world.cluster.busiest, 4U);
  EXPECT_EQ(world.fleet->figures().dry_runs, 12U);
  EXPECT_EQ(world.fleet->figures().apps.at(AppState::OutOfSync), 12U);
}

TEST(FleetReports, InAdvanceOneAtATimeAndTenASecond) {
  FleetWorld world(40);
  world.start();
  EXPECT_LE(world.cluster.dry_runs, 1U);
  world.clock.advance(1s);
  EXPECT_EQ(world.cluster.busiest, 1U);
  EXPECT_LE(world.cluster.dry_runs, 11U);
  EXPECT_GE(world.cluster.dry_runs, 8U);
}

TEST(FleetReports, WhatWasThereBeforeAnybodyWantedItIsReadBeforeItIsJudged) {
  FleetWorld world(1);
  world.cluster.objects[object_id({"", "v1", "ConfigMap", "shop", "late"})] = live_config_map("late", "1");
  world.start();
  world.clock.advance(2s);
  world.cluster.answers_after = 500ms;
  world.push({{"apps/app-000/late.yaml", config_map("late", "1")}});
  world.clock.advance(2s);
  EXPECT_EQ(world.cluster.reads, 1U);
  EXPECT_EQ(world.last().state, AppState::Synced);
  EXPECT_EQ(world.last().objects_total, 2U);
  EXPECT_FALSE(world.ever_told("app-000", AppState::OutOfSync)) << "it never was missing";
}

TEST(FleetReports, AVerdictIsAsOfTheClustersLastWord) {
  FleetWorld world;
  world.cluster.heard = world.clock.wall_now() - 20s;
  world.start();
  EXPECT_EQ(world.last().as_of, world.clock.wall_now() - 20s);
  world.cluster.heard = world.clock.wall_now() + 5s;
  EXPECT_EQ(world.fleet->report("app-000").as_of, world.clock.wall_now()) << "a clock that is ahead doesn't make it later than now";
}

TEST(FleetReports, ARuleThatRunsOutIsNoticedWithoutAnyEvent) {
  FleetWorld world;
  IgnoreRule rule;
  rule.paths = {".data.key"};
  rule.until = world.clock.wall_now() + 1h;
  world.config.apps.front().ignore = {rule};
  world.cluster.objects.begin()->second["data"]["key"] = "by hand";
  world.start();
  EXPECT_EQ(world.last().state, AppState::Synced);
  world.clock.advance(59min);
  EXPECT_EQ(world.last().state, AppState::Synced);
  world.clock.advance(2min);
  EXPECT_EQ(world.last().state, AppState::OutOfSync);
}

TEST(FleetReports, OrphansAreAnAppOfTheirOwn) {
  FleetWorld world;
  world.config.clusters.front().orphans = {"shop"};
  auto orphan = live_config_map("stray", "x");
  orphan["metadata"]["managedFields"] = nlohmann::json::array(
      {{{"manager", "kubectl-create"}, {"operation", "Update"}, {"apiVersion", "v1"}, {"fieldsType", "FieldsV1"}, {"fieldsV1", {{"f:data", {{"f:key", nlohmann::json::object()}}}}}}});
  world.cluster.objects["stray"] = orphan;
  world.start();
  const auto* app = world.fleet->app("orphans-prod-eu-shop");
  ASSERT_NE(app, nullptr);
  EXPECT_TRUE(app->orphans);
  EXPECT_EQ(app->environment, "prod");
  EXPECT_EQ(world.fleet->apps().size(), 2U);
  EXPECT_EQ(world.cluster.reads, 0U) << "listed once Git is read, not before";
  const auto report = world.last("orphans-prod-eu-shop");
  EXPECT_EQ(report.state, AppState::OutOfSync);
  ASSERT_EQ(report.objects.size(), 1U);
  EXPECT_EQ(report.objects.front().object.name, "stray");
  EXPECT_FALSE(world.last_synced.contains("orphans-prod-eu-shop"));
  EXPECT_EQ(world.fleet->health(app->name).health, kubernetes::Health::Healthy);
  EXPECT_FALSE(test::run(world.io, world.fleet->render_revision(*app, "x")));
}

}  // namespace
}  // namespace driftwarden
