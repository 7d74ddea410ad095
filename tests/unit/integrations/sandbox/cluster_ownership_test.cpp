// Field ownership, held against the measured facts of the real server.
#include "tests/unit/integrations/sandbox/cluster_support.hpp"

namespace driftwarden::sandbox::cluster {
namespace {

TEST(Ownership, AnApplyEntryListsExactlyWhatWasApplied) {
  Api api;
  const auto made = api.apply(kDeployments + "/shop", deployment("shop"), "gitops");
  ASSERT_EQ(made.status, 201U);
  EXPECT_EQ(Api::fields_of(made.body, "gitops"), Json::parse(R"({"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},
    "f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:name":{},"f:image":{},
      "f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}},
      "f:env":{"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}},"k:{\"name\":\"B\"}":{".":{},"f:name":{},"f:value":{}}},
      "f:resources":{"f:limits":{"f:cpu":{},"f:memory":{}}}}}}}}})"));
}

TEST(Ownership, ApplyingTheSameAgainChangesNothing) {
  Api api;
  const auto first = api.apply(kDeployments + "/shop", deployment("shop"), "gitops");
  api.now += std::chrono::minutes{5};
  const auto second = api.apply(kDeployments + "/shop", deployment("shop"), "gitops", true);
  EXPECT_EQ(second.status, 200U);
  EXPECT_EQ(first.body, second.body);
}

TEST(Ownership, ZerosThatTheServerDropsStayOwned) {
  Api api;
  Json config = deployment("shop");
  config["spec"]["template"]["spec"]["hostNetwork"] = false;
  config["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "";
  const auto made = api.apply(kDeployments + "/shop", config, "gitops");
  EXPECT_FALSE(object_at(made.body, {"spec", "template", "spec"}).contains("hostNetwork"));
  const Json fields = Api::fields_of(made.body, "gitops");
  EXPECT_TRUE(fields["f:spec"]["f:template"]["f:spec"].contains("f:hostNetwork"));
  EXPECT_TRUE(fields["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"web\"}"]["f:env"]["k:{\"name\":\"A\"}"].contains("f:value"));
}

TEST(Ownership, AnEditTakesTheFieldAndKeepsOurTime) {
  Api api;
  const auto first = api.apply(kDeployments + "/shop", deployment("shop"), "gitops");
  api.now += std::chrono::minutes{5};
  const auto edited = api.merge(kDeployments + "/shop", Json{{"spec", {{"replicas", 5}}}});
  EXPECT_EQ(Api::fields_of(edited.body, "kubectl-edit"), Json::parse(R"({"f:spec":{"f:replicas":{}}})"));
  EXPECT_FALSE(Api::fields_of(edited.body, "gitops")["f:spec"].contains("f:replicas"));
  EXPECT_EQ(edited.body["metadata"]["managedFields"][0]["time"], first.body["metadata"]["managedFields"][0]["time"]);
}

TEST(Ownership, ARemovalLeavesNoTrace) {
  Api api;
  static_cast<void>(api.apply(kConfigMaps + "/c", config_map("c", Json{{"a", "1"}, {"b", "2"}}), "gitops"));
  const auto edited = api.merge(kConfigMaps + "/c", Json{{"data", {{"a", nullptr}}}});
  EXPECT_EQ(edited.body["metadata"]["managedFields"].size(), 1U);
  EXPECT_EQ(Api::fields_of(edited.body, "gitops"), Json::parse(R"({"f:data":{"f:b":{}}})"));
}

TEST(Ownership, AScaleIsOwnedWithoutATime) {
  Api api;
  static_cast<void>(api.apply(kDeployments + "/shop", deployment("shop"), "gitops"));
  ASSERT_EQ(api.call("PATCH", kDeployments + "/shop/scale?fieldManager=kubectl", Json{{"spec", {{"replicas", 7}}}}, "application/merge-patch+json").status,
            200U);
  const auto now = api.call("GET", kDeployments + "/shop");
  EXPECT_EQ(now.body["spec"]["replicas"], 7);
  for (const auto& entry : now.body["metadata"]["managedFields"]) {
    if (entry["manager"] != "kubectl") continue;
    EXPECT_EQ(entry["subresource"], "scale");
    EXPECT_FALSE(entry.contains("time"));
    EXPECT_EQ(entry["fieldsV1"], Json::parse(R"({"f:spec":{"f:replicas":{}}})"));
  }
  EXPECT_FALSE(Api::fields_of(now.body, "gitops")["f:spec"].contains("f:replicas"));
}

TEST(Ownership, ScalingAnUnownedFieldLeavesNoTrace) {
  Api api;
  Json config = deployment("shop");
  config["spec"].erase("replicas");
  static_cast<void>(api.apply(kDeployments + "/shop", config, "gitops"));
  static_cast<void>(api.call("PATCH", kDeployments + "/shop/scale?fieldManager=kubectl", Json{{"spec", {{"replicas", 7}}}}, "application/merge-patch+json"));
  EXPECT_EQ(api.call("GET", kDeployments + "/shop").body["metadata"]["managedFields"].size(), 1U);
}

TEST(Ownership, WhatIsNoLongerAppliedGoesUnlessSomebodyElseOwnsIt) {
  Api api;
  static_cast<void>(api.apply(kConfigMaps + "/c", config_map("c", Json{{"a", "1"}, {"b", "2"}, {"c", "3"}}), "gitops"));
  static_cast<void>(api.apply(kConfigMaps + "/c", config_map("c", Json{{"b", "2"}}), "other"));
  const auto now = api.apply(kConfigMaps + "/c", config_map("c", Json{{"c", "3"}}), "gitops");
  EXPECT_EQ(now.body["data"], (Json{{"b", "2"}, {"c", "3"}}));
}

TEST(Ownership, AConflictNamesManagersAndPaths) {
  Api api;
  static_cast<void>(api.apply(kDeployments + "/shop", deployment("shop"), "gitops"));
  Json config = deployment("shop");
  config["spec"]["replicas"] = 9;
  const auto one = api.apply(kDeployments + "/shop", config, "other");
  EXPECT_EQ(one.status, 409U);
  EXPECT_EQ(one.body["message"], "Apply failed with 1 conflict: conflict with \"gitops\": .spec.replicas");
  EXPECT_EQ(one.body["details"]["causes"][0]["reason"], "FieldManagerConflict");
  config["spec"]["template"]["spec"]["containers"][0]["image"] = "shop:2";
  EXPECT_EQ(api.apply(kDeployments + "/shop", config, "other").body["message"],
            "Apply failed with 2 conflicts: conflicts with \"gitops\":\n- .spec.replicas\n- .spec.template.spec.containers[name=\"web\"].image");
  EXPECT_EQ(api.apply(kDeployments + "/shop", config, "other", true).body["spec"]["replicas"], 9);
}

TEST(Ownership, ACreateOwnsDefaultsAndParents) {
  Api api;
  const auto made = api.call("POST", kDeployments, deployment("shop"));
  const Json fields = Api::fields_of(made.body, "tester");
  EXPECT_TRUE(fields["f:spec"].contains("f:progressDeadlineSeconds"));
  EXPECT_TRUE(fields["f:spec"]["f:strategy"]["f:rollingUpdate"].contains("."));
  EXPECT_FALSE(fields["f:spec"]["f:template"]["f:spec"]["f:containers"].contains("."));
  EXPECT_FALSE(fields.contains("f:status"));
}

TEST(Ownership, AllocatedAddressesBelongToNobody) {
  Api api;
  const Json service = Json::parse(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"port":80}]}})");
  const auto made = api.call("POST", "/api/v1/namespaces/default/services", service);
  const Json fields = Api::fields_of(made.body, "tester");
  EXPECT_FALSE(made.body["spec"]["clusterIP"].get<std::string>().empty());
  EXPECT_GE(made.body["spec"]["ports"][0]["nodePort"], 30000);
  EXPECT_FALSE(fields["f:spec"].contains("f:clusterIP"));
}

