// What deployers write on objects: no drift, and a proof of whose an object is.
#include "gitops/diff/deployers.hpp"

#include "gitops/diff/compare.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kDesired = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}, data: {k: v}}";

json yaml(const std::string& text) { return parse_yaml(text, "test.yaml")->at(0); }

json managed(const std::string& manager, const std::string& operation, const std::string& fields) {
  return {{"manager", manager}, {"operation", operation}, {"apiVersion", "v1"}, {"time", "2026-05-01T10:00:00Z"}, {"fieldsV1", json::parse(fields)}};
}

class DeployerTracking : public testing::Test {
 protected:
  DeployerTracking() : redactor("key") { context.redactor = &redactor; }
  ObjectDrift run(const json& desired, const json& live) { return compare(&desired, &live, nullptr, nullptr, context); }
  static std::vector<std::string> paths(const ObjectDrift& drift) {
    std::vector<std::string> all;
    for (const auto& field : drift.fields) all.push_back(fmt::format("{} {}", to_string(field.op), field.path));
    return all;
  }
  Redactor redactor;
  CompareContext context;
};

json by_flux() {
  auto live = yaml(kDesired);
  live["metadata"]["labels"] = {{"kustomize.toolkit.fluxcd.io/name", "apps"}, {"kustomize.toolkit.fluxcd.io/namespace", "flux-system"}};
  live["metadata"]["managedFields"] = json::array({managed(
      "kustomize-controller", "Apply",
      R"({"f:data":{"f:k":{}},"f:metadata":{"f:labels":{".":{},"f:kustomize.toolkit.fluxcd.io/name":{},"f:kustomize.toolkit.fluxcd.io/namespace":{}}}})")});
  return live;
}

json by_argo_client_side() {
  auto live = yaml(kDesired);
  auto applied = live;
  applied["metadata"]["annotations"] = {{"argocd.argoproj.io/tracking-id", "checkout:/ConfigMap:shop/a"}, {"argocd.argoproj.io/installation-id", "x"}};
  applied["metadata"]["labels"] = {{"app.kubernetes.io/instance", "checkout"}};
  live = applied;
  live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied.dump();
  live["metadata"]["managedFields"] = json::array({managed(
      "argocd-controller", "Update",
      R"({"f:data":{".":{},"f:k":{}},"f:metadata":{"f:annotations":{".":{},"f:argocd.argoproj.io/tracking-id":{}},"f:labels":{".":{},"f:app.kubernetes.io/instance":{}}}})")});
  return live;
}

TEST_F(DeployerTracking, OfFluxIsNoDrift) {
  const auto drift = run(yaml(kDesired), by_flux());
  EXPECT_THAT(paths(drift), IsEmpty());
  EXPECT_THAT(drift.notes, Contains("deployer-tracking"));
}

TEST_F(DeployerTracking, OfArgoByUpdateIsNoDrift) {
  const auto drift = run(yaml(kDesired), by_argo_client_side());
  EXPECT_THAT(paths(drift), IsEmpty());
  EXPECT_THAT(drift.notes, Contains("deployer-tracking"));
}

