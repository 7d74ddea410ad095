// What the server makes of an object, and what it refuses.
#include "tests/contract/cluster/cluster_contract.hpp"
#include "tests/support/run.hpp"

namespace driftwarden::test {

using nlohmann::json;

TEST_P(ClusterContract, ADeploymentGetsItsDefaults) {
  const auto applied = apply(deployment("web"));
  ASSERT_TRUE(applied) << applied.error().message;
  const auto& spec = (*applied->object)["spec"];
  EXPECT_EQ(spec["replicas"], 1);
  EXPECT_EQ(spec["revisionHistoryLimit"], 10);
  EXPECT_EQ(spec["progressDeadlineSeconds"], 600);
  EXPECT_EQ(spec["strategy"], json::parse(R"({"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}})"));
  const auto& pod = spec["template"]["spec"];
  EXPECT_EQ(pod["restartPolicy"], "Always");
  EXPECT_EQ(pod["terminationGracePeriodSeconds"], 30);
  EXPECT_EQ(pod["dnsPolicy"], "ClusterFirst");
  EXPECT_EQ(pod["schedulerName"], "default-scheduler");
  EXPECT_EQ(pod["securityContext"], json::object());
  const auto& container = pod["containers"][0];
  EXPECT_EQ(container["imagePullPolicy"], "IfNotPresent");
  EXPECT_EQ(container["terminationMessagePath"], "/dev/termination-log");
  EXPECT_EQ(container["terminationMessagePolicy"], "File");
  EXPECT_EQ(container["resources"], json::object());
  EXPECT_EQ(container["ports"], json::parse(R"([{"containerPort":8080,"protocol":"TCP"}])"));
  const auto& metadata = (*applied->object)["metadata"];
  EXPECT_EQ(metadata["generation"], 1);
  EXPECT_TRUE(metadata["uid"].is_string());
  EXPECT_TRUE(metadata["creationTimestamp"].is_string());
  EXPECT_EQ(metadata["namespace"], ns);
}

TEST_P(ClusterContract, TheLatestImageIsAlwaysPulled) {
  auto object = deployment("web");
  object["spec"]["template"]["spec"]["containers"][0]["image"] = "r.test/app";
  const auto applied = apply(object);
  ASSERT_TRUE(applied);
  EXPECT_EQ((*applied->object)["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"], "Always");
}

TEST_P(ClusterContract, AServiceGetsItsAddressAndDefaults) {
  const auto applied = apply(service("s"));
  ASSERT_TRUE(applied) << applied.error().message;
  const auto& spec = (*applied->object)["spec"];
  EXPECT_EQ(spec["type"], "ClusterIP");
  EXPECT_EQ(spec["sessionAffinity"], "None");
  EXPECT_EQ(spec["internalTrafficPolicy"], "Cluster");
  EXPECT_EQ(spec["ipFamilyPolicy"], "SingleStack");
  EXPECT_EQ(spec["ipFamilies"], json::array({"IPv4"}));
  EXPECT_EQ(spec["clusterIPs"], json::array({spec["clusterIP"]}));
  EXPECT_EQ(spec["ports"], json::parse(R"([{"port":80,"protocol":"TCP","targetPort":80}])"));
  const auto again = apply(service("s"));
  ASSERT_TRUE(again);
  EXPECT_EQ((*again->object)["spec"]["clusterIP"], spec["clusterIP"]) << "an address stays";
}

TEST_P(ClusterContract, QuantitiesAreCanonicalised) {
  auto object = deployment("web");
  object["spec"]["template"]["spec"]["containers"][0]["resources"] =
      json::parse(R"({"requests":{"cpu":"1000m","memory":"1024Mi"},"limits":{"cpu":1.5,"memory":"2e9","ephemeral-storage":"512M"}})");
  const auto applied = apply(object);
  ASSERT_TRUE(applied) << applied.error().message;
  const auto& resources = (*applied->object)["spec"]["template"]["spec"]["containers"][0]["resources"];
  EXPECT_EQ(resources["requests"], json::parse(R"({"cpu":"1","memory":"1Gi"})"));
  EXPECT_EQ(resources["limits"], json::parse(R"({"cpu":"1500m","memory":"2e9","ephemeral-storage":"512M"})"));
}

TEST_P(ClusterContract, AGenerationCountsSpecChangesOnly) {
  ASSERT_TRUE(apply(deployment("web")));
  auto object = deployment("web");
  object["metadata"]["labels"] = {{"tier", "a"}};
  const auto labelled = apply(object);
  ASSERT_TRUE(labelled);
  EXPECT_EQ((*labelled->object)["metadata"]["generation"], 1);
  object["spec"]["replicas"] = 4;
  const auto scaled = apply(object);
  ASSERT_TRUE(scaled);
  EXPECT_EQ((*scaled->object)["metadata"]["generation"], 2);
}

