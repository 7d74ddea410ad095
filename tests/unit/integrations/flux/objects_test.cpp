#include "integrations/flux/objects.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden::flux {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kCommit(40, 'a');

json kustomization(const json& spec, const json& status = json::object()) {
  return {{"apiVersion", "kustomize.toolkit.fluxcd.io/v1"},
          {"kind", "Kustomization"},
          {"metadata", {{"name", "checkout"}, {"namespace", "apps"}, {"generation", 3}, {"labels", {{"team", "shop"}}}}},
          {"spec", spec},
          {"status", status}};
}

json release(const json& spec, const std::string& name = "checkout") {
  return {{"apiVersion", "helm.toolkit.fluxcd.io/v2"}, {"kind", "HelmRelease"}, {"metadata", {{"name", name}, {"namespace", "apps"}}}, {"spec", spec}};
}

json repository(const json& spec, const json& status = json::object()) {
  return {{"apiVersion", "source.toolkit.fluxcd.io/v1"},
          {"kind", "GitRepository"},
          {"metadata", {{"name", "config"}, {"namespace", "flux-system"}}},
          {"spec", spec},
          {"status", status}};
}

struct RevisionRow {
  std::string name;
  std::string revision;
  std::string commit;
  friend void PrintTo(const RevisionRow& row, std::ostream* out) { *out << row.name; }
};
class Revisions : public testing::TestWithParam<RevisionRow> {};
TEST_P(Revisions, NameTheCommit) { EXPECT_EQ(commit_of(GetParam().revision), GetParam().commit); }
INSTANTIATE_TEST_SUITE_P(Flux, Revisions,
                         testing::Values(RevisionRow{"Branch", "main@sha1:" + kCommit, kCommit}, RevisionRow{"Tag", "v1.2.3@sha1:" + kCommit, kCommit},
                                         RevisionRow{"BranchWithSlashAndAt", "team/a@b@sha1:" + kCommit, kCommit},
                                         RevisionRow{"CommitAlone", "sha1:" + kCommit, kCommit},
                                         RevisionRow{"Sha256", "main@sha256:" + std::string(64, 'b'), std::string(64, 'b')},
                                         RevisionRow{"Older", "main/" + kCommit, kCommit}, RevisionRow{"OlderWithSlashes", "release/1.0/" + kCommit, kCommit},
                                         RevisionRow{"ChartVersion", "1.2.3+abcdef", ""}, RevisionRow{"Empty", "", ""},
                                         RevisionRow{"NoHex", "main@sha1:" + std::string(40, 'z'), ""},
                                         RevisionRow{"UpperCaseIsNone", "main@sha1:" + std::string(40, 'A'), ""}, RevisionRow{"Short", "main@sha1:abc", ""},
                                         RevisionRow{"OnlyMarks", "@:/", ""}),
                         [](const auto& row) { return row.param.name; });

struct InventoryRow {
  std::string name;
  std::string id;
  std::optional<ObjectRef> ref;
  friend void PrintTo(const InventoryRow& row, std::ostream* out) { *out << row.name; }
};
class Inventory : public testing::TestWithParam<InventoryRow> {};
TEST_P(Inventory, NamesTheObject) { EXPECT_EQ(inventory_object(GetParam().id, "v1"), GetParam().ref); }
INSTANTIATE_TEST_SUITE_P(Flux, Inventory,
                         testing::Values(InventoryRow{"Namespaced", "shop_checkout_apps_Deployment", ObjectRef{"apps", "v1", "Deployment", "shop", "checkout"}},
                                         InventoryRow{"Core", "shop_checkout__Service", ObjectRef{"", "v1", "Service", "shop", "checkout"}},
                                         InventoryRow{"ClusterWide", "_shop__Namespace", ObjectRef{"", "v1", "Namespace", "", "shop"}},
                                         InventoryRow{"CustomGroup", "shop_a.b-c_ext.acme.test_Thing",
                                                      ObjectRef{"ext.acme.test", "v1", "Thing", "shop", "a.b-c"}},
                                         InventoryRow{"RoleWithColons", "_system__node__x_rbac.authorization.k8s.io_ClusterRole",
                                                      ObjectRef{"rbac.authorization.k8s.io", "v1", "ClusterRole", "", "system:node:x"}},
                                         InventoryRow{"NoUnderscore", "nothing", std::nullopt}, InventoryRow{"Empty", "", std::nullopt},
                                         InventoryRow{"TooFew", "a_b_C", std::nullopt}, InventoryRow{"NoName", "shop__apps_Deployment", std::nullopt},
                                         InventoryRow{"NoKind", "shop_checkout_apps_", std::nullopt}, InventoryRow{"OnlyUnderscores", "____", std::nullopt}),
                         [](const auto& row) { return row.param.name; });

