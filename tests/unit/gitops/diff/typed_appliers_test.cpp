// Flux reads objects of the built-in kinds into typed structs before it applies them: it owns `{}` and defaults that Git never held.
#include "gitops/diff/compare.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

json yaml(const std::string& text) { return parse_yaml(text, "test.yaml")->at(0); }

json desired_deployment() {
  return yaml(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: app, image: "r.test/app:1", ports: [{containerPort: 8080}]}
)");
}

/// As a real API server answers once kustomize-controller has applied it.
json live_deployment() {
  auto live = yaml(R"(
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}
spec:
  progressDeadlineSeconds: 600
  replicas: 1
  revisionHistoryLimit: 10
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}
  template:
    metadata: {creationTimestamp: null, labels: {app: web}}
    spec:
      containers:
        - {name: app, image: "r.test/app:1", imagePullPolicy: IfNotPresent, ports: [{containerPort: 8080, protocol: TCP}], resources: {},
           terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File}
      dnsPolicy: ClusterFirst
      restartPolicy: Always
      schedulerName: default-scheduler
      securityContext: {}
      terminationGracePeriodSeconds: 30
)");
  live["metadata"]["managedFields"] = json::array({json::parse(R"({
    "manager": "kustomize-controller", "operation": "Apply", "apiVersion": "apps/v1", "time": "2026-05-01T10:00:00Z",
    "fieldsV1": {
      "f:metadata": {"f:labels": {"f:kustomize.toolkit.fluxcd.io/name": {}, "f:kustomize.toolkit.fluxcd.io/namespace": {}}},
      "f:spec": {
        "f:selector": {},
        "f:strategy": {},
        "f:template": {
          "f:metadata": {"f:labels": {"f:app": {}}},
          "f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {
            ".": {}, "f:image": {}, "f:name": {}, "f:resources": {},
            "f:ports": {"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}, "f:protocol": {}}}}}}}}}})")});
  return live;
}

class TypedAppliers : public testing::Test {
 protected:
  TypedAppliers() : redactor("key") { context.redactor = &redactor; }
  std::vector<std::string> run(const json& desired, const json& live) {
    const auto drift = compare(&desired, &live, nullptr, nullptr, context);
    std::vector<std::string> all;
    for (const auto& field : drift.fields) all.push_back(fmt::format("{} {}{}", to_string(field.op), field.path, field.by ? " by " + *field.by : ""));
    EXPECT_EQ(drift.verdict, all.empty() ? Verdict::Synced : Verdict::OutOfSync);
    return all;
  }

  /// `spec` of Git and of live, and what kustomize-controller owns of it.
  std::vector<std::string> run(const std::string& kind, const std::string& desired_spec, const std::string& live_spec, const std::string& fields) {
    const auto slash = kind.rfind('/');
    const json object{{"apiVersion", kind.substr(0, slash)}, {"kind", kind.substr(slash + 1)}, {"metadata", {{"name", "a"}, {"namespace", "shop"}}}};
    auto desired = object;
    auto live = object;
    desired["spec"] = json::parse(desired_spec);
    live["spec"] = json::parse(live_spec);
    live["metadata"]["managedFields"] = json::array({{{"manager", "kustomize-controller"},
                                                      {"operation", "Apply"},
                                                      {"apiVersion", object["apiVersion"]},
                                                      {"time", "2026-05-01T10:00:00Z"},
                                                      {"fieldsV1", {{"f:spec", json::parse(fields)}}}}});
    return run(desired, live);
  }

  Redactor redactor;
  CompareContext context;
};

void edited(json& live, const std::string& fields) {
  live["metadata"]["managedFields"].push_back({{"manager", "kubectl-edit"},
                                               {"operation", "Update"},
                                               {"apiVersion", "apps/v1"},
                                               {"time", "2026-05-01T11:00:00Z"},
                                               {"fieldsV1", {{"f:spec", json::parse(fields)}}}});
}

TEST_F(TypedAppliers, ADeploymentOfFluxIsInSync) { EXPECT_THAT(run(desired_deployment(), live_deployment()), IsEmpty()); }

TEST_F(TypedAppliers, APersonsEditBelowAnEmptyStructIsDrift) {
  auto live = live_deployment();
  live["spec"]["strategy"] = {{"type", "Recreate"}};
  edited(live, R"({"f:strategy":{"f:type":{}}})");
  EXPECT_THAT(run(desired_deployment(), live), ElementsAre("added .spec.strategy.type by kubectl-edit"));

  live = live_deployment();
  live["spec"]["template"]["spec"]["containers"][0]["resources"] = {{"limits", {{"cpu", "1"}}}};
  edited(live, R"({"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{"f:resources":{"f:limits":{".":{},"f:cpu":{}}}}}}}})");
  EXPECT_THAT(run(desired_deployment(), live), ElementsAre(R"(added .spec.template.spec.containers[name="app"].resources.limits by kubectl-edit)"));
}