TEST_F(DeployerTracking, OfArgoByApplyIsNoDriftBesideOtherAnnotations) {
  auto desired = yaml(kDesired);
  desired["metadata"]["annotations"] = {{"team", "shop"}};
  auto live = desired;
  live["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "checkout:/ConfigMap:shop/a";
  live["metadata"]["annotations"]["left"] = "over";
  live["metadata"]["managedFields"] = json::array({managed(
      "argocd-controller", "Apply",
      R"({"f:data":{"f:k":{}},"f:metadata":{"f:annotations":{"f:argocd.argoproj.io/tracking-id":{},"f:left":{},"f:team":{}}}})")});
  EXPECT_THAT(paths(run(desired, live)), ElementsAre("stale .metadata.annotations.left")) << "only theirs";
}

TEST_F(DeployerTracking, OfHelmIsNoDrift) {
  auto live = yaml(kDesired);
  live["metadata"]["labels"] = {{"app.kubernetes.io/managed-by", "Helm"}, {"helm.toolkit.fluxcd.io/name", "db"}, {"helm.toolkit.fluxcd.io/namespace", "shop"}};
  live["metadata"]["annotations"] = {{"meta.helm.sh/release-name", "db"}, {"meta.helm.sh/release-namespace", "shop"}};
  live["metadata"]["managedFields"] = json::array({managed(
      "helm-controller", "Apply",
      R"({"f:data":{"f:k":{}},"f:metadata":{"f:annotations":{"f:meta.helm.sh/release-name":{},"f:meta.helm.sh/release-namespace":{}},)"
      R"("f:labels":{"f:app.kubernetes.io/managed-by":{},"f:helm.toolkit.fluxcd.io/name":{},"f:helm.toolkit.fluxcd.io/namespace":{}}}})")});
  EXPECT_THAT(paths(run(yaml(kDesired), live)), IsEmpty());
  live["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "us";
  EXPECT_THAT(paths(run(yaml(kDesired), live)), ElementsAre("stale .metadata.labels[\"app.kubernetes.io/managed-by\"]")) << "no mark of Helm's";
}

TEST_F(DeployerTracking, APersonsEditOfSuchAKeyIsDrift) {
  auto live = by_flux();
  live["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] = "mine";
  live["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:labels"].erase("f:kustomize.toolkit.fluxcd.io/name");
  live["metadata"]["managedFields"].push_back(managed("kubectl-edit", "Update", R"({"f:metadata":{"f:labels":{"f:kustomize.toolkit.fluxcd.io/name":{}}}})"));
  EXPECT_THAT(paths(run(yaml(kDesired), live)), ElementsAre("added .metadata.labels[\"kustomize.toolkit.fluxcd.io/name\"]"));

  auto argo = by_argo_client_side();
  argo["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "other:/ConfigMap:shop/a";
  argo["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:annotations"].erase("f:argocd.argoproj.io/tracking-id");
  argo["metadata"]["managedFields"].push_back(managed("kubectl-annotate", "Update", R"({"f:metadata":{"f:annotations":{"f:argocd.argoproj.io/tracking-id":{}}}})"));
  EXPECT_THAT(paths(run(yaml(kDesired), argo)), ElementsAre("added .metadata.annotations[\"argocd.argoproj.io/tracking-id\"]"));
}

TEST_F(DeployerTracking, TheLabelThatArgoPutsOverTheChartsIsNoDriftWhereArgoDeploys) {
  auto desired = yaml(kDesired);
  desired["metadata"]["labels"] = {{"app.kubernetes.io/instance", "release"}};
  const auto live = by_argo_client_side();
  EXPECT_THAT(paths(run(desired, live)), ElementsAre("changed .metadata.labels[\"app.kubernetes.io/instance\"]"));
  context.marks = {"argocd checkout", "argocd argocd_checkout"};
  EXPECT_THAT(paths(run(desired, live)), IsEmpty());
}

TEST_F(DeployerTracking, CanBeSwitchedOff) {
  context.disabled_rules = {"deployer-tracking"};
  EXPECT_THAT(paths(run(yaml(kDesired), by_flux())), Not(IsEmpty()));
  EXPECT_THAT(paths(run(yaml(kDesired), by_argo_client_side())), Not(IsEmpty()));
}

struct MarkCase {
  const char* name;
  const char* metadata;
  const char* mark;
};
void PrintTo(const MarkCase& one, std::ostream* out) { *out << one.name; }
class DeployerMark : public testing::TestWithParam<MarkCase> {};

TEST_P(DeployerMark, IsProofOrNothing) {
  const auto object = yaml(std::string("{apiVersion: v1, kind: ConfigMap, metadata: ") + GetParam().metadata + "}");
  EXPECT_EQ(deployer_mark(object, ref_of(object), ManagerClasses::defaults()), GetParam().mark);
}

#define DW_FLUX "labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}"
#define DW_ARGO "argocd.argoproj.io/tracking-id: 'checkout:/ConfigMap:shop/a'"
INSTANTIATE_TEST_SUITE_P(
    Table, DeployerMark,
    testing::Values(
        MarkCase{"argo", "{name: a, namespace: shop, annotations: {" DW_ARGO "}}", "argocd checkout"},
        MarkCase{"argo in another namespace", "{name: a, namespace: shop, annotations: {argocd.argoproj.io/tracking-id: 'team_checkout:/ConfigMap:shop/a'}}", "argocd team_checkout"},
        MarkCase{"cluster-wide", "{name: a, annotations: {argocd.argoproj.io/tracking-id: 'checkout:/ConfigMap:argocd/a'}}", "argocd checkout"},
        MarkCase{"copied", "{name: b, namespace: shop, annotations: {" DW_ARGO "}}", ""},
        MarkCase{"copied elsewhere", "{name: a, namespace: other, annotations: {" DW_ARGO "}}", ""},
        MarkCase{"no id", "{name: a, namespace: shop, annotations: {argocd.argoproj.io/tracking-id: 'checkout'}}", ""},
        MarkCase{"Argo's label", "{name: a, namespace: shop, labels: {app.kubernetes.io/instance: checkout}}", ""},
        MarkCase{"flux", "{name: a, namespace: shop, " DW_FLUX "}", "kustomization flux-system/apps"},
        MarkCase{"helm", "{name: a, namespace: shop, labels: {helm.toolkit.fluxcd.io/name: db, helm.toolkit.fluxcd.io/namespace: shop}}", "helmrelease shop/db"},
        MarkCase{"inherited from an owner", "{name: a, namespace: shop, " DW_FLUX ", ownerReferences: [{kind: X, name: x, controller: true}]}", ""},
        MarkCase{"copied by a controller", "{name: a, namespace: shop, " DW_FLUX ", managedFields: [{manager: some-operator, operation: Update, apiVersion: v1, fieldsV1: "
                                           "{'f:metadata': {'f:labels': {'f:kustomize.toolkit.fluxcd.io/name': {}}}}}]}", ""},
        MarkCase{"a hook", "{name: a, namespace: shop, annotations: {" DW_ARGO ", argocd.argoproj.io/hook: PreSync}}", ""},
        MarkCase{"extraneous by their word", "{name: a, namespace: shop, annotations: {" DW_ARGO ", argocd.argoproj.io/compare-options: 'X=true, IgnoreExtraneous'}}", ""},
        MarkCase{"kept from pruning", "{name: a, namespace: shop, annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}, " DW_FLUX "}", ""},
        MarkCase{"nobody's", "{name: a, namespace: shop}", ""}));

TEST(DeployerMarks, OfADeployer) {
  Deployer deployer;
  EXPECT_THAT(marks_of(deployer), IsEmpty());
  deployer = {DeployerKind::ArgoCd, "hub", {"argoproj.io", "v1alpha1", "Application", "argocd", "checkout"}, true};
  EXPECT_THAT(marks_of(deployer), ElementsAre("argocd checkout", "argocd argocd_checkout"));
  deployer = {DeployerKind::Flux, "prod", {"helm.toolkit.fluxcd.io", "v2", "HelmRelease", "shop", "db"}, true};
  EXPECT_THAT(marks_of(deployer), ElementsAre("helmrelease shop/db"));
  for (const auto& mark : marks_of(deployer)) EXPECT_TRUE(is_mark(mark));
  EXPECT_FALSE(is_mark("checkout"));
}

}  // namespace
}  // namespace driftwarden
