#include "bot/setup/rights.hpp"

#include "bot/setup/rbac.hpp"
#include "bot/setup/resources.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kTwoClusters = R"(
clusters:
  - {name: prod-eu, in_cluster: true, apply: true, orphans: [shop]}
  - {name: lab, kubeconfig: lab.kubeconfig}
repositories:
  - {name: config, url: "https://git.example.com/acme/config.git"}
apps:
  - {name: checkout, repository: config, path: apps/checkout, cluster: prod-eu, namespace: shop}
  - {name: trial, repository: config, path: apps/trial, cluster: lab, namespace: trial}
discover:
  - argocd: {cluster: prod-eu, namespace: argocd}
  - flux: {cluster: lab, sync: false}
ha: {cluster: prod-eu, namespace: warden}
)";

constexpr const char* kCheckout = R"(
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout}
---
apiVersion: v1
kind: Service
metadata: {name: checkout}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: dashboards, namespace: monitoring}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: sweep}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: token}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pennies.acme.io}
spec: {group: acme.io, scope: Cluster, names: {kind: Penny, plural: pence}}
---
apiVersion: acme.io/v1
kind: Penny
metadata: {name: first}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
)";

FakeEnvironment with_kubeconfig() {
  FakeEnvironment environment;
  environment.files["/etc/driftwarden/lab.kubeconfig"] = "{}";
  return environment;
}

AppObjects objects_of(const Config& config, const std::string& app, const std::string& text) {
  return {*find_app(config, app), *parse_manifests(text, "m.yaml")};
}

/// The verbs that a role gives on one resource, "" for none.
std::string verbs_on(const std::vector<AccessRule>& rules, const std::string& resource, const std::string& name = {}) {
  std::string all;
  for (const auto& rule : rules) {
    const bool named = rule.names.empty() ? name.empty() : std::ranges::find(rule.names, name) != rule.names.end();
    if (named && std::ranges::find(rule.resources, resource) != rule.resources.end()) all += (all.empty() ? "" : " ") + join(rule.verbs, " ");
  }
  return all;
}

class RightsTest : public testing::Test {
 protected:
  std::vector<ClusterRights> rights_of(const std::string& manifests, const RightsOptions& options = {}) const {
    return needed_rights(config, {objects_of(config, "checkout", manifests), objects_of(config, "trial", manifests)}, options);
  }
  Config config = good(kTwoClusters, with_kubeconfig());
};

TEST_F(RightsTest, WhatIsPrinted) {
  const auto text = rbac_text(rights_of(kCheckout), {RbacFormat::Yaml, {}, "2 rendered Apps"});
  ASSERT_TRUE(text);
  test::expect_golden("setup/rbac.yaml", *text);
}

