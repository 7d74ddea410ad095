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
