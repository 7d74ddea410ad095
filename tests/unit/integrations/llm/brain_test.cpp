// The sandbox's model understands what the demo asks of it.
#include "integrations/sandbox/model/brain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden::sandbox {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string prompt_of(const std::string& wish) {
  return "The request: " + wish + R"(

<<< 4f2c data overview
application: checkout
made from: plain files
>>> 4f2c
<<< 4f2c data object Deployment/checkout
apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
spec:
  replicas: 2
  selector:
    matchLabels:
      app: checkout
  template:
    spec:
      containers:
        - env:
            - name: LOG_LEVEL
              value: info
          image: registry.acme.example/shop/checkout:1.4.2
          name: app
>>> 4f2c
<<< 4f2c data object ConfigMap/checkout
apiVersion: v1
kind: ConfigMap
metadata:
  name: checkout
data:
  payment_timeout: 30s
>>> 4f2c
)";
}

json steps_for(const std::string& wish) {
  const auto answer = small_brain({{"system", "Answer with {\"summary\": ..., \"steps\": []}"}, {"user", prompt_of(wish)}});
  const auto object = json::parse(answer, nullptr, false);
  EXPECT_TRUE(object.is_object() && object["summary"].is_string()) << answer;
  return object.value("steps", json::array());
}

TEST(Brain, MemoryAndABudget) {
  const auto steps = steps_for("give checkout 1 GiB and a PodDisruptionBudget");
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0]["set"]["object"], "Deployment/checkout");
  EXPECT_EQ(steps[0]["set"]["path"], ".spec.template.spec.containers[name=\"app\"].resources.requests.memory");
  EXPECT_EQ(steps[0]["set"]["value"], "1Gi");
  EXPECT_EQ(steps[2]["create"]["file"], "pdb.yaml");
  EXPECT_THAT(steps[2]["create"]["content"].get<std::string>(), HasSubstr("      app: checkout\n"));
}

struct WishRow {
  std::string name;
  std::string wish;
  std::string path;
  json value;
  friend void PrintTo(const WishRow& row, std::ostream* out) { *out << row.name; }
};
class Wishes : public testing::TestWithParam<WishRow> {};
TEST_P(Wishes, AreOneStep) {
  const auto steps = steps_for(GetParam().wish);
  ASSERT_EQ(steps.size(), 1U) << steps.dump();
  EXPECT_EQ(steps[0]["set"]["path"], GetParam().path);
  EXPECT_EQ(steps[0]["set"]["value"], GetParam().value);
}
INSTANTIATE_TEST_SUITE_P(All, Wishes,
                         testing::Values(WishRow{"Replicas", "run 5 replicas", ".spec.replicas", 5}, WishRow{"Scale", "scale it to 4 please", ".spec.replicas", 4},
                                         WishRow{"Version", "use version 1.5.0", ".spec.template.spec.containers[name=\"app\"].image", "registry.acme.example/shop/checkout:1.5.0"},
                                         WishRow{"LogLevel", "set the log level to DEBUG", ".spec.template.spec.containers[name=\"app\"].env[name=\"LOG_LEVEL\"].value", "debug"},
                                         WishRow{"Cpu", "500m CPU would be nice", ".spec.template.spec.containers[name=\"app\"].resources.requests.cpu", "500m"},
                                         WishRow{"Config", "set payment_timeout to 45s", ".data[\"payment_timeout\"]", "45s"}),
                         [](const auto& row) { return row.param.name; });

TEST(Brain, WhatShallGoIsNamedByItsKind) {
  const std::string hpa = "<<< 4f2c data object HorizontalPodAutoscaler/checkout\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: checkout\n>>> 4f2c\n";
  const auto answer = small_brain({{"system", "\"steps\""}, {"user", prompt_of("remove the autoscaler of checkout") + hpa}});
  EXPECT_EQ(json::parse(answer)["steps"], (json::array({{{"delete", "HorizontalPodAutoscaler/checkout"}}}))) << answer;
  EXPECT_TRUE(steps_for("remove the PodDisruptionBudget").empty()) << "there is none, and none is made";
}

TEST(Brain, WhatItDoesNotUnderstandIsNoStep) { EXPECT_TRUE(steps_for("make it more beautiful").empty()); }

TEST(Brain, FactsWithTheirNumbers) {
  const auto answer = small_brain({{"system", "Cite facts."}, {"user", "The question: why is checkout slow to roll out?\n[1] checkout is Synced\n[2] the rollout of Deployment/checkout waits: 1 of 2 pods are ready.\n"}});
  EXPECT_THAT(answer, HasSubstr("1 of 2 pods are ready [2]."));
}

TEST(Brain, OneCommandOrNone) {
  const std::vector<ModelMessage> known{{"system", "One command."}, {"user", "The applications: checkout, cart\nThe sentence: could you kick cart please\n"}};
  EXPECT_EQ(small_brain(known), "restart cart");
  EXPECT_EQ(small_brain({{"system", "One command."}, {"user", "The sentence: what a day\n"}}), "none");
}

}  // namespace
}  // namespace driftwarden::sandbox
