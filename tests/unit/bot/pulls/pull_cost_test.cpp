// What people's pull requests cost, and what of that counts later.
#include "tests/unit/bot/pulls/watching.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::WatchedStore;
using test::Watching;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(PullWatch, SaysWhatItCosts) {
  Watching world;
  PriceTable table;
  table.cpu = 20'000'000;
  table.memory = 4'000'000;
  world.config.cost.prices = {table};
  (void)world.git("branch -f topic main");
  world.put("topic", "apps/checkout/deployment.yaml", test::deployment_yaml(5) + "          resources: {requests: {cpu: 500m, memory: 1Gi}}\n");
  world.point(world.forge_state.open_by_hand("bob", "topic", "More replicas"), "topic");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("**70 EUR** a month, **+70 EUR** (0 EUR before"));
  EXPECT_THAT(world.message_now(), HasSubstr("*70 EUR* a month"));
  world.config.cost.prices.front().cpu = 40'000'000;
  world.config.digests["cost"] = "another";
  world.look();
  EXPECT_THAT(world.comments().front().body, HasSubstr("**120 EUR** a month")) << "new prices are told, too";
}

/// "checkout" costs 14 EUR a replica, and above 100 EUR carol is asked. The base has none of it.
struct Priced : Watching {
  Priced() {
    PriceTable table;
    table.cpu = 20'000'000;
    table.memory = 4'000'000;
    config.cost.prices = {table};
    CostThreshold threshold;
    threshold.above = 100'000'000;
    threshold.from = {"carol"};
    config.cost.thresholds = {threshold};
  }
  void branch(const std::string& name, int replicas) const {
    (void)git("branch -f " + name + " main");
    put(name, "apps/checkout/deployment.yaml", test::deployment_yaml(replicas) + "          resources: {requests: {cpu: 500m, memory: 1Gi}}\n");
  }
  std::int64_t open_priced(const std::string& name, int replicas) {
    branch(name, replicas);
    const auto number = forge_state.open_by_hand("bob", name, "More replicas");
    point(number, name);
    look();
    return number;
  }
  int merged_rows() {
    const auto actions = audit_actions();
    return static_cast<int>(std::ranges::count(actions, "cost.merged"));
  }
};

TEST(PullWatch, WhatElseRoseOfLateIsAddedToItAndTold) {
  Priced world;
  const auto number = world.open_priced("topic", 5);
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("**70 EUR** a month"));
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("for its cost")));
  const auto edits = world.forge_state.find(number)->edits;
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    Change other;
    other.app = "checkout";
    other.verb = ChangeVerb::Scale;
    other.state = ChangeState::Done;
    other.requested_at = world.clock.wall_now() - 7 * 24h + 30min;
    other.cost.emplace();
    other.cost->after.micros = 60'000'000;
    auto added = tx.add_change(other);
    if (!added) return added.error();
    return Result<void>{};
  }));
  world.look();
  EXPECT_THAT(world.comments().front().body, HasSubstr("carol for its cost, 70 EUR more a month, 130 EUR with the App's other changes of the last 7 days"));
  EXPECT_THAT(world.message_now(), HasSubstr("130 EUR with the App's other changes"));
  EXPECT_EQ(world.forge_state.find(number)->edits, edits + 1);
  world.clock.advance(10min);
  EXPECT_EQ(world.forge_state.find(number)->edits, edits + 1) << "once";
  world.clock.advance(21min);
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("for its cost"))) << "a week later it counts no more";
}

TEST(PullWatch, WhatIsMergedPastUsCountsWithWhatComesNext) {
  Priced world;
  const auto first = world.open_priced("topic", 5);
  world.forge_state.merge_by_hand(first);
  world.again();
  world.look();
  EXPECT_EQ(world.merged_rows(), 1) << "a restart in between changes nothing";
  world.clock.advance(5min);
  world.again();
  world.clock.advance(5min);
  EXPECT_EQ(world.merged_rows(), 1) << "once";
  const auto second = world.open_priced("more", 10);
  ASSERT_THAT(world.comments(second), SizeIs(1));
  EXPECT_THAT(world.comments(second).front().body, HasSubstr("70 EUR more a month, 140 EUR with the App's other changes of the last 7 days"));
}