TEST_P(ClusterContract, AStatusIsWrittenThroughItsSubresourceOnly) {
  ASSERT_TRUE(apply(deployment("web")));
  const auto target = path("apps/v1", "deployments", "web");
  const auto ignored = call("PATCH", target, json::parse(R"({"status":{"replicas":7}})"), "merge");
  ASSERT_EQ(ignored.status, 200U);
  EXPECT_FALSE(ignored.body["status"].contains("replicas"));
  const auto written = call("PATCH", target + "/status?fieldManager=kube-controller-manager", json::parse(R"({"status":{"replicas":7}})"), "merge");
  ASSERT_EQ(written.status, 200U) << written.body;
  EXPECT_EQ(written.body["status"]["replicas"], 7);
  EXPECT_EQ(written.body["metadata"]["generation"], 1);
  EXPECT_FALSE(managed_entry(written.body, "kube-controller-manager", "Update", "status").is_null());
}

TEST_P(ClusterContract, ASecretsStringDataIsFolded) {
  auto object = json::parse(R"({"apiVersion":"v1","kind":"Secret","stringData":{"u":"a"},"data":{"k":"YQ=="}})");
  object["metadata"] = {{"name", "s"}, {"namespace", ns}};
  const auto applied = apply(object);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ((*applied->object)["data"], json::parse(R"({"u":"YQ==","k":"YQ=="})"));
  EXPECT_EQ((*applied->object)["type"], "Opaque");
  EXPECT_FALSE(applied->object->contains("stringData"));
}

TEST_P(ClusterContract, WhatIsAbsentIsNotFound) {
  ObjectRef ref;
  ref.version = "v1";
  ref.kind = "ConfigMap";
  ref.namespace_ = ns;
  ref.name = "nobody";
  const auto found = run(io, cluster->get(ref));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::NotFound);
  const auto raw = call("GET", path("v1", "configmaps", "nobody"));
  EXPECT_EQ(raw.status, 404U);
  EXPECT_EQ(raw.body["kind"], "Status");
  EXPECT_EQ(raw.body["reason"], "NotFound");
  EXPECT_EQ(raw.body["message"], "configmaps \"nobody\" not found");
  EXPECT_EQ(call("GET", path("apps/v1", "deployments", "nobody")).body["message"], "deployments.apps \"nobody\" not found");
}

TEST_P(ClusterContract, ANamespaceMustExist) {
  auto object = config_map("c", {{"a", "1"}});
  object["metadata"]["namespace"] = ns + "-other";
  const auto applied = apply(object);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::NotFound);
  EXPECT_NE(applied.error().message.find("namespaces \"" + ns + "-other\" not found"), std::string::npos) << applied.error().message;
}

TEST_P(ClusterContract, ANamespaceIsLabelledActiveAndListed) {
  const auto space = call("GET", "/api/v1/namespaces/" + ns);
  EXPECT_EQ(space.body["metadata"]["labels"]["kubernetes.io/metadata.name"], ns);
  EXPECT_EQ(space.body["status"]["phase"], "Active");
  EXPECT_EQ(space.body["spec"]["finalizers"], json::array({"kubernetes"}));
  const auto listed = call("GET", "/api/v1/namespaces?fieldSelector=metadata.name%3D" + ns);
  ASSERT_EQ(listed.body["items"].size(), 1U);
  json body{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", ns}}}};
  const auto doubled = call("POST", "/api/v1/namespaces", body);
  EXPECT_EQ(doubled.status, 409U);
  EXPECT_EQ(doubled.body["reason"], "AlreadyExists");
}

TEST_P(ClusterContract, ANamespaceInAClusterWideObjectIsIgnored) {
  const auto name = ns + "-wide";
  json body{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}, {"namespace", "wrong"}}}};
  const auto applied = apply(body);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_FALSE((*applied->object)["metadata"].contains("namespace"));
  call("DELETE", "/api/v1/namespaces/" + name);
}

TEST_P(ClusterContract, AStaleVersionConflicts) {
  ASSERT_TRUE(apply(config_map("c", {{"a", "1"}})));
  auto stale = call("GET", path("v1", "configmaps", "c")).body;
  ASSERT_TRUE(apply(config_map("c", {{"a", "2"}})));
  stale["data"]["a"] = "3";
  const auto refused = call("PUT", path("v1", "configmaps", "c"), stale);
  EXPECT_EQ(refused.status, 409U);
  EXPECT_EQ(refused.body["reason"], "Conflict");
  EXPECT_EQ(refused.body["message"],
            "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your changes to the latest version and try again");
}

