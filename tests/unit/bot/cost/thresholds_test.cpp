#include "tests/unit/bot/cost/samples.hpp"

namespace driftwarden {
namespace {

using namespace cost_sample;
using testing::ElementsAre;
using testing::IsEmpty;

App app_in(const std::string& environment) {
  App app;
  app.name = "checkout";
  app.environment = environment;
  app.owners = {"dave"};
  return app;
}

CostChange rise(std::int64_t euros) {
  CostChange change;
  change.currency = "EUR";
  change.before.micros = 100 * kEuro;
  change.after.micros = (100 + euros) * kEuro;
  return change;
}

Config with(std::vector<CostThreshold> thresholds) {
  auto made = config();
  for (const auto* name : {"alice", "bob", "carol", "dave"}) {
    Person person;
    person.name = name;
    made.people.push_back(person);
  }
  made.groups.push_back({"finops", {"alice", "bob"}, ""});
  made.groups.push_back({"nobody", {}, ""});
  made.cost.thresholds = std::move(thresholds);
  return made;
}

CostThreshold above(std::int64_t euros, std::vector<std::string> from, int need = 1) {
  CostThreshold threshold;
  threshold.above = euros * kEuro;
  threshold.from = std::move(from);
  threshold.need = need;
  return threshold;
}

TEST(Thresholds, OnlyMoreThanTheThresholdCounts) {
  const auto config = with({above(200, {"finops"})});
  EXPECT_EQ(approvals_for(config, app_in("prod"), rise(200)).need, 0);
  EXPECT_EQ(approvals_for(config, app_in("prod"), rise(-500)).need, 0);
  const auto wanted = approvals_for(config, app_in("prod"), rise(212));
  EXPECT_EQ(wanted.need, 1);
  EXPECT_THAT(wanted.from, ElementsAre("alice", "bob"));
  EXPECT_EQ(wanted.why, "212 EUR more a month (cost.thresholds[0]: above 200 EUR)");
}

TEST(Thresholds, TheHighestThatMatchesSaysWhose) {
  const auto config = with({above(1000, {"carol"}), above(200, {"finops"}, 2), above(5000, {"dave"})});
  EXPECT_THAT(approvals_for(config, app_in("prod"), rise(300)).from, ElementsAre("alice", "bob"));
  const auto wanted = approvals_for(config, app_in("prod"), rise(1500));
  EXPECT_THAT(wanted.from, ElementsAre("carol"));
  EXPECT_EQ(wanted.need, 2) << "as many as any of them wants";
  EXPECT_EQ(wanted.why, "1,500 EUR more a month (cost.thresholds[0]: above 1,000 EUR)");
}

TEST(Thresholds, SpeakOfEnvironmentsAndApps) {
  auto production = above(0, {"carol"});
  production.environments = {"prod*"};
  auto other = above(0, {"carol"});
  other.apps = {"search"};
  EXPECT_EQ(approvals_for(with({production}), app_in("production"), rise(1)).need, 1);
  EXPECT_EQ(approvals_for(with({production}), app_in("staging"), rise(1)).need, 0);
  EXPECT_EQ(approvals_for(with({other}), app_in("production"), rise(1)).need, 0);
}

TEST(Thresholds, OwnersAreTheAppsAndEachIsNamedOnce) {
  EXPECT_THAT(approvals_for(with({above(0, {"owners", "dave", "finops"})}), app_in("prod"), rise(1)).from, ElementsAre("dave", "alice", "bob"));
}

TEST(Thresholds, WhatNobodyCanTellWantsTheLowestThatSpeaksOfTheApp) {
  auto staging = above(10, {"dave"});
  staging.environments = {"staging"};
  const auto config = with({above(1000, {"carol"}), above(200, {"finops"}, 2), staging});
  const auto wanted = approvals_for_unknown(config, app_in("prod"), "Infracost ended with 1:\nno key");
  EXPECT_EQ(wanted.need, 2);
  EXPECT_THAT(wanted.from, ElementsAre("alice", "bob"));
  EXPECT_EQ(wanted.why, "its cost isn't known: Infracost ended with 1: no key (cost.thresholds[1])");
  EXPECT_THAT(approvals_for_unknown(config, app_in("staging"), "x").from, ElementsAre("dave"));
  EXPECT_EQ(approvals_for_unknown(with({staging}), app_in("prod"), "x").need, 0) << "no threshold speaks of it";
  EXPECT_LT(approvals_for_unknown(config, app_in("prod"), std::string(5000, 'x')).why.size(), 300U);
}

TEST(Thresholds, AnEmptyGroupLeavesNobodyWhoCould) {
  const auto wanted = approvals_for(with({above(0, {"nobody"})}), app_in("prod"), rise(1));
  EXPECT_EQ(wanted.need, 1);
  EXPECT_THAT(wanted.from, IsEmpty());
}

}  // namespace
}  // namespace driftwarden
