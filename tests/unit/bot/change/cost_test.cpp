// What Changes do to the month's bill, in the World.
#include "tests/unit/bot/change/walk.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::int64_t kEuro = 1'000'000;

/// 14 EUR a month for each replica.
std::string priced_yaml(int replicas) {
  return test::deployment_yaml(replicas) + "          resources: {requests: {cpu: 500m, memory: 1Gi}}\n";
}

struct PricedWorld : World {
  explicit PricedWorld(int live_replicas = 2) {
    (void)commit_file("apps/checkout/deployment.yaml", priced_yaml(2));
    auto object = test::live_deployment(live_replicas);
    object["spec"]["template"]["spec"]["containers"][0]["resources"] = {{"requests", {{"cpu", "500m"}, {"memory", "1Gi"}}}};
    cluster->objects[object_id({"apps", "v1", "Deployment", "shop", "checkout"})] = object;
    PriceTable table;
    table.cpu = 20 * kEuro;
    table.memory = 4 * kEuro;
    config.cost.prices = {table};
    start();
    clock.advance(5s);
  }
};

TEST(ChangeCost, OfAScaleIsOnTheChangeTheCardAndThePullRequest) {
  PricedWorld world;
  ASSERT_TRUE(request(world, {.verb = ChangeVerb::Scale, .argument = to_json_text(ScaleRequest{"", 5})}));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  const auto change = world.change();
  ASSERT_TRUE(change.cost);
  EXPECT_EQ(change.cost->before.micros, 28 * kEuro);
  EXPECT_EQ(change.cost->after.micros, 70 * kEuro);
  EXPECT_EQ(change.cost->source, "the prices of prod-eu");
  ASSERT_EQ(change.cost->lines.size(), 1U);
  EXPECT_EQ(change.cost->lines.front(), (CostLine{"Deployment shop/checkout", 28 * kEuro, 70 * kEuro}));
  world.clock.advance(5s);
  EXPECT_THAT(world.slack.with_key("change:1").front()->now().text, HasSubstr("*70 EUR* a month, *+42 EUR* (28 EUR before"));
  EXPECT_THAT(world.forge_state.find(1)->body, HasSubstr("### Cost"));
}

TEST(ChangeCost, OfASyncIsWhatUndoingTheEditSaves) {
  PricedWorld world{9};
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  const auto change = world.change();
  ASSERT_TRUE(change.cost);
  EXPECT_EQ(change.cost->before.micros, 9 * 14 * kEuro);
  EXPECT_EQ(change.cost->after.micros, 28 * kEuro);
}

TEST(ChangeCost, ARiseInSlicesAsksAsOne) {
  PricedWorld world;
  CostThreshold threshold;
  threshold.above = 50 * kEuro;
  threshold.from = {"carol"};
  world.config.cost.thresholds = {threshold};
  ASSERT_TRUE(request(world, {.verb = ChangeVerb::Scale, .argument = to_json_text(ScaleRequest{"", 5})}));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  EXPECT_EQ(world.change().quorum.extra.need, 0);
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  const auto now = world.clock.wall_now();
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    Change draft;
    draft.app = "checkout";
    draft.verb = ChangeVerb::Scale;
    draft.requester = "alice";
    draft.argument = to_json_text(ScaleRequest{"", 6});
    draft.channel = "Cshop-prod";
    draft.requested_at = now;
    draft.expires_at = now + 4h;
    TRY(draft, tx.add_change(std::move(draft)));
    auto committed = commit_step(tx, on_requested(std::move(draft), now), now);
    if (!committed) return committed.error();
    return Result<void>{};
  }));
  world.outbox->wake();
  world.clock.advance(10s);
  const auto second = world.change(2);
  ASSERT_EQ(second.state, ChangeState::Proposed) << second.failure;
  EXPECT_EQ(second.cost->rise_micros(), 14 * kEuro);
  EXPECT_EQ(second.quorum.extra.why, "14 EUR more a month, 56 EUR with the App's other changes of the last 7 days (cost.thresholds[0]: above 50 EUR)");
}

TEST(ChangeCost, IsNoneWithoutPrices) {
  World world;
  world.start();
  world.clock.advance(5s);
  ASSERT_TRUE(request(world, {.verb = ChangeVerb::Scale, .argument = to_json_text(ScaleRequest{"", 5})}));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  EXPECT_FALSE(world.change().cost);
}

}  // namespace
}  // namespace driftwarden