TEST(FluxKustomization, IsReadWhole) {
  const auto read = parse_kustomization(
      kustomization(json::parse(R"({
    "sourceRef": {"kind": "GitRepository", "name": "config", "namespace": "flux-system"}, "path": "./apps/checkout/", "prune": true, "suspend": true,
    "targetNamespace": "shop", "namePrefix": "eu-", "nameSuffix": "-blue", "commonMetadata": {"labels": {"a": "b"}, "annotations": {"n": 1}},
    "images": [{"name": "web", "newName": "reg.example/web", "newTag": "1.2"}, {"name": "db", "digest": "sha256:abc", "newTag": "x"}, {"name": "same"}, {"name": "t", "newTag": "2"}, {"name": "reg:5000/a", "newTag": "3"}],
    "components": ["../parts/hpa"], "patches": [{"patch": "- op: remove", "target": {"kind": "Service"}}],
    "patchesStrategicMerge": [{"kind": "Deployment"}], "patchesJson6902": [{"target": {"kind": "Job"}, "patch": [{"op": "remove", "path": "/x"}]}],
    "postBuild": {"substitute": {"REGION": "eu", "COUNT": 3, "LINES": "a\nb\n"}}, "decryption": {"provider": "sops"}})"),
                    json::parse(R"({"observedGeneration": 3, "lastAppliedRevision": "main@sha1:)" + kCommit + R"(", "lastHandledReconcileAt": "t-1",
    "inventory": {"entries": [{"id": "shop_checkout_apps_Deployment", "v": "v1"}, {"id": "hostile", "v": 5}, 7]},
    "conditions": [{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "Applied", "observedGeneration": 3}]})")));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->path, "apps/checkout");
  EXPECT_EQ(read->source, (SourceRef{"GitRepository", "flux-system", "config"}));
  EXPECT_TRUE(read->suspended && read->prune);
  EXPECT_EQ(read->target_namespace, "shop");
  EXPECT_THAT(read->images, ElementsAre("web=reg.example/web:1.2", "db:x@sha256:abc", "t:2", "reg:5000/a=reg:5000/a:3"));
  ASSERT_EQ(read->patches.size(), 3U);
  EXPECT_EQ(json::parse(read->patches[0]).at("target").at("kind"), "Service");
  EXPECT_EQ(json::parse(json::parse(read->patches[1]).at("patch").get<std::string>()).at("kind"), "Deployment");
  EXPECT_EQ(json::parse(json::parse(read->patches[2]).at("patch").get<std::string>())[0].at("op"), "remove");
  EXPECT_EQ(read->common_annotations.at("n"), "1");
  ASSERT_TRUE(read->substitute);
  EXPECT_EQ(read->substitute->at("COUNT"), "3");
  EXPECT_EQ(read->substitute->at("LINES"), "ab");
  EXPECT_THAT(read->unsupported, IsEmpty()) << "what SOPS encrypted is compared as it is";
  ASSERT_EQ(read->inventory.size(), 1U);
  EXPECT_EQ(read->applied_revision, kCommit);
  EXPECT_EQ(read->handled, "t-1");
  EXPECT_TRUE(read->condition.ready);
  EXPECT_EQ(read->labels.at("team"), "shop");
}

