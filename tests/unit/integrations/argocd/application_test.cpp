#include "integrations/argocd/application.hpp"

#include "tests/unit/integrations/argocd/fixtures.hpp"

#include <gtest/gtest.h>

namespace driftwarden::argocd {
namespace {

using nlohmann::json;

TEST(ArgoApplication, IsReadWhole) {
  const auto object = guestbook();
  const auto read = parse_application(object);
  ASSERT_TRUE(read) << read.error().message;
  const auto& app = *read;
  EXPECT_EQ(to_string(app.ref), "Application argocd/guestbook");
  EXPECT_EQ(app.resource_version, "4711");
  EXPECT_EQ(app.project, "shops");
  EXPECT_EQ(app.owner_set, "shops");
  EXPECT_EQ(app.labels.at("team"), "shop");
  ASSERT_EQ(app.sources.size(), 1U);
  EXPECT_FALSE(app.is_multi_source);
  const auto& source = app.sources.front();
  EXPECT_EQ(source.path, "apps/guestbook");
  EXPECT_EQ(source.target_revision, "HEAD");
  ASSERT_TRUE(source.helm);
  EXPECT_EQ(source.helm->release_name, "gb");
  EXPECT_EQ(source.helm->value_files, (std::vector<std::string>{"values.yaml", "../../values/prod.yaml"}));
  EXPECT_EQ(source.helm->parameters, (std::map<std::string, std::string>{{"replicas", "3"}}));
  EXPECT_EQ(source.helm->string_parameters, (std::map<std::string, std::string>{{"tag", "007"}}));
  EXPECT_EQ(json::parse(source.helm->values), json::parse(R"({"ingress":{"enabled":true}})"));
  EXPECT_TRUE(source.helm->skip_crds);
  EXPECT_TRUE(source.helm->unsupported.empty());
  EXPECT_TRUE(app.automated && app.prune && app.self_heal);
  EXPECT_EQ(app.sync_options.size(), 2U);
  ASSERT_NE(app.retry, nullptr);
  EXPECT_EQ(app.retry->at("limit"), 5);
  EXPECT_EQ(app.sync_status, "OutOfSync");
  EXPECT_EQ(app.health, "Degraded");
  EXPECT_EQ(app.errors, (std::vector<std::string>{"rpc error: unable to resolve 'main'"}));
  ASSERT_EQ(app.to_prune.size(), 1U);
  EXPECT_EQ(to_string(app.to_prune.front()), "Service shop/old");
  ASSERT_TRUE(app.operation);
  EXPECT_EQ(app.operation->phase, "Failed");
  EXPECT_EQ(app.operation->info.at("Reason"), "auto");
  EXPECT_EQ(app.history.size(), 2U);
  EXPECT_FALSE(app.operation_pending);
}

TEST(ArgoApplication, MultiSourceGoesBeforeSource) {
  auto object = guestbook();
  object["spec"]["sources"] = json::parse(R"([{"repoURL": "https://github.com/acme/config", "path": "charts/web", "helm": {"valueFiles": ["$values/prod/web.yaml"]}},
    {"repoURL": "https://github.com/acme/config", "ref": "values"}, {"repoURL": "https://charts.example.org", "chart": "redis", "targetRevision": "17.0.1"}, 7])");
  object["status"]["sync"]["revisions"] = {"a", "b", "17.0.1"};
  const auto app = parse_application(object).value();
  EXPECT_TRUE(app.is_multi_source);
  ASSERT_EQ(app.sources.size(), 3U);
  EXPECT_EQ(app.sources[1].ref, "values");
  EXPECT_EQ(app.sources[2].chart, "redis");
  EXPECT_EQ(app.revisions, (std::vector<std::string>{"a", "b", "17.0.1"}));
}

TEST(ArgoApplication, EnabledFalseIsOff) {
  auto object = guestbook();
  object["spec"]["syncPolicy"]["automated"]["enabled"] = false;
  const auto app = parse_application(object).value();
  EXPECT_FALSE(app.automated || app.prune || app.self_heal);
  EXPECT_TRUE(app.automated_off);
  object["spec"]["syncPolicy"]["automated"] = json::object();
  EXPECT_TRUE(parse_application(object)->automated) << "an empty one is on";
  object["spec"]["syncPolicy"].erase("automated");
  EXPECT_FALSE(parse_application(object)->automated);
  EXPECT_FALSE(parse_application(object)->automated_off);
}

TEST(ArgoApplication, TheDrySourceIsWhatPeopleWrite) {
  auto object = guestbook();
  object["spec"].erase("source");
  object["spec"]["sourceHydrator"] = json::parse(R"({"drySource": {"repoURL": "https://github.com/acme/dry", "path": "web", "targetRevision": "main"}, "syncSource": {"targetBranch": "env/prod", "path": "web"},
    "hydrateTo": {"targetBranch": "env/prod-next"}})");
  object["status"]["sourceHydrator"] = json::parse(R"({"lastSuccessfulOperation": {"drySHA": "d1", "hydratedSHA": "h1"}})");
  const auto app = parse_application(object).value();
  ASSERT_EQ(app.sources.size(), 1U);
  EXPECT_EQ(app.sources.front().repo_url, "https://github.com/acme/dry");
  EXPECT_EQ(app.hydrate_to, "env/prod-next");
  EXPECT_EQ(app.hydrated_dry + app.hydrated_commit, "d1h1");
}

