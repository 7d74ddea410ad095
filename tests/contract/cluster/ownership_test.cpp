// Server-side apply and who owns what: the facts of drift.md section 2.
#include "tests/contract/cluster/cluster_contract.hpp"
#include "tests/support/run.hpp"

namespace driftwarden::test {

using nlohmann::json;
using Paths = std::set<std::string>;

TEST_P(ClusterContract, AnApplyEntryListsExactlyOurFields) {
  auto object = config_map("c", {{"a", "1"}, {"b", "2"}});
  object["metadata"]["labels"] = {{"tier", "web"}};
  const auto applied = apply(object);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(applied->status, 201U);
  const auto& live = *applied->object;
  ASSERT_EQ(live["metadata"]["managedFields"].size(), 1U);
  const auto entry = managed_entry(live, "driftwarden", "Apply");
  EXPECT_EQ(entry["apiVersion"], "v1");
  EXPECT_EQ(entry["fieldsType"], "FieldsV1");
  EXPECT_TRUE(entry["time"].is_string());
  EXPECT_EQ(owned_paths(entry), (Paths{".data.a", ".data.b", ".metadata.labels.tier"}));
}

TEST_P(ClusterContract, DefaultsAreOwnedByNobodyAndElementsHaveTheirOwnMark) {
  auto object = deployment("web");
  object["spec"]["template"]["spec"]["hostNetwork"] = false;
  const auto applied = apply(object);
  ASSERT_TRUE(applied) << applied.error().message;
  const std::string app = R"(.spec.template.spec.containers[name="app"])";
  const std::string port = app + R"(.ports[containerPort=8080,protocol="TCP"])";
  EXPECT_EQ(owned_paths(managed_entry(*applied->object, "driftwarden", "Apply")),
            (Paths{".spec.selector", ".spec.template.metadata.labels.app", app, app + ".image", app + ".name", port, port + ".containerPort",
                   ".spec.template.spec.hostNetwork"}));
  EXPECT_FALSE((*applied->object)["spec"]["template"]["spec"].contains("hostNetwork")) << "zeros stay owned though absent";
}

TEST_P(ClusterContract, ApplyingTheSameAgainChangesNothing) {
  const auto first = apply(deployment("web"));
  ASSERT_TRUE(first);
  const auto second = apply(deployment("web"));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status, 200U);
  EXPECT_EQ(*second->object, *first->object);
}

TEST_P(ClusterContract, AnotherManagerConflictsUnlessForced) {
  ASSERT_TRUE(apply(config_map("c", {{"a", "1"}, {"b", "1"}})));
  const auto refused = apply_as("flux", config_map("c", {{"a", "2"}}));
  EXPECT_EQ(refused.status, 409U);
  EXPECT_EQ(refused.body["reason"], "Conflict");
  const std::string message = refused.body["message"];
  EXPECT_EQ(message, "Apply failed with 1 conflict: conflict with \"driftwarden\": .data.a");
  EXPECT_EQ(refused.body["details"]["causes"][0]["reason"], "FieldManagerConflict");
  EXPECT_EQ(refused.body["details"]["causes"][0]["field"], ".data.a");
  EXPECT_EQ(refused.body["details"]["causes"][0]["message"], "conflict with \"driftwarden\"");

  const auto same = apply_as("flux", config_map("c", {{"a", "1"}}));
  EXPECT_EQ(same.status, 200U) << "the same value is shared, not fought for";
  EXPECT_EQ(owned_paths(managed_entry(same.body, "flux", "Apply")), Paths{".data.a"});
  EXPECT_EQ(owned_paths(managed_entry(same.body, "driftwarden", "Apply")), (Paths{".data.a", ".data.b"}));

  const auto forced = apply_as("flux", config_map("c", {{"a", "3"}}), "&force=true");
  ASSERT_EQ(forced.status, 200U) << forced.body;
  EXPECT_EQ(forced.body["data"], json({{"a", "3"}, {"b", "1"}}));
  EXPECT_EQ(owned_paths(managed_entry(forced.body, "flux", "Apply")), Paths{".data.a"});
  EXPECT_EQ(owned_paths(managed_entry(forced.body, "driftwarden", "Apply")), Paths{".data.b"});

  const auto ours = apply(config_map("c", {{"a", "1"}}), false, false);
  ASSERT_FALSE(ours);
  EXPECT_EQ(ours.error().kind, ErrorKind::Conflict);
  EXPECT_NE(ours.error().message.find("flux"), std::string::npos) << ours.error().message;
  const auto back = apply(config_map("c", {{"a", "1"}, {"b", "1"}}));
  ASSERT_TRUE(back);
  EXPECT_TRUE(managed_entry(*back->object, "flux", "Apply").is_null());
}

