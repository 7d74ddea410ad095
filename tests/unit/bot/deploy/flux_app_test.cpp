// What Flux's objects come to.
#include "tests/unit/bot/deploy/flux_world.hpp"

#include "gitops/base/text.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using nlohmann::json;
using test::flux_commit;
using test::flux_ready;
using test::git_repository;
using test::helm_release;
using test::kustomization;
using test::suspended;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kOld = flux_commit('1');
const std::string kNew = flux_commit('2');

class FluxApps : public testing::Test, public test::FluxGround {
 protected:
  FoundApp one(const json& object, const json& source = git_repository("config", kNew)) {
    auto found = find({source, object});
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? FoundApp{} : found.front();
  }
  std::vector<std::string> names(const std::vector<FoundApp>& found) {
    std::vector<std::string> out;
    for (const auto& each : found) out.push_back(each.name);
    return out;
  }
};

TEST_F(FluxApps, AKustomizationIsAnApp) {
  auto object = kustomization("checkout", "apps", "./apps/checkout", kNew);
  object["spec"].update(
      json::parse(R"({"targetNamespace": "shop", "images": [{"name": "web", "newTag": "2"}], "components": ["../hpa"], "patches": [{"patch": "x"}],
    "commonMetadata": {"labels": {"a": "b"}}, "namePrefix": "p-", "postBuild": {"substitute": {"REGION": "eu"}}, "decryption": {"provider": "sops"}})"));
  const auto found = one(object);
  EXPECT_THAT(found.notices, IsEmpty());
  ASSERT_TRUE(found.app);
  const auto& app = *found.app;
  EXPECT_EQ(app.name, "checkout");
  EXPECT_EQ(app.repository, "config");
  EXPECT_EQ(app.path, "apps/checkout");
  EXPECT_EQ(app.cluster, "here");
  EXPECT_EQ(app.namespace_, "shop");
  EXPECT_EQ(app.environment, "staging");
  EXPECT_EQ(app.channel, "#shop");
  EXPECT_EQ(app.revision, "") << "the repository's own branch";
  EXPECT_EQ(app.render, RenderKind::Auto);
  EXPECT_EQ(app.kustomize.namespace_, "shop");
  EXPECT_THAT(app.kustomize.images, ElementsAre("web:2"));
  EXPECT_THAT(app.kustomize.components, ElementsAre("../hpa"));
  EXPECT_EQ(app.kustomize.name_prefix, "p-");
  EXPECT_EQ(app.kustomize.labels.at("a"), "b");
  EXPECT_EQ(app.kustomize.substitute->at("REGION"), "eu");
  EXPECT_EQ(app.deployer.kind, DeployerKind::Flux);
  EXPECT_EQ(app.deployer.cluster, "here");
  EXPECT_EQ(app.deployer.object.name, "checkout");
  EXPECT_TRUE(app.deployer.may_sync);
  EXPECT_EQ(app.found_by, "flux Kustomization apps/checkout in here");
}

TEST_F(FluxApps, WithoutATargetNamespaceItsObjectsTell) {
  auto object = kustomization("checkout", "flux-system", "./apps/checkout", kNew);
  EXPECT_EQ(one(object).app->namespace_, "flux-system");
  object["status"]["inventory"]["entries"] =
      json::parse(R"([{"id": "shop_a__Service", "v": "v1"}, {"id": "shop_b__Service", "v": "v1"}, {"id": "edge_c__Service", "v": "v1"}])");
  EXPECT_EQ(one(object).app->namespace_, "shop");
  EXPECT_EQ(one(object).app->kustomize.namespace_, "") << "nothing is moved there";
}

struct FollowRow {
  std::string name;
  std::string ref;
  std::string artifact;
  std::string revision;
  friend void PrintTo(const FollowRow& row, std::ostream* out) { *out << row.name; }
};
class FluxFollows : public FluxApps, public testing::WithParamInterface<FollowRow> {};
TEST_P(FluxFollows, Revision) {
  auto source = git_repository("config", kNew);
  source["spec"]["ref"] = json::parse(GetParam().ref);
  source["status"]["artifact"]["revision"] = GetParam().artifact;
  const auto found = one(kustomization("checkout", "apps", "./a", kNew), source);
  ASSERT_TRUE(found.app);
  EXPECT_EQ(found.app->revision, GetParam().revision);
}
INSTANTIATE_TEST_SUITE_P(Rows, FluxFollows,
                         testing::Values(FollowRow{"TheBranch", R"({"branch": "main"})", "", ""},
                                         FollowRow{"AnotherBranch", R"({"branch": "prod"})", "", "prod"}, FollowRow{"NothingIsMaster", "{}", "", "master"},
                                         FollowRow{"ATag", R"({"tag": "v1", "branch": "main"})", "", "v1"},
                                         FollowRow{"ACommit", R"({"commit": "abc", "branch": "main"})", "", "abc"},
                                         FollowRow{"ARange", R"({"semver": ">=1"})", "v1.4.0@sha1:" + kNew, "v1.4.0"},
                                         FollowRow{"ARefToTheBranch", R"({"name": "refs/heads/main"})", "", ""},
                                         FollowRow{"ARefToATag", R"({"name": "refs/tags/v2"})", "", "v2"},
                                         FollowRow{"ARefToAPullRequest", R"({"name": "refs/pull/7/head"})", "refs/pull/7/head@sha1:" + kNew, kNew}),
                         [](const auto& row) { return row.param.name; });