TEST(FluxKustomization, SaysWhatCannotBeRendered) {
  const auto read = parse_kustomization(kustomization(
      json::parse(R"({"postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "v"}]}, "kubeConfig": {"secretRef": {"name": "prod-eu"}}})")));
  ASSERT_TRUE(read);
  EXPECT_THAT(read->unsupported, ElementsAre("postBuild.substituteFrom"));
  EXPECT_EQ(read->kube_config, "prod-eu");
  EXPECT_FALSE(read->substitute);
  EXPECT_EQ(read->source.namespace_, "apps") << "its own, unless said";
}

struct ConditionRow {
  std::string name;
  std::string conditions;
  bool ready;
  bool failed;
  bool reconciling;
  bool stalled;
  friend void PrintTo(const ConditionRow& row, std::ostream* out) { *out << row.name; }
};
class Conditions : public testing::TestWithParam<ConditionRow> {};
TEST_P(Conditions, CountForTheirGeneration) {
  const auto& row = GetParam();
  const auto read = parse_kustomization(kustomization(json::object(), {{"observedGeneration", 3}, {"conditions", json::parse(row.conditions)}}));
  ASSERT_TRUE(read);
  const auto& condition = read->condition;
  EXPECT_EQ(std::tuple(condition.ready, condition.failed, condition.reconciling, condition.stalled),
            std::tuple(row.ready, row.failed, row.reconciling, row.stalled));
}
INSTANTIATE_TEST_SUITE_P(
    Flux, Conditions,
    testing::Values(ConditionRow{"Ready", R"([{"type":"Ready","status":"True","observedGeneration":3}])", true, false, false, false},
                    ConditionRow{"ReadyOfAnOlderSpec", R"([{"type":"Ready","status":"True","observedGeneration":2}])", false, false, false, false},
                    ConditionRow{"ByTheStatusGeneration", R"([{"type":"Ready","status":"True"}])", true, false, false, false},
                    ConditionRow{"Failed", R"([{"type":"Ready","status":"False","reason":"BuildFailed"}])", false, true, false, false},
                    ConditionRow{"Unknown", R"([{"type":"Ready","status":"Unknown"},{"type":"Reconciling","status":"True"}])", false, false, true, false},
                    ConditionRow{"FailedAndTriedAgain",
                                 R"([{"type":"Ready","status":"False"},{"type":"Reconciling","status":"True","reason":"ProgressingWithRetry"}])", false, true,
                                 false, false},
                    ConditionRow{"Stalled", R"([{"type":"Stalled","status":"True"},{"type":"Ready","status":"False"}])", false, true, false, true},
                    ConditionRow{"None", "[]", false, false, false, false},
                    ConditionRow{"Rubbish", R"([1,"x",null,{"type":7,"status":{}}])", false, false, false, false},
                    ConditionRow{"NoList", R"({"Ready":true})", false, false, false, false}),
    [](const auto& row) { return row.param.name; });