TEST(PullWatch, WhatCameToNothingIsNotCounted) {
  Priced world;
  const auto closed = world.open_priced("topic", 5);
  world.forge_state.find(closed)->pull_request.state = forge::PullRequestState::Closed;
  world.look();
  const auto elsewhere = world.open_priced("other", 5);
  auto& aimed = world.forge_state.find(elsewhere)->pull_request;
  aimed.base = "release";
  aimed.state = forge::PullRequestState::Merged;
  world.look();
  EXPECT_EQ(world.merged_rows(), 0);
}

TEST(PullWatch, ACrashCountsAMergeOnce) {
  for (const auto when : {WatchedStore::Crash::BeforeCommit, WatchedStore::Crash::AfterCommit}) {
    bool crashed = true;
    for (int n = 1; crashed && n < 30; ++n) {
      SCOPED_TRACE(n);
      Priced world;
      world.forge_state.merge_by_hand(world.open_priced("topic", 5));
      world.store.crash_at(n, when);
      for (int i = 0; i < 5; ++i) {
        world.look();
        if (world.store.crashed()) world.again();
      }
      crashed = world.store.ever_crashed();
      EXPECT_EQ(world.merged_rows(), 1);
    }
    EXPECT_FALSE(crashed) << "every write was tried";
  }
}

TEST(PullWatch, OfWhatAToolPlansTheFilesAreNamedAndPriced) {
  Watching world;
  CostThreshold threshold;
  threshold.above = 200'000'000;
  threshold.from = {"carol"};
  world.config.cost.thresholds = {threshold};
  world.price_of_files->currency = "EUR";
  world.price_of_files->source = "Infracost";
  world.price_of_files->before.micros = 70'080'000;
  world.price_of_files->after.micros = 282'480'000;
  world.open_planned();
  ASSERT_THAT(world.comments(), SizeIs(1));
  const auto& comment = world.comments().front().body;
  EXPECT_THAT(comment, HasSubstr("#### **network** planned by **tofu** (prod)"));
  EXPECT_THAT(comment, HasSubstr("`live/network/main.tf`"));
  EXPECT_THAT(comment, HasSubstr("`apply network`"));
  EXPECT_THAT(comment, HasSubstr("**282.48 EUR** a month, **+212.40 EUR** (70.08 EUR before; Infracost)"));
  EXPECT_THAT(comment, HasSubstr("carol for its cost, 212.40 EUR more a month"));
  EXPECT_THAT(comment, HasSubstr("Driftwarden compared"));
  EXPECT_THAT(world.message_now(), HasSubstr("*282.48 EUR* a month"));
  ASSERT_THAT(world.priced, SizeIs(1));
  world.clock.advance(1h);
  EXPECT_THAT(world.priced, SizeIs(1)) << "once";
}

TEST(PullWatch, APriceThatNobodyCanTellIsSaidAndAskedForAgain) {
  Watching world;
  CostThreshold threshold;
  threshold.from = {"carol"};
  world.config.cost.thresholds = {threshold};
  world.price_of_files = Error{ErrorKind::InvalidInput, "Infracost ended with 1: no key"};
  world.open_planned();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("what it costs isn't known: Infracost ended with 1: no key"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("carol for its cost, which isn't known"));
  world.clock.advance(5min);
  EXPECT_THAT(world.priced, SizeIs(1)) << "but not all the time";
  CostChange cost;
  cost.currency = "EUR";
  cost.after.micros = 1'000'000;
  world.price_of_files = cost;
  world.clock.advance(6min);
  EXPECT_THAT(world.comments().front().body, HasSubstr("**1 EUR** a month"));
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("isn't known")));
}

TEST(PullWatch, ASlowPriceKeepsNothingElseBack) {
  Watching world;
  world.pricing_takes = 10min;
  world.open_planned();
  world.clock.advance(80s);
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("what it costs isn't known: Infracost took too long"));
  world.pricing_takes = Duration{0};
  world.price_of_files->currency = "EUR";
  world.price_of_files->after.micros = 1'000'000;
  world.clock.advance(11min);
  EXPECT_THAT(world.comments().front().body, HasSubstr("**1 EUR** a month"));
}

TEST(PullWatch, NothingRunsOnAForksTerraform) {
  Watching world;
  world.open_planned();
  world.forge_state.find(1)->pull_request.from_fork = true;
  world.put("topic", "live/network/main.tf", "c\n");
  world.point(1, "topic");
  world.priced.clear();
  world.look();
  world.clock.advance(31s);
  EXPECT_THAT(world.priced, IsEmpty());
  EXPECT_THAT(world.comments().front().body, HasSubstr("it comes from a fork"));
}

}  // namespace
}  // namespace driftwarden