TEST(Ownership, ALongListOfUpdatersIsFolded) {
  Api api;
  static_cast<void>(api.call("POST", kConfigMaps, config_map("c", Json{{"k", "v"}})));
  for (int i = 0; i < 14; ++i) {
    api.now += std::chrono::minutes{1};
    static_cast<void>(api.merge(kConfigMaps + "/c", Json{{"data", {{"k" + std::to_string(i), "v"}}}}, "tool-" + std::to_string(i)));
  }
  const auto now = api.call("GET", kConfigMaps + "/c");
  EXPECT_EQ(now.body["metadata"]["managedFields"].size(), 10U);
  EXPECT_EQ(now.body["metadata"]["managedFields"][0]["manager"], "ancient-changes");
}

TEST(Ownership, KubectlTakesOverFromClientSideApply) {
  Api api;
  Json client = config_map("c", Json{{"a", "1"}});
  client["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = config_map("c", Json{{"a", "1"}}).dump() + "\n";
  static_cast<void>(api.call("POST", kConfigMaps + "?fieldManager=kubectl-client-side-apply", client));
  const auto taken = api.apply(kConfigMaps + "/c", config_map("c", Json{{"a", "2"}}), "kubectl");
  EXPECT_EQ(taken.status, 200U) << taken.body.dump();
  EXPECT_EQ(taken.body["data"]["a"], "2");
  EXPECT_EQ(api.apply(kConfigMaps + "/c", config_map("c", Json{{"a", "3"}}), "other").status, 409U);
}

}  // namespace
}  // namespace driftwarden::sandbox::cluster