TEST_P(ClusterContract, ADryRunAnswersWithTheWouldBeObjectAndChangesNothing) {
  const auto made = apply(config_map("c", {{"a", "1"}}));
  ASSERT_TRUE(made);
  const auto would = apply(config_map("c", {{"a", "2"}}), true);
  ASSERT_TRUE(would);
  EXPECT_EQ((*would->object)["data"]["a"], "2");
  const auto live = call("GET", path("v1", "configmaps", "c"));
  EXPECT_EQ(live.body, *made->object);
  const auto unchanged = apply(config_map("c", {{"a", "1"}}), true);
  ASSERT_TRUE(unchanged);
  EXPECT_EQ(*unchanged->object, *made->object) << "a dry-run of what is there answers with it, byte for byte";
  const auto absent = apply(config_map("new", {{"a", "1"}}), true);
  ASSERT_TRUE(absent);
  EXPECT_EQ(absent->status, 201U);
  EXPECT_EQ(call("GET", path("v1", "configmaps", "new")).status, 404U);
}

TEST_P(ClusterContract, WhatWeNoLongerApplyIsRemoved) {
  ASSERT_TRUE(apply(config_map("c", {{"a", "1"}, {"b", "1"}})));
  ASSERT_EQ(call("PATCH", path("v1", "configmaps", "c") + "?fieldManager=kubectl-edit", json::parse(R"({"data":{"x":"1"}})"), "merge").status, 200U);
  const auto less = apply(config_map("c", {{"a", "1"}}));
  ASSERT_TRUE(less);
  EXPECT_EQ((*less->object)["data"], json({{"a", "1"}, {"x", "1"}})) << "ours goes, another's stays";
}

TEST_P(ClusterContract, AnEditMovesOwnership) {
  ASSERT_TRUE(apply(config_map("c", {{"a", "1"}, {"b", "1"}})));
  const auto edited = call("PATCH", path("v1", "configmaps", "c") + "?fieldManager=kubectl-edit", json::parse(R"({"data":{"a":"9","n":"1"}})"), "merge");
  ASSERT_EQ(edited.status, 200U) << edited.body;
  EXPECT_EQ(owned_paths(managed_entry(edited.body, "kubectl-edit", "Update")), (Paths{".data.a", ".data.n"}));
  EXPECT_EQ(owned_paths(managed_entry(edited.body, "driftwarden", "Apply")), Paths{".data.b"});
}

TEST_P(ClusterContract, ARemovalLeavesNoTraceOfWho) {
  ASSERT_TRUE(apply(config_map("c", {{"a", "1"}, {"b", "1"}})));
  const auto edited = call("PATCH", path("v1", "configmaps", "c") + "?fieldManager=kubectl-edit", json::parse(R"({"data":{"a":null}})"), "merge");
  ASSERT_EQ(edited.status, 200U);
  EXPECT_TRUE(managed_entry(edited.body, "kubectl-edit", "Update").is_null());
  EXPECT_EQ(owned_paths(managed_entry(edited.body, "driftwarden", "Apply")), Paths{".data.b"});
}

TEST_P(ClusterContract, AScaleIsOwnedThroughItsSubresource) {
  auto object = deployment("web");
  object["spec"]["replicas"] = 2;
  ASSERT_TRUE(apply(object));
  const auto scale_path = path("apps/v1", "deployments", "web") + "/scale";
  const auto before = call("GET", scale_path);
  EXPECT_EQ(before.body["kind"], "Scale");
  EXPECT_EQ(before.body["spec"]["replicas"], 2);
  EXPECT_EQ(before.body["status"]["selector"], "app=web");
  const auto scaled = call("PATCH", scale_path + "?fieldManager=kubectl", json::parse(R"({"spec":{"replicas":5}})"), "merge");
  ASSERT_EQ(scaled.status, 200U) << scaled.body;
  EXPECT_EQ(scaled.body["spec"]["replicas"], 5);
  const auto live = call("GET", path("apps/v1", "deployments", "web")).body;
  EXPECT_EQ(live["spec"]["replicas"], 5);
  EXPECT_EQ(live["metadata"]["generation"], 2);
  const auto entry = managed_entry(live, "kubectl", "Update", "scale");
  EXPECT_EQ(owned_paths(entry), Paths{".spec.replicas"}) << live["metadata"]["managedFields"];
  EXPECT_FALSE(owned_paths(managed_entry(live, "driftwarden", "Apply")).contains(".spec.replicas"));
}