TEST_F(TypedAppliers, WhatGitNoLongerHoldsIsStillStale) {
  auto live = live_deployment();
  auto& container = live["spec"]["template"]["spec"]["containers"][0];
  auto& owned = live["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"app\"}"];
  container["resources"] = {{"limits", {{"cpu", "1"}}}};
  owned["f:resources"] = {{"f:limits", {{"f:cpu", json::object()}}}};
  container["command"] = {"run"};
  owned["f:command"] = json::object();
  EXPECT_THAT(run(desired_deployment(), live), ElementsAre(R"(stale .spec.template.spec.containers[name="app"].command)",
                                                           R"(stale .spec.template.spec.containers[name="app"].resources.limits.cpu)"));
}

struct Row {
  const char* kind;
  const char* desired;
  const char* live;
  const char* fields;
};

TEST_F(TypedAppliers, WhatMeansTheSameAsNothingIsNoDrift) {
  const Row rows[]{
      {"apps/v1/StatefulSet", "{}", R"({"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}}})", R"({"f:updateStrategy":{}})"},
      {"apps/v1/DaemonSet", "{}", R"({"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}})", R"({"f:updateStrategy":{}})"},
      {"v1/PersistentVolumeClaim", "{}", R"({"resources":{}})", R"({"f:resources":{}})"},
      {"batch/v1/CronJob", R"({"jobTemplate":{"spec":{}}})", R"({"jobTemplate":{"metadata":{},"spec":{}}})", R"({"f:jobTemplate":{"f:metadata":{}}})"},
      {"apps/v1/Deployment", R"({"template":{"metadata":{"labels":{"a":"b"}}}})", R"({"template":{"metadata":{"labels":{"a":"b"},"annotations":{"by":"server"}}}})",
       R"({"f:template":{"f:metadata":{"f:annotations":{},"f:labels":{"f:a":{}}}}})"},
      {"v1/Service", R"({"ports":[{"port":80}]})", R"({"ports":[{"port":80,"protocol":"TCP","targetPort":80}]})",
       R"({"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{},"f:protocol":{},"f:targetPort":{}}}})"},
      {"apps/v1/Deployment", "{}", R"({"replicas":1})", R"({"f:replicas":{}})"},
  };
  for (const auto& row : rows) EXPECT_THAT(run(row.kind, row.desired, row.live, row.fields), IsEmpty()) << row.kind << row.fields;
}

TEST_F(TypedAppliers, WhatMeansSomethingIsStale) {
  const std::pair<Row, const char*> rows[]{
      // An empty selector selects everything, none nothing.
      {{"policy/v1/PodDisruptionBudget", "{}", R"({"selector":{}})", R"({"f:selector":{}})"}, "stale .spec.selector"},
      {{"traefik.io/v1alpha1/Middleware", "{}", R"({"compress":{}})", R"({"f:compress":{}})"}, "stale .spec.compress"},
      {{"v1/Service", R"({"ports":[{"port":80}]})", R"({"ports":[{"port":80,"protocol":"TCP","targetPort":8080}]})",
        R"({"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{},"f:targetPort":{}}}})"},
       R"(stale .spec.ports[port=80,protocol="TCP"].targetPort)"},
      {{"apps/v1/Deployment", "{}", R"({"replicas":2})", R"({"f:replicas":{}})"}, "stale .spec.replicas"},
      {{"apps/v1/Deployment", R"({"template":{"spec":{"containers":[{"name":"a"}]}}})",
        R"({"template":{"spec":{"containers":[{"name":"a","livenessProbe":{"periodSeconds":10}}]}}})",
        R"({"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:livenessProbe":{"f:periodSeconds":{}}}}}}})"},
       R"(stale .spec.template.spec.containers[name="a"].livenessProbe.periodSeconds)"},
  };
  for (const auto& [row, found] : rows) EXPECT_THAT(run(row.kind, row.desired, row.live, row.fields), ElementsAre(found)) << row.kind << row.fields;
}

TEST_F(TypedAppliers, DefaultsAreStaleWithoutTheirRule) {
  context.disabled_rules = {"default-value"};
  EXPECT_THAT(run("apps/v1/Deployment", "{}", R"({"replicas":1})", R"({"f:replicas":{}})"), ElementsAre("stale .spec.replicas"));
}

}  // namespace
}  // namespace driftwarden
