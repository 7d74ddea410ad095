#include "tests/unit/bot/cost/samples.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using namespace cost_sample;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct CostRow {
  std::string name;
  std::string yaml;
  std::int64_t micros;
  std::vector<std::string> uncounted{};
  friend void PrintTo(const CostRow& row, std::ostream* out) { *out << row.name; }
};

std::string claim(const std::string& spec) { return "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: shop}\nspec: {" + spec + "}\n"; }
std::string service(const std::string& spec) { return "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {" + spec + "}\n"; }
std::string autoscaler(const std::string& spec, const std::string& name = "web") {
  return "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: shop}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: " + name + "}, " + spec + "}\n";
}
std::string keda(const std::string& spec) {
  return "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: shop}\nspec: {scaleTargetRef: {name: web}" + spec + "}\n";
}
std::string gpu_pod(const std::string& limits) {
  return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: train, namespace: shop}\nspec:\n  containers:\n    - {name: app, image: t, resources: {limits: {cpu: 1, memory: 1Gi, " + limits + "}}}\n";
}

class CostTable : public testing::TestWithParam<CostRow> {};
TEST_P(CostTable, Counts) {
  const auto costed = cost(GetParam().yaml);
  EXPECT_EQ(costed.cost.micros, GetParam().micros);
  EXPECT_EQ(costed.cost.uncounted, GetParam().uncounted);
}