TEST_P(ClusterContract, AFieldThatIsNotInTheSchemaIsRefusedByApply) {
  auto object = deployment("web");
  object["spec"]["nonsense"] = 1;
  const auto applied = apply(object);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::InvalidInput);
  EXPECT_NE(applied.error().message.find(".spec.nonsense: field not declared in schema"), std::string::npos) << applied.error().message;
  const auto dry = apply(object, true);
  ASSERT_TRUE(dry);
  EXPECT_EQ(dry->status, 500U);
  EXPECT_NE(dry->message.find("field not declared in schema"), std::string::npos);
}

TEST_P(ClusterContract, AFieldThatIsNotInTheSchemaIsDroppedByAnUpdate) {
  auto object = config_map("c", {{"a", "1"}});
  object["nonsense"] = 1;
  const auto made = call("POST", path("v1", "configmaps") + "?fieldValidation=Ignore", object);
  ASSERT_EQ(made.status, 201U);
  EXPECT_FALSE(made.body.contains("nonsense"));
  const auto strict = call("POST", path("v1", "configmaps") + "?fieldValidation=Strict", object);
  EXPECT_EQ(strict.status, 400U);
  EXPECT_NE(strict.body["message"].get<std::string>().find("unknown field \"nonsense\""), std::string::npos) << strict.body["message"];
}

TEST_P(ClusterContract, DoubledKeysAreRefusedByApply) {
  auto object = deployment("web");
  object["spec"]["template"]["spec"]["containers"][0]["env"] = json::parse(R"([{"name":"A","value":"1"},{"name":"A","value":"2"}])");
  const auto applied = apply(object);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::InvalidInput);
  EXPECT_NE(applied.error().message.find("duplicate entries for key [name=\"A\"]"), std::string::npos) << applied.error().message;
}

TEST_P(ClusterContract, AnInvalidObjectIsRefusedWithItsCauses) {
  auto object = deployment("web");
  object["spec"]["replicas"] = -1;
  const auto target = path("apps/v1", "deployments", "web");
  const auto refused = call("PATCH", target + "?fieldManager=x", object, "apply");
  EXPECT_EQ(refused.status, 422U);
  EXPECT_EQ(refused.body["reason"], "Invalid");
  EXPECT_EQ(refused.body["details"]["causes"][0]["field"], "spec.replicas");
  const auto ours = apply(object);
  ASSERT_FALSE(ours);
  EXPECT_EQ(ours.error().kind, ErrorKind::InvalidInput);

  auto nameless = deployment("Bad_Name");
  EXPECT_EQ(call("POST", path("apps/v1", "deployments"), nameless).status, 422U);
}

TEST_P(ClusterContract, ASelectorIsImmutable) {
  ASSERT_TRUE(apply(deployment("web")));
  auto object = deployment("web");
  object["spec"]["selector"]["matchLabels"]["app"] = "other";
  object["spec"]["template"]["metadata"]["labels"]["app"] = "other";
  const auto refused = apply(object, true);
  ASSERT_TRUE(refused) << "a refused dry-run is an outcome";
  EXPECT_EQ(refused->status, 422U);
  EXPECT_EQ(refused->object, nullptr);
  EXPECT_NE(refused->message.find("field is immutable"), std::string::npos) << refused->message;
}

TEST_P(ClusterContract, AnImmutableConfigMapStaysAsItIs) {
  auto object = config_map("c", {{"a", "1"}});
  object["immutable"] = true;
  ASSERT_TRUE(apply(object));
  object["data"]["a"] = "2";
  const auto refused = apply(object);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidInput);
}

TEST_P(ClusterContract, ADeletedObjectIsGone) {
  ASSERT_TRUE(apply(deployment("web")));
  const auto target = path("apps/v1", "deployments", "web");
  const auto options = json::parse(R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background"})");
  const auto deleted = call("DELETE", target, options);
  EXPECT_EQ(deleted.status, 200U);
  EXPECT_EQ(deleted.body["kind"], "Status");
  EXPECT_EQ(deleted.body["status"], "Success");
  EXPECT_EQ(call("GET", target).status, 404U);
  EXPECT_EQ(call("DELETE", target, options).status, 404U);
}

TEST_P(ClusterContract, AFinalizerDelaysDeletion) {
  auto object = config_map("c", {{"a", "1"}});
  object["metadata"]["finalizers"] = json::array({"example.test/hold"});
  ASSERT_TRUE(apply(object));
  const auto target = path("v1", "configmaps", "c");
  EXPECT_EQ(call("DELETE", target).status, 200U);
  const auto waiting = call("GET", target);
  ASSERT_EQ(waiting.status, 200U);
  EXPECT_TRUE(waiting.body["metadata"]["deletionTimestamp"].is_string());
  ASSERT_EQ(call("PATCH", target, json::parse(R"({"metadata":{"finalizers":null}})"), "merge").status, 200U);
  EXPECT_EQ(call("GET", target).status, 404U);
}

}  // namespace driftwarden::test