TEST_F(RightsTest, WatchesAreOfTheKindsInGitAlone) {
  const auto rights = rights_of("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
  EXPECT_EQ(verbs_on(rights[1].everywhere.read, "configmaps"), "get list watch");
  EXPECT_EQ(verbs_on(rights[1].everywhere.read, "secrets"), "");
  EXPECT_EQ(verbs_on(rights[1].everywhere.read, "deployments"), "");
}

TEST_F(RightsTest, NothingIsWrittenWithoutApply) {
  const auto lab = rights_of(kCheckout)[1];
  EXPECT_THAT(lab.everywhere.write, IsEmpty());
  for (const auto& [name, some] : lab.namespaces) EXPECT_THAT(some.write, IsEmpty()) << name;
  EXPECT_THAT(lab.notes, Contains(HasSubstr("unconfirmed")));
}

TEST_F(RightsTest, DryRunsTakePatchAndNoMore) {
  const auto lab = rights_of(kCheckout, {.dry_runs = true})[1];
  EXPECT_EQ(verbs_on(lab.namespaces.at("trial").write, "deployments"), "patch");
  EXPECT_THAT(lab.notes, Not(Contains(HasSubstr("unconfirmed"))));
}

TEST_F(RightsTest, WritingIsPerNamespaceAndByNameWhereThereIsNone) {
  const auto prod = rights_of(kCheckout)[0];
  EXPECT_EQ(verbs_on(prod.namespaces.at("shop").write, "deployments"), "create patch delete");
  EXPECT_EQ(verbs_on(prod.namespaces.at("monitoring").write, "configmaps"), "create patch delete");
  EXPECT_EQ(verbs_on(prod.namespaces.at("monitoring").write, "deployments"), "");
  EXPECT_EQ(verbs_on(prod.everywhere.write, "namespaces", "shop"), "create patch delete");
  EXPECT_EQ(verbs_on(prod.everywhere.write, "namespaces"), "");
}

TEST_F(RightsTest, ADefinitionTellsPluralAndScope) {
  const auto prod = rights_of(kCheckout)[0];
  EXPECT_EQ(verbs_on(prod.everywhere.read, "pence"), "get list watch");
  EXPECT_EQ(verbs_on(prod.everywhere.write, "pence", "first"), "create patch delete");
}

TEST_F(RightsTest, OfASecretThatAnotherObjectMakesNothingIsGot) { EXPECT_EQ(verbs_on(rights_of(kCheckout)[0].everywhere.read, "secrets"), "list watch"); }

TEST_F(RightsTest, RolesAreWrittenByNameAndSaidToBeARisk) {
  const auto prod = rights_of(kCheckout)[0];
  EXPECT_EQ(verbs_on(prod.namespaces.at("shop").write, "roles", "reader"), "bind escalate");
  EXPECT_EQ(verbs_on(prod.everywhere.write, "roles"), "");
  EXPECT_THAT(prod.notes, Contains(HasSubstr("escalate")));
}

TEST_F(RightsTest, LogsAndEventsAreReadWhereAppsRun) {
  const auto prod = rights_of(kCheckout)[0];
  EXPECT_EQ(verbs_on(prod.namespaces.at("shop").read, "pods/log"), "get");
  EXPECT_EQ(verbs_on(prod.namespaces.at("shop").read, "replicasets"), "get");
  // What is given everywhere (here for orphans) isn't given once more.
  EXPECT_EQ(verbs_on(prod.everywhere.read, "pods"), "list watch");
  EXPECT_EQ(verbs_on(prod.namespaces.at("shop").read, "pods"), "");
  EXPECT_EQ(verbs_on(prod.namespaces.at("shop").read, "jobs"), "get");
  EXPECT_EQ(verbs_on(rights_of(kCheckout)[1].namespaces.at("trial").read, "pods"), "list");
  EXPECT_EQ(verbs_on(prod.namespaces.at("monitoring").read, "pods/log"), "");
  EXPECT_EQ(verbs_on(prod.namespaces.at("default").read, "events"), "list");
  const auto quiet = rights_of("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")[0];
  EXPECT_EQ(verbs_on(quiet.namespaces.at("shop").read, "pods/log"), "");
}

TEST_F(RightsTest, WhatArgoCdDeploysIsNeverCreatedByUs) {
  auto objects = objects_of(config, "checkout", kCheckout);
  objects.app.deployer.kind = DeployerKind::ArgoCd;
  const auto prod = needed_rights(config, {objects})[0];
  EXPECT_EQ(verbs_on(prod.namespaces.at("shop").write, "deployments"), "patch");
  EXPECT_EQ(verbs_on(prod.namespaces.at("argocd").write, "applications"), "patch");
  auto& cluster = config.clusters[0];
  cluster.confirm = ConfirmMode::Never;
  const auto only_restarts = needed_rights(config, {objects})[0];
  EXPECT_EQ(verbs_on(only_restarts.namespaces.at("shop").write, "deployments"), "patch");
  EXPECT_EQ(verbs_on(only_restarts.namespaces.at("shop").write, "services"), "");
}

TEST_F(RightsTest, DeployersAreReadAndPatchedOnlyWhereTheyMayBeAsked) {
  const auto rights = rights_of(kCheckout);
  EXPECT_EQ(verbs_on(rights[0].everywhere.read, "applications"), "get list watch");
  EXPECT_EQ(verbs_on(rights[0].everywhere.read, "applicationsets"), "list watch");
  EXPECT_EQ(verbs_on(rights[0].everywhere.read, "kustomizations"), "");
  EXPECT_EQ(verbs_on(rights[1].everywhere.read, "kustomizations"), "get list watch");
  EXPECT_EQ(verbs_on(rights[1].everywhere.write, "kustomizations"), "");
}

TEST_F(RightsTest, TheLeaseIsInItsNamespaceAndByName) {
  const auto rights = rights_of(kCheckout);
  EXPECT_EQ(verbs_on(rights[0].namespaces.at("warden").write, "leases"), "create");
  EXPECT_EQ(verbs_on(rights[0].namespaces.at("warden").write, "leases", "driftwarden"), "get update");
  EXPECT_FALSE(rights[1].namespaces.contains("warden"));
}

TEST_F(RightsTest, NoCommitMakesAStarOfAKind) {
  const auto prod = rights_of(R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: all}
spec: {group: acme.io, scope: Cluster, names: {kind: All, plural: "*"}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: secrets}
spec: {group: "", scope: Cluster, names: {kind: ConfigMap, plural: secrets}}
---
apiVersion: acme.io/v1
kind: All
metadata: {name: a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
apiVersion: "*/v1"
kind: "Some\nthing*"
metadata: {name: a}
)")[0];
  EXPECT_EQ(verbs_on(prod.everywhere.read, "alls"), "get list watch");
  EXPECT_EQ(verbs_on(prod.everywhere.read, "secrets"), "");
  const auto text = *rbac_text({prod}, {RbacFormat::Yaml, {}, {}});
  EXPECT_THAT(text, Not(HasSubstr("\"*\"]")));
  EXPECT_THAT(prod.notes, Contains(HasSubstr("can't be a kind")));
  EXPECT_THAT(parse_yaml(text, "rbac.yaml")->front().at("kind"), "ServiceAccount");
}

TEST_F(RightsTest, HelmValuesAreOfOneCluster) {
  const auto rights = rights_of(kCheckout);
  EXPECT_FALSE(rbac_text(rights, {RbacFormat::Helm, {}, {}}));
  const auto text = rbac_text({rights[0]}, {RbacFormat::Helm, {}, {}});
  ASSERT_TRUE(text);
  const auto values = parse_yaml(*text, "values.yaml")->front();
  EXPECT_EQ(values["rbac"]["namespaces"]["warden"]["write"].size(), 2U);
  EXPECT_EQ(values["rbac"]["namespaces"]["warden"]["read"], json::array());
}

TEST_F(RightsTest, ForPeopleAndForProgramsItIsTheSame) {
  for (const auto& rights : rights_of(kCheckout)) {
    const auto text = rbac_text({rights}, {RbacFormat::Yaml, {}, {}});
    EXPECT_EQ(*parse_yaml(*text, "rbac.yaml"), rbac_manifests(rights, {}));
  }
}

TEST_F(RightsTest, JsonIsAList) {
  const auto rights = rights_of(kCheckout);
  EXPECT_EQ(json::parse(*rbac_text({rights[0]}, {RbacFormat::Json, {}, {}}))["kind"], "List");
  EXPECT_THAT(json::parse(*rbac_text(rights, {RbacFormat::Json, {}, {}})), testing::SizeIs(2));
}

TEST(Rbac, TheManifestThatIsShippedIsWhatTheExampleNeeds) {
  FakeEnvironment environment;
  for (const auto* name : {"SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "WEBHOOK_SECRET", "FORGE_TOKEN"}) environment.variables[name] = "x";
  for (const auto* name : {"CAROL_TOTP", "DAN_TOTP"}) environment.variables[name] = "PLACEHOLDERPLACEHOLDERPLACEHOLDE";
  environment.files["/etc/driftwarden/prod-eu.kubeconfig"] = "{}";
  const auto config = good(test::read_source_file("deploy/examples/driftwarden.yaml"), environment);
  AppObjects objects{config.apps.at(0), {}};
  for (const auto& kind : usual_kinds()) {
    Manifest manifest;
    manifest.ref = kind;
    objects.manifests.push_back(std::move(manifest));
  }
  const auto text = rbac_text(needed_rights(config, {objects}), {RbacFormat::Yaml, {}, "the usual kinds"});
  EXPECT_EQ(test::read_source_file("deploy/rbac.yaml"), *text) << "driftwarden rbac --usual-kinds --config deploy/examples/driftwarden.yaml > deploy/rbac.yaml";
}

TEST(Rbac, TheChartReadsTheUsualKinds) {
  const auto values = parse_yaml(test::read_source_file("deploy/chart/values.yaml"), "values.yaml")->front();
  const auto config = good("clusters:\n- {name: here, in_cluster: true, confirm: never}\n");
  App app;
  app.name = "any";
  app.cluster = "here";
  AppObjects objects{app, {}};
  for (const auto& kind : usual_kinds()) {
    Manifest manifest;
    manifest.ref = kind;
    objects.manifests.push_back(std::move(manifest));
  }
  auto rights = needed_rights(config, {objects});
  rights[0].namespaces.clear();
  const auto expected = parse_yaml(*rbac_text(rights, {RbacFormat::Helm, {}, {}}), "expected.yaml")->front();
  EXPECT_EQ(values.at("rbac").at("everywhere"), expected.at("rbac").at("everywhere"));
}

TEST(Resources, PluralsAreThoseOfKubernetes) {
  EXPECT_EQ(plural_of("NetworkPolicy"), "networkpolicies");
  EXPECT_EQ(plural_of("Ingress"), "ingresses");
  EXPECT_EQ(plural_of("Gateway"), "gateways");
  EXPECT_EQ(plural_of("Endpoints"), "endpoints");
  EXPECT_EQ(plural_of("Prometheus"), "prometheuses");
  EXPECT_EQ(plural_of("ConfigMap"), "configmaps");
}

TEST(Resources, WhatNobodyDefinesIsGuessedAndSaidSo) {
  const Resources resources;
  EXPECT_TRUE(resources.of({"cert-manager.io", "ClusterIssuer"}).cluster_wide);
  EXPECT_TRUE(resources.of({"cert-manager.io", "Certificate"}).guessed);
  EXPECT_FALSE(resources.of({"apps", "Deployment"}).guessed);
}

TEST(Kinds, ALineEach) {
  const auto kinds = parse_kinds("# mine\napps/v1 Deployment\nv1   ConfigMap  # and theirs\n\n", "kinds");
  ASSERT_TRUE(kinds);
  EXPECT_THAT(*kinds, ElementsAre(ObjectRef{"apps", "v1", "Deployment", "", ""}, ObjectRef{"", "v1", "ConfigMap", "", ""}));
}

TEST(Kinds, OrManifests) {
  const auto kinds = parse_kinds("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n---\n{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret}]}\n", "m.yaml");
  ASSERT_TRUE(kinds);
  EXPECT_THAT(*kinds, ElementsAre(ObjectRef{"", "v1", "ConfigMap", "b", "a"}, ObjectRef{"", "v1", "Secret", "", ""}));
}

TEST(Kinds, AMistakeNamesItsLine) {
  const auto kinds = parse_kinds("apps/v1 Deployment\nConfigMap\n", "kinds");
  ASSERT_FALSE(kinds);
  EXPECT_THAT(kinds.error().message, HasSubstr("kinds:2: \"ConfigMap\""));
}

TEST(LeaseNames, OneOrOneForEachShard) {
  Config config;
  EXPECT_THAT(lease_names(config), IsEmpty());
  config.ha.emplace();
  EXPECT_THAT(lease_names(config), ElementsAre("driftwarden"));
  config.shards = {{.name = "eu", .clusters = {}}, {.name = "us", .clusters = {}}};
  EXPECT_THAT(lease_names(config), UnorderedElementsAre("driftwarden-eu", "driftwarden-us"));
}

}  // namespace
}  // namespace driftwarden