TEST_P(ClusterContract, AScaleCanBePutAsAWhole) {
  ASSERT_TRUE(apply(deployment("web")));
  const auto scale_path = path("apps/v1", "deployments", "web") + "/scale";
  auto scale = call("GET", scale_path).body;
  scale["spec"]["replicas"] = 3;
  scale["metadata"].erase("resourceVersion");  // a controller may write the status at any moment
  ASSERT_EQ(call("PUT", scale_path, scale).status, 200U);
  EXPECT_EQ(call("GET", path("apps/v1", "deployments", "web")).body["spec"]["replicas"], 3);
}

TEST_P(ClusterContract, AStrategicPatchMergesContainersByName) {
  auto object = deployment("web");
  object["spec"]["template"]["spec"]["containers"].push_back({{"name", "side"}, {"image", "r.test/side:1"}});
  ASSERT_TRUE(apply(object));
  const auto patch = json::parse(R"({"spec":{"template":{"spec":{"containers":[{"name":"side","env":[{"name":"DEBUG","value":"1"}]}]}}}})");
  const auto patched = call("PATCH", path("apps/v1", "deployments", "web") + "?fieldManager=kubectl-set", patch, "strategic");
  ASSERT_EQ(patched.status, 200U) << patched.body;
  std::map<std::string, json> containers;
  for (const auto& container : patched.body["spec"]["template"]["spec"]["containers"]) containers[container["name"]] = container;
  ASSERT_EQ(containers.size(), 2U);
  EXPECT_EQ(containers["side"]["image"], "r.test/side:1");
  EXPECT_EQ(containers["side"]["env"][0]["value"], "1");
  const std::string env = R"(.spec.template.spec.containers[name="side"].env)";
  EXPECT_EQ(owned_paths(managed_entry(patched.body, "kubectl-set", "Update")),
            (Paths{env, env + R"([name="DEBUG"])", env + R"([name="DEBUG"].name)", env + R"([name="DEBUG"].value)"}));
}

TEST_P(ClusterContract, StrategicDirectivesDelete) {
  auto object = deployment("web");
  object["spec"]["template"]["spec"]["containers"].push_back({{"name", "side"}, {"image", "r.test/side:1"}});
  ASSERT_TRUE(apply(object));
  const auto patch = json::parse(R"({"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}})");
  const auto patched = call("PATCH", path("apps/v1", "deployments", "web"), patch, "strategic");
  ASSERT_EQ(patched.status, 200U) << patched.body;
  EXPECT_EQ(patched.body["spec"]["template"]["spec"]["containers"].size(), 1U);
}

TEST_P(ClusterContract, AnUpdateOwnsWhatItChanged) {
  ASSERT_TRUE(apply(config_map("c", {{"a", "1"}, {"b", "1"}})));
  auto live = call("GET", path("v1", "configmaps", "c")).body;
  live["data"]["b"] = "2";
  const auto updated = call("PUT", path("v1", "configmaps", "c") + "?fieldManager=kubectl-replace", live);
  ASSERT_EQ(updated.status, 200U) << updated.body;
  EXPECT_EQ(owned_paths(managed_entry(updated.body, "kubectl-replace", "Update")), Paths{".data.b"});
  EXPECT_EQ(owned_paths(managed_entry(updated.body, "driftwarden", "Apply")), Paths{".data.a"});
}

TEST_P(ClusterContract, ACreateOwnsAllIncludingParents) {
  const auto made = call("POST", path("v1", "configmaps") + "?fieldManager=kubectl-create", config_map("c", {{"a", "1"}}));
  ASSERT_EQ(made.status, 201U) << made.body;
  EXPECT_EQ(owned_paths(managed_entry(made.body, "kubectl-create", "Update")), (Paths{".data", ".data.a"}));
}

TEST_P(ClusterContract, AJsonPatchTestsAndReplaces) {
  ASSERT_TRUE(apply(config_map("c", {{"a", "1"}})));
  const auto target = path("v1", "configmaps", "c");
  const auto good = call("PATCH", target, json::parse(R"([{"op":"test","path":"/data/a","value":"1"},{"op":"replace","path":"/data/a","value":"2"}])"), "json");
  ASSERT_EQ(good.status, 200U) << good.body;
  EXPECT_EQ(good.body["data"]["a"], "2");
  const auto bad = call("PATCH", target, json::parse(R"([{"op":"test","path":"/data/a","value":"1"}])"), "json");
  EXPECT_EQ(bad.status, 422U) << bad.body;
}

}  // namespace driftwarden::test