TEST(FluxGitRepository, IsReadWhole) {
  const auto read = parse_git_repository(
      repository(json::parse(R"({"url": "https://git.acme.test/acme/config", "ref": {"semver": ">=1.0"}, "suspend": true, "include": [{"repository": {}}], "ignore": "/secret"})"),
                 json::parse(R"({"artifact": {"revision": "v1.2.3@sha1:)" + kCommit + R"("}, "lastHandledReconcileAt": "t",
    "conditions": [{"type": "Ready", "status": "False", "message": "auth\nfailed"}]})")));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->url, "https://git.acme.test/acme/config");
  EXPECT_EQ(read->semver, ">=1.0");
  EXPECT_EQ(read->revision, kCommit);
  EXPECT_EQ(read->resolved, "v1.2.3");
  EXPECT_TRUE(read->suspended && read->failed);
  EXPECT_FALSE(read->ready);
  EXPECT_EQ(read->message, "auth failed");
  EXPECT_THAT(read->unsupported, ElementsAre("include", "ignore"));
}

struct ReleaseNameRow {
  std::string name;
  std::string object;
  json spec;
  std::string release;
  friend void PrintTo(const ReleaseNameRow& row, std::ostream* out) { *out << row.name; }
};
class ReleaseNames : public testing::TestWithParam<ReleaseNameRow> {};
TEST_P(ReleaseNames, AreFluxs) {
  const auto read = parse_helm_release(release(GetParam().spec, GetParam().object));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->release_name, GetParam().release);
}
INSTANTIATE_TEST_SUITE_P(Flux, ReleaseNames,
                         testing::Values(ReleaseNameRow{"Given", "checkout", {{"releaseName", "shop"}, {"targetNamespace", "x"}}, "shop"},
                                         ReleaseNameRow{"TheObjects", "checkout", json::object(), "checkout"},
                                         ReleaseNameRow{"WithTheTarget", "checkout", {{"targetNamespace", "shop"}}, "shop-checkout"},
                                         ReleaseNameRow{"JustFits", std::string(53, 'a'), json::object(), std::string(53, 'a')},
                                         // sha256 of 54 times "a"
                                         ReleaseNameRow{"TooLong", std::string(54, 'a'), json::object(), std::string(40, 'a') + "-a3f01b693925"}),
                         [](const auto& row) { return row.param.name; });

TEST(FluxHelmRelease, IsReadWhole) {
  const auto read = parse_helm_release(
      release(json::parse(R"({"chart": {"spec": {"chart": "./charts/web", "version": "1.x", "valuesFiles": ["./charts/web/values.yaml", "envs/prod.yaml", 3],
    "sourceRef": {"kind": "GitRepository", "name": "config"}}}, "values": {"replicas": 2}, "valuesFrom": [{"kind": "Secret", "name": "s"}], "postRenderers": [{"kustomize": {}}],
    "driftDetection": {"mode": "warn"}, "upgrade": {"crds": "CreateReplace"}, "targetNamespace": "shop"})")));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->chart, "./charts/web");
  EXPECT_EQ(read->chart_source, (SourceRef{"GitRepository", "apps", "config"}));
  EXPECT_THAT(read->value_files, ElementsAre("./charts/web/values.yaml", "envs/prod.yaml"));
  EXPECT_EQ(read->values, R"({"replicas":2})");
  EXPECT_THAT(read->unsupported, ElementsAre("valuesFrom", "postRenderers"));
  EXPECT_EQ(read->drift_detection, "warn");
  EXPECT_FALSE(read->skip_crds);
  const auto plain = parse_helm_release(release({{"chartRef", {{"kind", "OCIRepository"}, {"name", "web"}}}}));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->chart_source, (SourceRef{"OCIRepository", "apps", "web"}));
  EXPECT_TRUE(plain->skip_crds) << "an upgrade leaves them alone unless told otherwise";
}

TEST(FluxHelmChart, SaysWhatItWasBuiltFrom) {
  const auto read = parse_helm_chart({{"apiVersion", "source.toolkit.fluxcd.io/v1"},
                                      {"kind", "HelmChart"},
                                      {"metadata", {{"name", "apps-checkout"}, {"namespace", "apps"}}},
                                      {"status", {{"observedSourceArtifactRevision", "main@sha1:" + kCommit}, {"artifact", {{"revision", "1.2.3"}}}}}});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->built_from, kCommit);
  EXPECT_EQ(read->version, "1.2.3");
}