TEST_F(FluxApps, ARangeThatHasNotSettledIsNoApp) {
  auto source = git_repository("config", kNew);
  source["spec"]["ref"] = {{"semver", ">=1"}};
  source["status"] = json::object();
  const auto found = one(kustomization("checkout", "apps", "./a", kNew), source);
  EXPECT_FALSE(found.app);
  EXPECT_THAT(found.notices, ElementsAre(HasSubstr("hasn't settled on a revision yet")));
}

struct NoAppRow {
  std::string name;
  std::string spec;
  std::string notice;
  bool has_place;
  friend void PrintTo(const NoAppRow& row, std::ostream* out) { *out << row.name; }
};
class FluxNoApp : public FluxApps, public testing::WithParamInterface<NoAppRow> {};
TEST_P(FluxNoApp, IsSaid) {
  auto object = kustomization("checkout", "apps", "./a", kNew);
  object["spec"].update(json::parse(GetParam().spec));
  const auto found = one(object);
  EXPECT_FALSE(found.app);
  EXPECT_EQ(found.place.has_value(), GetParam().has_place);
  EXPECT_THAT(found.notices, Contains(HasSubstr(GetParam().notice)));
  EXPECT_EQ(found.opinion.by, "Flux") << "what it says counts all the same";
}
INSTANTIATE_TEST_SUITE_P(
    Rows, FluxNoApp,
    testing::Values(
        NoAppRow{"VariablesFromTheCluster", R"({"postBuild": {"substituteFrom": [{"kind": "Secret", "name": "x"}]}})", "postBuild.substituteFrom", true},
        NoAppRow{"AnUnknownCluster", R"({"kubeConfig": {"secretRef": {"name": "edge"}}})", "by the kubeconfig \"edge\"", false},
        NoAppRow{"FromARegistry", R"({"sourceRef": {"kind": "OCIRepository", "name": "x"}})", "is made from the OCIRepository x, not from Git", false},
        NoAppRow{"FromABucket", R"({"sourceRef": {"kind": "Bucket", "name": "x"}})", "Bucket x", false},
        NoAppRow{"ASourceThatIsGone", R"({"sourceRef": {"kind": "GitRepository", "name": "gone"}})", "GitRepository apps/gone, which isn't there", false},
        NoAppRow{"APathOutside", R"({"path": "../../etc"})", "leaves the repository", false}),
    [](const auto& row) { return row.param.name; });

TEST_F(FluxApps, ARepositoryThatNobodyConfiguredIsSaid) {
  auto source = git_repository("config", kNew);
  source["spec"]["url"] = "https://elsewhere.test/x";
  const auto found = one(kustomization("checkout", "apps", "./a", kNew), source);
  EXPECT_FALSE(found.app);
  EXPECT_THAT(found.notices, ElementsAre(HasSubstr("https://elsewhere.test/x, which is no repository of the config")));
}

TEST_F(FluxApps, AKubeconfigThatIsAnAliasIsItsCluster) {
  auto object = kustomization("checkout", "apps", "./a", kNew);
  object["spec"]["kubeConfig"] = {{"secretRef", {{"name", "prod-eu-kubeconfig"}}}};
  const auto found = one(object);
  ASSERT_TRUE(found.app);
  EXPECT_EQ(found.app->cluster, "prod-eu");
  EXPECT_EQ(found.app->environment, "production");
  EXPECT_EQ(found.app->deployer.cluster, "here") << "its object is where Flux is";
}