const std::string kClaims = "replicas: 3\n  volumeClaimTemplates:\n    - {metadata: {name: data}, spec: {storageClassName: fast, resources: {requests: {storage: 10Gi}}}}";
INSTANTIATE_TEST_SUITE_P(
    Objects, CostTable,
    testing::Values(
        CostRow{"ADeploymentByItsReplicas", workload("Deployment"), 28 * kEuro}, CostRow{"OneReplicaUnlessSaid", workload("Deployment", "paused: false"), 14 * kEuro},
        CostRow{"NoReplicasCostNothing", workload("Deployment", "replicas: 0"), 0}, CostRow{"ReplicasThatAreNoNumber", workload("Deployment", "replicas: many"), 0, {"Deployment shop/web: its replicas can't be read"}},
        CostRow{"ReplicasBelowNothing", workload("Deployment", "replicas: -2"), 0, {"Deployment shop/web: its replicas can't be read"}},
        CostRow{"AStatefulSetWithItsClaims", workload("StatefulSet", kClaims), 3 * (14 * kEuro + 10 * kEuro / 4)},
        CostRow{"ClaimsOfADeploymentAreNone", workload("Deployment", kClaims), 42 * kEuro},
        CostRow{"ADaemonSetByTheNodes", workload("DaemonSet", "minReadySeconds: 1"), 12 * 14 * kEuro},
        CostRow{"AClaimByItsClass", claim("storageClassName: fast, resources: {requests: {storage: 100Gi}}"), 25 * kEuro},
        CostRow{"AClassWithoutAPriceOfItsOwn", claim("storageClassName: slow, resources: {requests: {storage: 100Gi}}"), 10 * kEuro},
        CostRow{"AClassThatIsFree", claim("storageClassName: free, resources: {requests: {storage: 100Gi}}"), 0},
        CostRow{"AClaimOfNoSize", claim("storageClassName: fast"), 0, {"PersistentVolumeClaim shop/data: how much storage it wants can't be read"}},
        CostRow{"ALoadBalancer", service("type: LoadBalancer"), 18 * kEuro}, CostRow{"AnInnerServiceIsFree", service("type: ClusterIP"), 0}, CostRow{"AServiceOfNoTypeIsFree", service("ports: []"), 0},
        CostRow{"AGpu", gpu_pod("nvidia.com/gpu: 2"), (20 + 4 + 1800) * kEuro}, CostRow{"AnotherDevice", gpu_pod("amd.com/gpu: 1"), 24 * kEuro, {"Pod shop/train: amd.com/gpu has no price"}},
        CostRow{"ScratchSpaceComesWithTheNode", gpu_pod("ephemeral-storage: 5Gi"), 24 * kEuro},
        CostRow{"AnAutoscalersLeast", workload("Deployment", "replicas: 5") + autoscaler("minReplicas: 2, maxReplicas: 10"), 28 * kEuro,
                {"Deployment shop/web: counted with 2 replicas, HorizontalPodAutoscaler may make it 10: 112 EUR more"}},
        CostRow{"AnAutoscalerWithoutALeast", workload("Deployment") + autoscaler("maxReplicas: 2"), 14 * kEuro,
                {"Deployment shop/web: counted with 1 replica, HorizontalPodAutoscaler may make it 2: 14 EUR more"}},
        CostRow{"AnAutoscalerThatCant", workload("Deployment") + autoscaler("minReplicas: 2, maxReplicas: 2"), 28 * kEuro},
        CostRow{"AnAutoscalerOfAnother", workload("Deployment") + autoscaler("minReplicas: 9, maxReplicas: 9", "api"), 28 * kEuro},
        CostRow{"NoReplicasRestTheAutoscaler", workload("Deployment", "replicas: 0") + autoscaler("minReplicas: 2, maxReplicas: 10"), 0},
        CostRow{"KedaMayScaleToNothing", workload("Deployment") + keda(", maxReplicaCount: 3"), 0, {"Deployment shop/web: counted with 0 replicas, ScaledObject may make it 3: 42 EUR more"}},
        CostRow{"KedaUnbounded", workload("Deployment") + keda(", minReplicaCount: 1"), 14 * kEuro, {"Deployment shop/web: counted with 1 replica, ScaledObject may make it 100: 1,386 EUR more"}},
        CostRow{"AJob", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, namespace: shop}\nspec: {}\n", 0, {"Job shop/migrate: it runs now and then"}},
        CostRow{"ACronJob", "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report, namespace: shop}\nspec: {}\n", 0, {"CronJob shop/report: it runs now and then"}},
        CostRow{"WhatNobodyKnows", "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: fn, namespace: shop}\nspec: {template: {spec: {containers: [{name: a}]}}}\n", 0,
                {"Service shop/fn: how many Pods it has isn't known"}},
        CostRow{"WhatCostsNothing", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags, namespace: shop}\ndata: {a: b}\n", 0},
        CostRow{"WithoutRequests", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: app}]}}}\n", 0,
                {"Deployment shop/web: container app requests no cpu", "Deployment shop/web: container app requests no memory"}},
        CostRow{"WithoutATemplate", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: 7\n", 0, {"Deployment shop/web: it says nothing of its Pods"}},
        CostRow{"MoreThanMoneyCanSay", workload("Deployment", "replicas: 2147483647"), 1'000'000'000 * kEuro, {"Deployment shop/web: it asks for more than can be counted"}}),
    [](const auto& row) { return row.param.name; });

TEST(CostOf, WithoutAPriceItIsSaid) {
  auto table = prices();
  table.storage = 0;
  table.storage_classes.clear();
  table.load_balancer = 0;
  table.nodes = 0;
  EXPECT_THAT(cost(claim("storageClassName: fast, resources: {requests: {storage: 1Gi}}"), table).cost.uncounted, ElementsAre("PersistentVolumeClaim shop/data: storage of fast has no price"));
  EXPECT_THAT(cost(claim("resources: {requests: {storage: 1Gi}}"), table).cost.uncounted, ElementsAre("PersistentVolumeClaim shop/data: storage has no price"));
  EXPECT_THAT(cost(service("type: LoadBalancer"), table).cost.uncounted, ElementsAre("Service shop/web: a load balancer has no price"));
  EXPECT_THAT(cost(workload("DaemonSet", "minReadySeconds: 1"), table).cost.uncounted, ElementsAre("DaemonSet shop/web: nobody says how many nodes there are"));
}

TEST(CostOf, ADaemonSetThatChoosesItsNodesIsAnUpperBound) {
  auto yaml = workload("DaemonSet", "minReadySeconds: 1");
  yaml += "      nodeSelector: {gpu: \"true\"}\n";
  const auto costed = cost(yaml);
  EXPECT_EQ(costed.cost.micros, 12 * 14 * kEuro);
  EXPECT_THAT(costed.cost.uncounted, ElementsAre("DaemonSet shop/web: counted on all 12 nodes, though it runs on some of them only"));
}

TEST(CostOf, HasALineForEachTheDearestFirst) {
  const auto costed = cost(workload("Deployment", "replicas: 1", "small") + workload("Deployment", "replicas: 3", "large") + service("type: LoadBalancer"));
  ASSERT_THAT(costed.lines, SizeIs(3));
  EXPECT_EQ(costed.lines[0], (CostLine{"Deployment shop/large", 0, 42 * kEuro}));
  EXPECT_EQ(costed.lines[1].what, "Service shop/web");
  EXPECT_EQ(costed.lines[2].after_micros, 14 * kEuro);
}

TEST(CostOf, WhatIsNotCountedIsBounded) {
  std::string yaml;
  for (int i = 0; i < 40; ++i) yaml += fmt::format("---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: job-{}, namespace: shop}}\n", i);
  const auto uncounted = cost(yaml).cost.uncounted;
  ASSERT_THAT(uncounted, SizeIs(20));
  EXPECT_EQ(uncounted.back(), "21 more");
}

TEST(CostChange, SaysWhatDiffersTheLargestFirst) {
  const auto before = objects(workload("Deployment", "replicas: 1", "same") + workload("Deployment", "replicas: 1", "grows") + workload("Deployment", "replicas: 4", "goes"));
  const auto after = objects(workload("Deployment", "replicas: 1", "same") + workload("Deployment", "replicas: 2", "grows") + service("type: LoadBalancer"));
  const auto change = cost_change(config(), "prod-eu", before, after);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->currency, "EUR");
  EXPECT_EQ(change->source, "the prices of prod-eu");
  EXPECT_EQ(change->before.micros, 84 * kEuro);
  EXPECT_EQ(change->after.micros, 60 * kEuro);
  EXPECT_EQ(change->rise_micros(), -24 * kEuro);
  EXPECT_THAT(change->lines, ElementsAre(CostLine{"Deployment shop/goes", 56 * kEuro, 0}, CostLine{"Service shop/web", 0, 18 * kEuro}, CostLine{"Deployment shop/grows", 14 * kEuro, 28 * kEuro}));
}

