// What watches bring, what their silence means, and what we may.
#include "tests/contract/cluster/cluster_contract.hpp"
#include "tests/support/run.hpp"

namespace driftwarden::test {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

WatchedKind kind_named(const std::string& group, const std::string& kind) {
  WatchedKind out;
  out.group = group;
  out.version = "v1";
  out.kind = kind;
  return out;
}

}  // namespace

TEST_P(ClusterContract, WeMayAskWhatWeMay) {
  const auto deployments = kind_named("apps", "Deployment");
  for (const auto* verb : {"get", "list", "watch", "patch", "delete"}) {
    const auto may = run(io, cluster->may(verb, deployments, ns));
    ASSERT_TRUE(may) << may.error().message;
    EXPECT_TRUE(*may) << verb;
  }
  EXPECT_EQ(*run(io, cluster->may("patch", kind_named("", "Namespace"), "")), true);
  const auto plain = server->plain_connection();
  if (!plain) GTEST_SKIP() << "this server has no plain user";
  auto powerless = make_cluster(*plain);
  const auto may = run(io, powerless->may("patch", deployments, ns));
  ASSERT_TRUE(may) << may.error().message;
  EXPECT_FALSE(*may);
  EXPECT_EQ(*run(io, powerless->may("list", deployments, "")), false);
  RecordingSink denied;
  powerless->watch({deployments}, denied);
  EXPECT_TRUE(eventually([&] { return denied.count("failed Deployment denied") == 1; })) << "and so it is";
  run(io, powerless->close());
}

TEST_P(ClusterContract, MetadataAloneHoldsNoData) {
  ASSERT_EQ(apply_as("one", config_map("a", {{"k", "very-secret"}})).status, 201U);
  const auto bytes = [&](const std::string& where, const std::string& as) {
    kubernetes::ApiRequest request("GET", where);
    request.accept = "application/json;as=" + as + ";g=meta.k8s.io;v=v1";
    const auto response = run(io, api->send(std::move(request)), 20s);
    return response ? response->body : response.error().message;
  };
  const auto list = bytes(path("v1", "configmaps"), "PartialObjectMetadataList");
  const auto get = bytes(path("v1", "configmaps", "a"), "PartialObjectMetadata");
  const auto watch = bytes(path("v1", "configmaps") + "?watch=true&timeoutSeconds=1", "PartialObjectMetadata");
  for (const auto& text : {list, get, watch}) {
    EXPECT_EQ(text.find("very-secret"), std::string::npos) << text;
    EXPECT_NE(text.find("\"PartialObjectMetadata\""), std::string::npos) << text;
    EXPECT_NE(text.find("\"managedFields\""), std::string::npos) << text;
  }
  EXPECT_EQ(json::parse(list)["kind"], "PartialObjectMetadataList");
}

TEST_P(ClusterContract, AKindIsWatchedByItsMetadata) {
  const auto first = ns + "-a";  // the server still has those of earlier runs
  const auto second = ns + "-b";
  ASSERT_TRUE(apply(config_map(first, {{"k", "1"}})));
  auto kind = kind_named("", "ConfigMap");
  kind.metadata_only = true;
  cluster->watch({kind}, sink);
  ASSERT_TRUE(eventually([&] { return sink.count("listed ConfigMap") == 1 && sink.find(first); }));
  ASSERT_TRUE(apply(config_map(second, {{"k", "1"}})));
  ASSERT_TRUE(eventually([&] { return sink.find(second) != nullptr; }));
  for (const auto& name : {first, second}) {
    const auto body = *sink.find(name);
    EXPECT_EQ(body["kind"], "PartialObjectMetadata") << body;
    EXPECT_EQ(body["metadata"]["namespace"], ns);
    EXPECT_TRUE(managed_entry(body, "driftwarden", "Apply").is_object()) << body;
    EXPECT_FALSE(body.contains("data")) << body;
  }
}

TEST_P(ClusterContract, AWriteOfStatusKeepsTheDigest) {
  const auto name = ns;  // the server still has those of earlier runs
  ASSERT_TRUE(apply(deployment(name)));
  cluster->watch({kind_named("apps", "Deployment")}, sink);
  ASSERT_TRUE(eventually([&] { return sink.count("listed Deployment") == 1; }));
  ASSERT_EQ(sink.contents[name].size(), 1U);
  const auto target = path("apps/v1", "deployments", name);
  ASSERT_EQ(call("PATCH", target + "/status?fieldManager=controller", json::parse(R"({"status":{"replicas":1,"observedGeneration":1}})"), "merge").status, 200U);
  ASSERT_TRUE(eventually([&] { return sink.contents[name].size() == 2; }));
  EXPECT_EQ(sink.contents[name][1], sink.contents[name][0]) << (*sink.find(name))["metadata"];
  EXPECT_EQ((*sink.find(name))["status"]["replicas"], 1);
  ASSERT_EQ(call("PATCH", target + "?fieldManager=kubectl-edit", json::parse(R"({"spec":{"paused":true}})"), "merge").status, 200U);
  ASSERT_TRUE(eventually([&] { return sink.contents[name].size() == 3; }));
  EXPECT_NE(sink.contents[name][2], sink.contents[name][0]);
}

TEST_P(ClusterContract, WatchesThatFreezeMakeTheClusterUnreachable) {
  auto impatient = make_cluster(server->connection(), 3s);
  RecordingSink heard;
  impatient->watch({kind_named("", "ConfigMap"), kind_named("apps", "Deployment")}, heard);
  ASSERT_TRUE(eventually([&] { return heard.count("listed ConfigMap") == 1 && heard.count("listed Deployment") == 1; }));
  EXPECT_FALSE(eventually([&] { return heard.count("unreachable") > 0; }, 4s)) << "quiet watches live";
  if (!server->freeze(true)) {
    run(io, impatient->close());
    GTEST_SKIP() << "this server can't be frozen from here";
  }
  const auto frozen_at = clock.wall_now();
  ASSERT_TRUE(eventually([&] { return heard.count("unreachable") == 1; }, 4s)) << "within the limit";
  EXPECT_LE(impatient->last_heard(), frozen_at + 1s);
  EXPECT_FALSE(eventually([&] { return heard.count("reachable") > 1 || heard.count("unreachable") > 1; }, 2s)) << "once, however many kinds";
  ASSERT_TRUE(server->freeze(false));
  EXPECT_TRUE(eventually([&] { return heard.count("reachable") == 2; }));
  EXPECT_EQ(heard.count("unreachable"), 1U);
  ASSERT_EQ(apply_as("one", config_map(ns + "-after", {{"k", "1"}})).status, 201U);
  EXPECT_TRUE(eventually([&] { return heard.find(ns + "-after") != nullptr; }));
  run(io, impatient->close());
}

}  // namespace driftwarden::test
