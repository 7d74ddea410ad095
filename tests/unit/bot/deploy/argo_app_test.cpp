#include "bot/deploy/argo_source.hpp"
#include "gitops/base/text.hpp"
#include "tests/unit/bot/deploy/argo_fixture.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using nlohmann::json;

json source(const std::string& yaml) { return {{"spec", {{"source", parse_yaml(yaml, "x").value().front()}}}}; }

TEST(ArgoApp, ADirectoryOfAConfiguredRepository) {
  const ArgoGround world;
  const auto found = world.find_one(argo_application());
  ASSERT_TRUE(found.app) << join(found.notices, "; ");
  EXPECT_TRUE(found.notices.empty());
  const auto& app = *found.app;
  EXPECT_EQ(app.name, "checkout");
  EXPECT_EQ(app.repository, "config") << "by ssh or https, it is one repository";
  EXPECT_EQ(app.path, "apps/checkout");
  EXPECT_EQ(app.cluster, "here");
  EXPECT_EQ(app.namespace_, "shop");
  EXPECT_EQ(app.environment, "meta");
  EXPECT_EQ(app.revision, "");
  EXPECT_EQ(app.render, RenderKind::Auto);
  EXPECT_EQ(app.helm.release, "checkout");
  EXPECT_EQ(app.deployer.kind, DeployerKind::ArgoCd);
  EXPECT_EQ(app.deployer.cluster, "here");
  EXPECT_EQ(to_string(app.deployer.object), "Application argocd/checkout");
  EXPECT_TRUE(app.deployer.may_sync);
  EXPECT_EQ(app.found_by, "argocd argocd/checkout in here");
}

struct DestinationRow {
  std::string name;
  json destination;
  std::string cluster;
  friend void PrintTo(const DestinationRow& row, std::ostream* out) { *out << row.name; }
};
class ArgoDestination : public testing::TestWithParam<DestinationRow> {};
TEST_P(ArgoDestination, IsACluster) {
  const ArgoGround world;
  const auto found = world.find_one(changed(argo_application(), {{"spec", {{"destination", GetParam().destination}}}}));
  EXPECT_EQ(found.app ? found.app->cluster : "", GetParam().cluster);
  EXPECT_EQ(found.notices.size(), GetParam().cluster.empty() ? 1U : 0U);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ArgoDestination,
    testing::Values(DestinationRow{"OwnServer", {{"server", "https://kubernetes.default.svc"}}, "here"}, DestinationRow{"OwnServerWithPort", {{"server", "https://kubernetes.default.svc:443/"}}, "here"},
                    DestinationRow{"InCluster", {{"server", nullptr}, {"name", "in-cluster"}}, "here"}, DestinationRow{"ByName", {{"server", nullptr}, {"name", "prod-us"}}, "prod-us"},
                    DestinationRow{"ByAlias", {{"server", nullptr}, {"name", "eu"}}, "prod-eu"}, DestinationRow{"ByAliasUrl", {{"server", "https://EU.example.org:6443/"}}, "prod-eu"},
                    DestinationRow{"ByServer", {{"server", "https://us.example.org:443"}}, "prod-us"}, DestinationRow{"Unknown", {{"server", "https://asia.example.org"}}, ""},
                    DestinationRow{"UnknownName", {{"server", nullptr}, {"name", "asia"}}, ""}, DestinationRow{"None", {{"server", nullptr}}, ""}),
    [](const auto& row) { return row.param.name; });