TEST_F(FluxApps, AReleaseOfAChartInGitIsAnApp) {
  auto object = helm_release("web", "apps", "./charts/web");
  object["spec"].update(json::parse(R"({"targetNamespace": "shop", "values": {"replicas": 2}, "commonMetadata": {"labels": {"region": "eu"}}})"));
  object["spec"]["chart"]["spec"]["valuesFiles"] = {"./charts/web/values.yaml", "charts/web/prod.yaml", "envs/prod.yaml"};
  const auto found = one(object);
  EXPECT_THAT(found.notices, ElementsAre(HasSubstr("only when `version` in Chart.yaml moves")));
  auto by_revision = object;
  by_revision["spec"]["chart"]["spec"]["reconcileStrategy"] = "Revision";
  EXPECT_THAT(one(by_revision).notices, IsEmpty());
  ASSERT_TRUE(found.app);
  EXPECT_EQ(found.app->path, "charts/web");
  EXPECT_EQ(found.app->render, RenderKind::Helm);
  EXPECT_EQ(found.app->namespace_, "shop");
  EXPECT_EQ(found.app->helm.release, "shop-web");
  EXPECT_THAT(found.app->helm.values, ElementsAre("prod.yaml", "../../envs/prod.yaml"));
  EXPECT_EQ(found.app->helm.inline_values, R"({"replicas":2})");
  EXPECT_TRUE(found.app->helm.skip_crds);
  EXPECT_EQ(found.app->kustomize.labels.at("region"), "eu");
}

TEST_F(FluxApps, AReleaseThatCannotBeRenderedIsSaid) {
  auto object = helm_release("web", "apps", "./charts/web");
  object["spec"]["chart"]["spec"]["valuesFiles"] = {"envs/prod.yaml"};
  auto found = one(object);
  EXPECT_FALSE(found.app);
  EXPECT_THAT(found.notices, ElementsAre(HasSubstr("leaves out the chart's own values.yaml")));
  object = helm_release("web", "apps", "web");
  object["spec"]["chart"]["spec"]["sourceRef"] = {{"kind", "HelmRepository"}, {"name", "bitnami"}};
  found = one(object);
  EXPECT_FALSE(found.app);
  EXPECT_THAT(found.notices, ElementsAre(HasSubstr("HelmRepository bitnami")));
  object = helm_release("web", "apps", "./charts/web");
  object["spec"]["valuesFrom"] = {{{"kind", "Secret"}, {"name", "x"}}};
  EXPECT_THAT(one(object).notices, ElementsAre(HasSubstr("\"valuesFrom\"")));
  object = helm_release("web", "apps", "../../charts/web");
  EXPECT_FALSE(one(object).app);
}

TEST_F(FluxApps, NamesStayApart) {
  const auto source = git_repository("config", kNew);
  EXPECT_THAT(names(find({source, kustomization("web", "apps", "./a", kNew), helm_release("web", "apps", "./c")})), ElementsAre("apps-web", "web"));
  EXPECT_THAT(names(find({source, kustomization("web", "a", "./a", kNew), kustomization("web", "b", "./b", kNew)})), ElementsAre("a-web", "b-web"));
  EXPECT_THAT(names(find({source, kustomization("web", "a", "./a", kNew), kustomization("web", "b", "./b", kNew), helm_release("web", "a", "./c")})),
              ElementsAre("a-web", "a-web-release", "b-web"));
  App other;
  other.name = "web";
  other.repository = "elsewhere";
  config.apps = {other};
  EXPECT_THAT(names(find({source, kustomization("web", "a", "./a", kNew)})), ElementsAre("a-web"));
  config.apps[0].repository = "config";
  config.apps[0].path = "a";
  config.apps[0].cluster = "here";
  EXPECT_THAT(names(find({source, kustomization("web", "a", "./a", kNew)})), ElementsAre("web")) << "the same, written down";
}

TEST_F(FluxApps, WithSeveralFluxsTheClusterIsAPartOfTheName) {
  DiscoverRule other;
  other.kind = DiscoverKind::Flux;
  other.cluster = "prod-eu";
  config.discover = {rule, other};
  const auto source = git_repository("config", kNew);
  EXPECT_THAT(names(find({source, kustomization("web", "apps", "./a", kNew), helm_release("web", "apps", "./c")})), ElementsAre("apps-web-here", "web-here"));
  config.discover[1].cluster = "here";
  EXPECT_THAT(names(find({source, kustomization("web", "apps", "./a", kNew)})), ElementsAre("web"));
}