TEST(FluxPatch, AsksForALook) {
  auto object = repository(json::object());
  object["metadata"]["resourceVersion"] = "42";
  auto patch = reconcile_patch(object, "t-1");
  EXPECT_EQ(object.patch(patch).at("metadata").at("annotations").at("reconcile.fluxcd.io/requestedAt"), "t-1");
  EXPECT_EQ(requested_of(object.patch(patch)), "t-1");
  object["metadata"]["annotations"] = {{"other", "kept"}, {"reconcile.fluxcd.io/requestedAt", "old"}};
  patch = reconcile_patch(object, "t-2");
  EXPECT_EQ(object.patch(patch).at("metadata").at("annotations"), (json{{"other", "kept"}, {"reconcile.fluxcd.io/requestedAt", "t-2"}}));
  auto moved = object;
  moved["metadata"]["resourceVersion"] = "43";
  EXPECT_THROW(static_cast<void>(moved.patch(patch)), json::exception) << "somebody wrote it meanwhile";
}

TEST(FluxSuspension, IsSomebodys) {
  auto object = kustomization({{"suspend", true}});
  EXPECT_FALSE(suspender_of(object));
  object["metadata"]["managedFields"] = json::parse(R"([{"manager": "flux", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:path": {}}}},
    {"manager": "alice-cli", "time": "2026-01-02T00:00:00Z", "fieldsV1": {"f:spec": {"f:suspend": {}}}}, 5, {"fieldsV1": 7}])");
  const auto found = suspender_of(object);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->manager, "alice-cli");
  EXPECT_EQ(found->time, "2026-01-02T00:00:00Z");
}

TEST(FluxHostile, NothingThrows) {
  const std::vector<std::string> bodies{"null",
                                        "[]",
                                        "7",
                                        R"("x")",
                                        "{}",
                                        R"({"apiVersion": 1, "kind": [], "metadata": "x"})",
                                        R"({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"})",
                                        R"({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": {}}})",
                                        R"({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "metadata": {"name": "x"}})"};
  for (const auto& body : bodies) {
    const auto object = json::parse(body);
    EXPECT_FALSE(parse_kustomization(object)) << body;
    EXPECT_FALSE(parse_git_repository(object)) << body;
    EXPECT_FALSE(parse_helm_release(object)) << body;
    EXPECT_FALSE(parse_helm_chart(object)) << body;
    EXPECT_NO_THROW(static_cast<void>(reconcile_patch(object, "t"))) << body;
    EXPECT_NO_THROW(static_cast<void>(suspender_of(object))) << body;
  }
  for (
      const char* spec :
      {"7", "[]",
       R"({"sourceRef": [], "path": 5, "images": {"a": 1}, "patches": ["x"], "postBuild": "y", "commonMetadata": [1], "components": [[], 5], "kubeConfig": {"secretRef": 5}})",
       R"({"images": [null, {"name": 5}], "postBuild": {"substitute": {"a": {"b": 1}, "c": null}}, "patchesJson6902": [{"patch": "x"}, 3]})"}) {
    EXPECT_TRUE(parse_kustomization(
        kustomization(json::parse(spec), json::parse(R"({"inventory": {"entries": {"id": 1}}, "conditions": "x", "lastAppliedRevision": []})"))))
        << spec;
    EXPECT_TRUE(parse_helm_release(release(json::parse(spec)))) << spec;
    EXPECT_TRUE(parse_git_repository(repository(json::parse(spec), json::parse(R"({"artifact": "x"})")))) << spec;
  }
}

TEST(FluxHostile, APathStaysInTheRepository) {
  const auto outside = parse_kustomization(kustomization({{"path", "./apps/../../etc"}}));
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(outside.error().message, HasSubstr("leaves the repository"));
  EXPECT_EQ(parse_kustomization(kustomization({{"path", "/a//./b/../c/"}}))->path, "a/c");
  EXPECT_EQ(parse_kustomization(kustomization({{"path", "./"}}))->path, "");
}

}  // namespace
}  // namespace driftwarden::flux