struct RevisionRow {
  std::string name;
  std::string target;
  std::optional<std::string> revision;
  friend void PrintTo(const RevisionRow& row, std::ostream* out) { *out << row.name; }
};
class ArgoRevision : public testing::TestWithParam<RevisionRow> {};
TEST_P(ArgoRevision, IsABranchOrFixed) {
  const ArgoGround world;
  const auto found = world.find_one(changed(argo_application(), {{"spec", {{"source", {{"targetRevision", GetParam().target}}}}}}));
  EXPECT_EQ(found.app ? std::optional(found.app->revision) : std::nullopt, GetParam().revision);
  if (!GetParam().revision) {
    ASSERT_EQ(found.notices.size(), 1U);
    EXPECT_TRUE(found.place) << "somebody may have written an App down for it";
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, ArgoRevision,
                         testing::Values(RevisionRow{"Head", "HEAD", ""}, RevisionRow{"None", "", ""}, RevisionRow{"TheBranch", "main", ""}, RevisionRow{"TheBranchsRef", "refs/heads/main", ""},
                                         RevisionRow{"AnotherBranch", "release/1.2", "release/1.2"}, RevisionRow{"Tag", "v1.2.3", "v1.2.3"}, RevisionRow{"TagsRef", "refs/tags/v1", "v1"},
                                         RevisionRow{"Commit", kArgoCommit, kArgoCommit}, RevisionRow{"Star", "1.*", std::nullopt}, RevisionRow{"Caret", "^1.2.0", std::nullopt},
                                         RevisionRow{"Range", ">=1.0.0 <2.0.0", std::nullopt}, RevisionRow{"X", "v1.2.x", std::nullopt}, RevisionRow{"Tilde", "~1.2", std::nullopt}),
                         [](const auto& row) { return row.param.name; });

TEST(ArgoApp, FixedRevisions) {
  for (const std::string fixed : {"v1.2.3", "1.2", "refs/tags/x", "4f2c81a", kArgoCommit, "v1.0.0-rc.1"}) EXPECT_TRUE(is_fixed_revision(fixed)) << fixed;
  for (const std::string branch : {"main", "HEAD", "", "release", "release/1.2", "refs/heads/v1.2", "develop"}) EXPECT_FALSE(is_fixed_revision(branch)) << branch;
}

TEST(ArgoApp, OfTwoCheckoutsOfOneRepositoryThatWithTheBranch) {
  ArgoGround world;
  world.config.repositories[1].url = world.config.repositories[0].url;
  world.config.repositories[1].branch = "prod";
  const auto found = world.find_one(changed(argo_application(), {{"spec", {{"source", {{"targetRevision", "prod"}}}}}}));
  ASSERT_TRUE(found.app);
  EXPECT_EQ(found.app->repository, "infra");
  EXPECT_EQ(found.app->revision, "");
}

TEST(ArgoApp, HelmWithValuesParametersAndEnvironment) {
  const ArgoGround world;
  const auto found = world.find_one(changed(argo_application(), source(R"(
path: charts/web
helm:
  releaseName: web-eu
  valueFiles: [values.yaml, ../../values/$ARGOCD_APP_NAME.yaml, /global/values.yaml]
  parameters: [{name: image.tag, value: "1.2"}, {name: build, value: "007", forceString: true}, {name: ns, value: "${ARGOCD_APP_NAMESPACE}-x"}]
  values: "a: 1\n"
  skipCrds: true
)")));
  ASSERT_TRUE(found.app) << join(found.notices, "; ");
  const auto& helm = found.app->helm;
  EXPECT_EQ(found.app->render, RenderKind::Helm);
  EXPECT_EQ(helm.release, "web-eu");
  EXPECT_EQ(helm.values, (std::vector<std::string>{"values.yaml", "../../values/checkout.yaml", "../../global/values.yaml"}));
  EXPECT_EQ(helm.set, (std::map<std::string, std::string>{{"image.tag", "1.2"}, {"ns", "shop-x"}}));
  EXPECT_EQ(helm.set_string, (std::map<std::string, std::string>{{"build", "007"}}));
  EXPECT_EQ(helm.inline_values, "a: 1\n");
  EXPECT_TRUE(helm.skip_crds);
}

TEST(ArgoApp, KustomizeSettingsAreAnOverlay) {
  const ArgoGround world;
  const auto found = world.find_one(changed(argo_application(), source(R"(
kustomize:
  namePrefix: eu-
  images: [web=ghcr.io/acme/web:1.2]
  replicas: [{name: web, count: 3}]
  commonLabels: {tier: web}
  components: [../component]
  patches: [{target: {kind: Deployment}, patch: "- op: remove\n  path: /x\n"}]
)")));
  ASSERT_TRUE(found.app) << join(found.notices, "; ");
  EXPECT_EQ(found.app->render, RenderKind::Kustomize);
  const auto& overlay = found.app->kustomize;
  EXPECT_EQ(overlay.name_prefix, "eu-");
  EXPECT_EQ(overlay.images, (std::vector<std::string>{"web=ghcr.io/acme/web:1.2"}));
  EXPECT_EQ(overlay.replicas.at("web"), 3);
  EXPECT_EQ(overlay.labels.at("tier"), "web");
  EXPECT_EQ(overlay.components.size() + overlay.patches.size(), 2U);
}

Manifest with_sources(const std::string& yaml) {
  auto body = *argo_application().body;
  body["spec"].erase("source");
  body["spec"]["sources"] = parse_yaml(yaml, "x").value().front();
  return changed(argo_application(), {{"spec", {{"source", nullptr}, {"sources", body["spec"]["sources"]}}}});
}

TEST(ArgoApp, SeveralSourcesOfOneRepository) {
  const ArgoGround world;
  const auto found = world.find_one(with_sources(R"(
- {repoURL: "https://github.com/acme/config.git", ref: values}
- {repoURL: "https://github.com/acme/config.git", path: charts/web, helm: {valueFiles: ["$values/envs/prod/web.yaml"]}}
- {repoURL: "https://github.com/acme/config.git", path: extras, kustomize: {namePrefix: x-}}
)"));
  ASSERT_TRUE(found.app) << join(found.notices, "; ");
  EXPECT_EQ(found.app->path, "charts/web");
  EXPECT_EQ(found.app->helm.values, (std::vector<std::string>{"../../envs/prod/web.yaml"}));
  ASSERT_EQ(found.app->more.size(), 1U);
  EXPECT_EQ(found.app->more.front().path, "extras");
  EXPECT_EQ(found.app->more.front().kustomize.name_prefix, "x-");
}

struct RefusalRow {
  std::string name;
  std::string source;
  std::string says;
  bool place = true;
  friend void PrintTo(const RefusalRow& row, std::ostream* out) { *out << row.name; }
};
class ArgoRefusal : public testing::TestWithParam<RefusalRow> {};
TEST_P(ArgoRefusal, SaysWhatToDo) {
  const ArgoGround world;
  const auto manifest = GetParam().source.starts_with('-') ? with_sources(GetParam().source) : changed(argo_application(), source(GetParam().source));
  const auto found = world.find_one(manifest);
  EXPECT_FALSE(found.app);
  ASSERT_EQ(found.notices.size(), 1U);
  EXPECT_NE(found.notices.front().find(GetParam().says), std::string::npos) << found.notices.front();
  EXPECT_EQ(found.notices.front().find("checkout"), std::string::npos) << "the name is put before, so that many share one notice: " << found.notices.front();
  EXPECT_EQ(found.place.has_value(), GetParam().place);
  EXPECT_EQ(found.opinion.by, "Argo CD") << "its word is taken all the same";
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ArgoRefusal,
    testing::Values(
        RefusalRow{"UnknownRepository", "repoURL: https://user:secret@github.com/acme/other", "github.com/acme/other isn't configured", false},
        RefusalRow{"ChartFromARegistry", "{path: null, chart: redis, repoURL: https://charts.example.org, targetRevision: 17.0.1}", "the chart redis comes from a registry", false},
        RefusalRow{"Plugin", "plugin: {name: cdk8s}", "\"cdk8s\" of Argo CD's plugins"},
        RefusalRow{"PluginWithoutName", "plugin: {env: []}", "render: plugin"},
        RefusalRow{"Jsonnet", "directory: {jsonnet: {tlas: [{name: x, value: y}]}}", "jsonnet"},
        RefusalRow{"Exclude", "directory: {recurse: true, exclude: '*.test.yaml'}", "leaves files out"},
        RefusalRow{"LeavesTheRepository", "path: ../secrets", "leaves the repository"},
        RefusalRow{"ValuesLeaveTheRepository", "helm: {valueFiles: [../../../secrets.yaml]}", "leaves the repository"},
        RefusalRow{"ValuesFromAUrl", "helm: {valueFiles: ['https://example.org/values.yaml']}", "from a URL"},
        RefusalRow{"ValuesByAPattern", "helm: {valueFiles: ['values-*.yaml']}", "by a pattern"},
        RefusalRow{"FileParameters", "helm: {fileParameters: [{name: x, path: y}]}", "fileParameters"},
        RefusalRow{"KustomizeUnknown", "kustomize: {labelWithoutSelector: true, commonLabels: {a: b}}", "labelWithoutSelector"},
        RefusalRow{"BothTools", "{helm: {releaseName: x}, kustomize: {namePrefix: y}}", "at once"},
        RefusalRow{"NoSource", "{path: null}", "no source with a path", false},
        RefusalRow{"TwoRepositories",
                   "- {repoURL: 'https://github.com/acme/config', path: a}\n- {repoURL: 'https://github.com/acme/infra', path: b}\n", "several repositories", false},
        RefusalRow{"TwoRevisions",
                   "- {repoURL: 'https://github.com/acme/config', path: a}\n- {repoURL: 'https://github.com/acme/config', path: b, targetRevision: v2}\n", "several revisions", false},
        RefusalRow{"ValuesOfAnotherRepository",
                   "- {repoURL: 'https://github.com/acme/config', path: a, helm: {valueFiles: ['$v/x.yaml']}}\n- {repoURL: 'https://github.com/acme/infra', ref: v}\n", "renders an App from one repository"},
        RefusalRow{"ValuesOfNoSource", "- {repoURL: 'https://github.com/acme/config', path: a, helm: {valueFiles: ['$v/x.yaml']}}\n", "names no source"},
        RefusalRow{"ChartBesideADirectory",
                   "- {repoURL: 'https://github.com/acme/config', path: a}\n- {repoURL: 'https://charts.example.org', chart: redis, targetRevision: 1.0.0}\n", "the chart redis"}),
    [](const auto& row) { return row.param.name; });

TEST(ArgoApp, TheDrySourceOfAHydrator) {
  const ArgoGround world;
  const auto found = world.find_one(changed(argo_application(), parse_yaml(R"(
spec:
  source: null
  sourceHydrator:
    drySource: {repoURL: "https://github.com/acme/config", path: dry/web, targetRevision: main}
    syncSource: {targetBranch: env/prod, path: web}
)", "x").value().front()));
  ASSERT_TRUE(found.app);
  EXPECT_EQ(found.app->path, "dry/web");
  ASSERT_EQ(found.notices.size(), 1U);
  EXPECT_NE(found.notices.front().find("env/prod"), std::string::npos);
}

TEST(ArgoApp, ADirectorysOwnFilesUnlessItRecurses) {
  const ArgoGround world;
  EXPECT_TRUE(world.find_one(argo_application()).app->top_only) << "Argo CD's default";
  EXPECT_FALSE(world.find_one(changed(argo_application(), source("directory: {recurse: true}"))).app->top_only);
  const auto several = world.find_one(with_sources(R"(
- {repoURL: "https://github.com/acme/config.git", path: a, directory: {recurse: true}}
- {repoURL: "https://github.com/acme/config.git", path: b}
)"));
  ASSERT_TRUE(several.app);
  EXPECT_FALSE(several.app->top_only);
  EXPECT_TRUE(several.app->more.front().top_only);
}

TEST(ArgoApp, MissingValuesFilesMayBeLeftOut) {
  const ArgoGround world;
  EXPECT_TRUE(world.find_one(changed(argo_application(), source("helm: {valueFiles: [x.yaml], ignoreMissingValueFiles: true}"))).app->helm.skip_missing_values);
  EXPECT_FALSE(world.find_one(changed(argo_application(), source("helm: {valueFiles: [x.yaml]}"))).app->helm.skip_missing_values);
}

TEST(ArgoApp, APlaceHasADeployerOnlyWhereAllItsSourcesAreOfTheRepository) {
  const ArgoGround world;
  const auto beside = world.find_one(with_sources("- {repoURL: 'https://github.com/acme/config', path: a}\n- {repoURL: 'https://charts.example.org', chart: redis, targetRevision: 1.0.0}\n"));
  ASSERT_TRUE(beside.place);
  EXPECT_EQ(beside.place->deployer.kind, DeployerKind::None) << "the chart's objects would look like nobody's";
  const auto plugins = world.find_one(with_sources("- {repoURL: 'https://github.com/acme/config', path: a, plugin: {name: x}}\n- {repoURL: 'https://github.com/acme/config', path: b}\n"));
  ASSERT_TRUE(plugins.place);
  EXPECT_EQ(plugins.place->deployer.kind, DeployerKind::ArgoCd);
  EXPECT_EQ(plugins.place->more.back().path, "b");
}

TEST(ArgoApp, AnnotationsSayTheChannelAtMost) {
  ArgoGround world;
  const auto annotated = changed(argo_application(), {{"metadata", {{"annotations", {{"driftwarden.io/channel", "#shop"}, {"driftwarden.io/owners", "ann, sre, nobody"}}}}}});
  auto found = world.find_one(annotated);
  ASSERT_TRUE(found.app);
  EXPECT_EQ(found.app->channel, "#shop");
  EXPECT_TRUE(found.app->owners.empty()) << "owners approve: nobody becomes one by what stands in a cluster";
  EXPECT_TRUE(found.notices.empty());
  for (const auto* channel : {"C0123456", "#Shop", "#a b", "#", "shop", "#<!channel>", "@ann"}) {
    const auto odd = world.find_one(changed(annotated, {{"metadata", {{"annotations", {{"driftwarden.io/channel", channel}}}}}}));
    EXPECT_EQ(odd.app->channel, "") << channel;
    EXPECT_EQ(odd.notices.size(), 1U) << channel;
  }
  world.rule.app.channel = "#all";
  world.rule.app.owners = {"sre"};
  world.rule.app.environment = "eu";
  world.rule.may_sync = false;
  found = world.find_one(annotated);
  EXPECT_EQ(found.app->channel, "#all");
  EXPECT_EQ(found.app->owners, (std::vector<std::string>{"sre"}));
  EXPECT_EQ(found.app->environment, "eu");
  EXPECT_FALSE(found.app->deployer.may_sync);
}

TEST(ArgoTool, NamesOfSeveralNamespaces) {
  ArgoGround world;
  world.rule.namespace_ = "";
  const auto other = changed(argo_application(), {{"metadata", {{"namespace", "team-a"}}}});
  const auto lone = changed(argo_application("lone"), {{"metadata", {{"namespace", "team-b"}}}});
  const auto found = world.find({other, argo_application(), lone});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].name, "checkout");
  EXPECT_EQ(found[0].object.namespace_, "argocd");
  EXPECT_EQ(found[1].name, "lone");
  EXPECT_EQ(found[2].name, "team-a-checkout");
  EXPECT_EQ(found[2].app->name, "team-a-checkout");
  EXPECT_EQ(found[2].app->helm.release, "checkout");
}

TEST(ArgoTool, TakesOnlyWhatTheRuleMeans) {
  ArgoGround world;
  world.rule.selector = "team in (shop, search),!canary";
  const auto canary = changed(argo_application("canary"), {{"metadata", {{"labels", {{"canary", "1"}}}}}});
  const auto elsewhere = changed(argo_application("elsewhere"), {{"metadata", {{"namespace", "other"}}}});
  const auto found = world.find({argo_application(), canary, elsewhere, argo_project()});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().name, "checkout");
}

TEST(ArgoTool, TellsOfBrokenProjectsAndSets) {
  const ArgoGround world;
  const auto set = argo_manifest(R"(
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shops, namespace: argocd}
status:
  conditions:
    - {type: ErrorOccurred, status: "True", message: "no generator"}
    - {type: ResourcesUpToDate, status: "False", message: "x"}
)");
  Manifest odd;
  odd.ref = {"argoproj.io", "v1alpha1", "Application", "argocd", "odd"};
  odd.body = std::make_shared<const json>(json::array());
  const auto found = world.find({set, argo_project("[{kind: maybe, schedule: '* * * * *', duration: 1h}]"), odd});
  ASSERT_EQ(found.size(), 3U);
  for (const auto& one : found) {
    EXPECT_EQ(one.notices.size(), 1U) << one.name;
    EXPECT_FALSE(one.app || one.place);
  }
}

}  // namespace
}  // namespace driftwarden