TEST_F(FluxApps, TheRuleChooses) {
  const auto source = git_repository("config", kNew);
  auto other = kustomization("b", "other", "./b", kNew);
  other["metadata"]["labels"] = {{"team", "search"}};
  const std::vector<json> all{source, kustomization("a", "apps", "./a", kNew), other};
  EXPECT_EQ(find(all).size(), 2U);
  rule.namespace_ = "other";
  EXPECT_THAT(names(find(all)), ElementsAre("b"));
  rule.namespace_ = "";
  rule.selector = "team in (shop)";
  EXPECT_THAT(names(find(all)), ElementsAre("a"));
}

TEST_F(FluxApps, HostileObjectsAreLeftOut) {
  auto broken = kustomization("x", "apps", "./a", kNew);
  broken["metadata"]["labels"] = 7;
  broken["spec"] = json::array({1, 2});
  broken["status"] = "no";
  const auto found = one(broken);
  EXPECT_FALSE(found.app);
  EXPECT_FALSE(found.notices.empty());
  auto control = kustomization("x", "apps", "./a", kNew);
  control["spec"]["sourceRef"] = {{"kind", "Git\nRepository"}, {"name", "\x1b[31m"}};
  for (const auto& notice : one(control).notices) EXPECT_EQ(notice, without_control_characters(notice));
}

struct OpinionRow {
  std::string name;
  std::string applied;
  json conditions;
  AppState state;
  std::string health;
  friend void PrintTo(const OpinionRow& row, std::ostream* out) { *out << row.name; }
};
class FluxOpinion : public FluxApps, public testing::WithParamInterface<OpinionRow> {};
TEST_P(FluxOpinion, IsItsWord) {
  auto object = kustomization("checkout", "apps", "./a", GetParam().applied);
  object["status"]["conditions"] = GetParam().conditions;
  const auto found = one(object);
  EXPECT_EQ(found.opinion.state, GetParam().state);
  EXPECT_EQ(found.opinion.health, GetParam().health);
  EXPECT_EQ(found.opinion.revision, GetParam().applied);
  EXPECT_FALSE(found.opinion.paused);
}
INSTANTIATE_TEST_SUITE_P(Rows, FluxOpinion,
                         testing::Values(OpinionRow{"Ready", kNew, flux_ready(), AppState::Synced, "Ready"},
                                         OpinionRow{"Behind", kOld, flux_ready(), AppState::OutOfSync, "Ready"},
                                         OpinionRow{"Failed", kNew, flux_ready("False", "HealthCheckFailed", "timeout"), AppState::OutOfSync, "NotReady"},
                                         OpinionRow{"Progressing", kNew, flux_ready("Unknown"), AppState::Unknown, "Progressing"},
                                         OpinionRow{"NothingYet", kNew, json::array(), AppState::Unknown, "Progressing"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(FluxApps, ASuspendedOneIsPausedBySomebody) {
  auto found = one(suspended(kustomization("checkout", "apps", "./a", kNew)));
  EXPECT_TRUE(found.opinion.paused);
  EXPECT_EQ(found.opinion.state, AppState::Unknown);
  ASSERT_TRUE(found.pause);
  EXPECT_EQ(found.pause->what, "Flux's Kustomization apps/checkout is suspended");
  EXPECT_EQ(found.pause->who, "alice-cli");
  EXPECT_EQ(found.pause->app, "checkout");
  ASSERT_TRUE(found.pause->since);
  EXPECT_EQ(format_time(*found.pause->since), "2026-03-01T08:00:00Z");
  auto stale = suspended(kustomization("checkout", "apps", "./a", kNew));
  stale["metadata"]["generation"] = 2;
  stale["status"]["observedGeneration"] = 1;
  EXPECT_EQ(one(stale).opinion.health, "") << "nothing is under way";
  found = one(kustomization("checkout", "apps", "./a", kNew), suspended(git_repository("config", kNew)));
  EXPECT_TRUE(found.opinion.paused);
  ASSERT_TRUE(found.pause);
  EXPECT_THAT(found.pause->what, HasSubstr("GitRepository flux-system/config is suspended, and Kustomization apps/checkout follows it"));
}

TEST_F(FluxApps, AWaitingOneSaysForWhat) {
  auto object = kustomization("checkout", "apps", "./a", kNew);
  object["status"]["conditions"] = flux_ready("False", "DependencyNotReady", "dependency 'infra/db' is not ready");
  EXPECT_EQ(one(object).opinion.waits_for, "dependency 'infra/db' is not ready");
  auto source = git_repository("config", kNew);
  source["status"]["conditions"] = flux_ready("False", "GitOperationFailed", "authentication required");
  EXPECT_EQ(one(kustomization("checkout", "apps", "./a", kNew), source).opinion.message, "GitRepository flux-system/config: authentication required");
}

}  // namespace
}  // namespace driftwarden