TEST(ArgoApplication, KustomizeAndDirectory) {
  auto object = guestbook();
  auto& source = object["spec"]["source"];
  source.erase("helm");
  source["kustomize"] = json::parse(R"({"namePrefix": "eu-", "nameSuffix": "-1", "namespace": "shop", "images": ["web=ghcr.io/acme/web:1.2"], "replicas": [{"name": "web", "count": 3}, {"name": "api", "count": "4"},
    {"name": "bad", "count": "x"}, {"count": 1}], "commonLabels": {"a": "b", "n": 5}, "components": ["../c"], "patches": [{"target": {"kind": "Deployment"}, "patch": "- op: remove"}], "labelWithoutSelector": true,
    "forceCommonLabels": false})");
  const auto app = parse_application(object).value();
  ASSERT_TRUE(app.sources.front().kustomize);
  const auto& kustomize = *app.sources.front().kustomize;
  EXPECT_EQ(kustomize.replicas, (std::map<std::string, int>{{"web", 3}, {"api", 4}}));
  EXPECT_EQ(kustomize.common_labels.at("n"), "5");
  EXPECT_EQ(kustomize.patches.size(), 1U);
  EXPECT_EQ(kustomize.unsupported, (std::vector<std::string>{"labelWithoutSelector"})) << "what is switched off needs no support";
  source.erase("kustomize");
  source["directory"] = json::parse(R"({"recurse": true, "exclude": "*.test.yaml", "jsonnet": {}})");
  const auto plain = parse_application(object).value();
  EXPECT_TRUE(plain.sources.front().directory_recurse && plain.sources.front().directory_given);
  EXPECT_EQ(plain.sources.front().directory_exclude, "*.test.yaml");
  EXPECT_FALSE(plain.sources.front().jsonnet);
}

TEST(ArgoApplication, SkipReconcileIsPaused) {
  auto object = guestbook();
  object["metadata"]["annotations"]["argocd.argoproj.io/skip-reconcile"] = "true";
  EXPECT_TRUE(parse_application(object)->paused);
  object["metadata"]["annotations"]["argocd.argoproj.io/skip-reconcile"] = "false";
  EXPECT_FALSE(parse_application(object)->paused);
}

TEST(ArgoApplication, RefusesWhatIsNone) {
  for (const std::string bad : {"null", "[]", "\"x\"", "{}", R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Application"})", R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":[]})",
                                R"({"apiVersion":"app.k8s.io/v1beta1","kind":"Application","metadata":{"name":"x"}})", R"({"apiVersion":7,"kind":"Application","metadata":{"name":"x"}})"}) {
    const auto read = parse_application(json::parse(bad));
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().kind, ErrorKind::InvalidInput);
  }
}

/// Every member in turn is something that it must not be.
void vandalize(const json& whole, json& part, std::size_t& read) {
  static const std::vector<json> kOdd{nullptr, 7, -1.5, "text", true, json::array(), json::array({nullptr, 7, json::array()}), json::object(), {{"name", 5}}};
  if (!part.is_structured()) return;
  for (auto& member : part) {
    const auto before = member;
    for (const auto& odd : kOdd) {
      member = odd;
      read += parse_application(whole) ? 1U : 0U;
    }
    member = before;
    vandalize(whole, member, read);
  }
}

TEST(ArgoApplication, OddPartsAreNoCrash) {
  auto object = guestbook();
  object["spec"]["sources"] = json::array({object["spec"]["source"]});
  std::size_t read = 0;
  vandalize(object, object, read);
  EXPECT_GT(read, 500U);
}

}  // namespace
}  // namespace driftwarden::argocd
