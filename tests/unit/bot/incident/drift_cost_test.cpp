// What drift costs, on its alert.
#include "bot/incident/drift_cost.hpp"
#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::World;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kEuro = 1'000'000;

nlohmann::json live_with_requests(int replicas) {
  auto object = test::live_deployment(replicas);
  object["spec"]["template"]["spec"]["containers"][0]["resources"] = {{"requests", {{"cpu", "500m"}, {"memory", "1Gi"}}}};
  object["metadata"]["managedFields"] = nlohmann::json::array();
  return object;
}

/// 14 EUR a month for each of 2 replicas.
struct PricedDrift : World {
  explicit PricedDrift(bool with_prices = true) {
    (void)commit_file("apps/checkout/deployment.yaml", test::deployment_yaml(2) + "          resources: {requests: {cpu: 500m, memory: 1Gi}}\n");
    cluster->objects[object_id({"apps", "v1", "Deployment", "shop", "checkout"})] = live_with_requests(2);
    PriceTable table;
    table.cpu = 20 * kEuro;
    table.memory = 4 * kEuro;
    if (with_prices) config.cost.prices = {table};
    start();
    clock.advance(5s);
  }
  void scale(int replicas) {
    live->put(live_with_requests(replicas));
    clock.advance(5s);
  }
  std::string alert() const { return slack.with_key("incident:").front()->now().text; }
};

TEST(DriftCost, OfAScalingByHandIsOnTheAlert) {
  PricedDrift world;
  world.scale(5);
  EXPECT_THAT(world.alert(), HasSubstr(":moneybag: This scaling by hand costs *42 EUR* a month more than Git says."));
  world.scale(1);
  EXPECT_THAT(world.alert(), HasSubstr("costs *14 EUR* a month less than Git says."));
  world.scale(2);
  EXPECT_THAT(world.alert(), Not(HasSubstr(":moneybag:"))) << "it is over";
}

TEST(DriftCost, OfSeveralIsTheirSum) {
  PricedDrift world;
  world.scale(5);
  Incident one;
  one.app = "checkout";
  one.state = IncidentState::Open;
  one.report = world.fleet->report("checkout");
  auto calm = one;
  calm.calm_since = world.clock.wall_now();
  auto over = one;
  over.state = IncidentState::Resolved;
  auto gone = one;
  gone.app = "no-such";
  const auto sum = drift_cost(world.config.cost, *world.fleet, {one, one, calm, over, gone});
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->rise_micros(), 84 * kEuro);
  EXPECT_FALSE(drift_cost(world.config.cost, *world.fleet, std::vector<Incident>{over}));
  EXPECT_FALSE(drift_cost(world.config.cost, *world.fleet, std::vector<Incident>(31, one))) << "that many are not counted with every edit";
}

TEST(DriftCost, WithoutPricesNothingIsSaid) {
  PricedDrift world{false};
  world.scale(5);
  EXPECT_THAT(world.alert(), Not(HasSubstr(":moneybag:")));
}

TEST(DriftCost, IsNoneWhereLiveIsNotKnown) {
  PricedDrift world;
  world.scale(5);
  auto report = world.fleet->report("checkout");
  const auto app = *world.fleet->app("checkout");
  ASSERT_TRUE(drift_cost(world.config.cost, *world.fleet, app, report));
  EXPECT_EQ(drift_cost(world.config.cost, *world.fleet, app, report)->rise_micros(), 42 * kEuro);
  report.objects.front().verdict = Verdict::Unknown;
  EXPECT_FALSE(drift_cost(world.config.cost, *world.fleet, app, report));
}

}  // namespace
}  // namespace driftwarden