TEST(CostChange, NothingWithoutPricesOrWithoutCosts) {
  const auto some = objects(workload("Deployment"));
  auto elsewhere = config();
  elsewhere.cost.prices.front().clusters = {"staging*"};
  EXPECT_FALSE(cost_change(elsewhere, "prod-eu", {}, some));
  EXPECT_TRUE(cost_change(elsewhere, "staging-2", {}, some));
  EXPECT_FALSE(cost_change(Config{}, "prod-eu", {}, some));
  EXPECT_FALSE(cost_change(config(), "prod-eu", {}, objects(service("type: ClusterIP"))));
  const auto same = cost_change(config(), "prod-eu", some, some);
  ASSERT_TRUE(same) << "what it costs is worth a word";
  EXPECT_THAT(same->lines, IsEmpty());
}

TEST(CostChange, TheFirstTableThatMatchesIsTheClusters) {
  auto two = config();
  two.cost.prices.front().clusters = {"prod-*"};
  two.cost.prices.push_back(prices());
  two.cost.prices.back().cpu = kEuro;
  ASSERT_NE(prices_of(two, "prod-eu"), nullptr);
  EXPECT_EQ(prices_of(two, "prod-eu")->cpu, 20 * kEuro);
  EXPECT_EQ(prices_of(two, "lab")->cpu, kEuro);
}

TEST(CostOfMove, CountsEitherPlaceAtItsOwnPrices) {
  auto two = config();
  two.cost.prices.front().clusters = {"prod-eu"};
  auto cheap = prices();
  cheap.clusters = {"prod-us"};
  cheap.cpu = 10 * kEuro;
  two.cost.prices.push_back(cheap);
  const auto moved = cost_of_move(two.cost, {"prod-eu", objects(workload("Deployment"))}, {"prod-us", objects(workload("Deployment"))});
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->before.micros, 28 * kEuro);
  EXPECT_EQ(moved->after.micros, 18 * kEuro);
  EXPECT_EQ(moved->source, "the prices of prod-eu and prod-us");
  EXPECT_FALSE(cost_of_move(two.cost, {"prod-eu", {}}, {"lab", objects(workload("Deployment"))}));
}

}  // namespace
}  // namespace driftwarden
