#include "bot/deploy/deploy_tool.hpp"
#include "bot/deploy/kept_object.hpp"
#include "bot/deploy/place_match.hpp"
#include "bot/deploy/repository_path.hpp"
#include "tests/unit/bot/deploy/argo_fixture.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using nlohmann::json;

struct SelectorRow {
  std::string name;
  std::string selector;
  bool matches;
  friend void PrintTo(const SelectorRow& row, std::ostream* out) { *out << row.name; }
};
class LabelSelector : public testing::TestWithParam<SelectorRow> {};
TEST_P(LabelSelector, Matches) {
  EXPECT_EQ(label_selector_matches(GetParam().selector, {{"team", "shop"}, {"tier", "web"}, {"a/b", ""}}), GetParam().matches) << GetParam().selector;
}
INSTANTIATE_TEST_SUITE_P(Rows, LabelSelector,
                         testing::Values(SelectorRow{"Empty", " ", true}, SelectorRow{"Equal", "team=shop", true}, SelectorRow{"TwoSigns", "team == shop", true}, SelectorRow{"Other", "team=search", false},
                                         SelectorRow{"Unequal", "team!=search", true}, SelectorRow{"UnequalToNone", "x!=y", true}, SelectorRow{"UnequalIsEqual", "team!=shop", false},
                                         SelectorRow{"In", "team in (shop, search),tier=web", true}, SelectorRow{"NotIn", "team notin (shop)", false}, SelectorRow{"NotInOfNone", "x notin (shop)", true},
                                         SelectorRow{"There", "tier", true}, SelectorRow{"NotThere", "!tier", false}, SelectorRow{"Absent", "!canary", true}, SelectorRow{"EmptyValue", "a/b=", true},
                                         SelectorRow{"InOfNone", "x in (y)", false}, SelectorRow{"Broken", "team in (shop", false}, SelectorRow{"Words", "team shop", false},
                                         SelectorRow{"NoKey", "=shop", false}, SelectorRow{"UnknownWord", "team near (shop)", false}, SelectorRow{"Comma", "team=shop,", false}),
                         [](const auto& row) { return row.param.name; });

TEST(RepositoryPath, AsPeopleWriteThem) {
  for (const std::string path : {"apps/web", "./apps/web/", "/apps/web", "apps//web", " apps/./web "}) EXPECT_EQ(normal_repository_path(path), "apps/web") << path;
  EXPECT_EQ(normal_repository_path("."), "");
  EXPECT_EQ(path_seen_from("charts/web", "values/prod.yaml"), "../../values/prod.yaml");
  EXPECT_EQ(path_seen_from("charts/web", "charts/web/values.yaml"), "values.yaml");
  EXPECT_EQ(path_seen_from("", "values.yaml"), "values.yaml");
  EXPECT_EQ(resolved_path("charts/web", "../x"), "charts/x");
  EXPECT_EQ(resolved_path("charts/web", "/x/../y"), "y");
  EXPECT_FALSE(resolved_path("charts/web", "../../../x"));
}

App placed(const std::string& name, const std::string& space, const std::string& path = "apps/web", const std::string& cluster = "prod") {
  App app;
  app.name = name;
  app.repository = "config";
  app.path = path;
  app.cluster = cluster;
  app.namespace_ = space;
  return app;
}

TEST(PlaceMatch, OneOfEachMatchesWhateverTheNamespace) {
  EXPECT_EQ(match_places({placed("web-argo", "default", "./apps/web/")}, {placed("web", "shop")}), (std::map<std::size_t, std::string>{{0, "web"}}));
  EXPECT_TRUE(match_places({placed("web", "shop")}, {placed("web", "shop", "apps/web", "other")}).empty());
  EXPECT_TRUE(match_places({placed("web", "shop")}, {placed("web", "shop", "apps/api")}).empty());
}

TEST(PlaceMatch, OfSeveralTheNamespaceDecides) {
  const std::vector<App> written{placed("web-a", "a"), placed("web-b", "b")};
  EXPECT_EQ(match_places({placed("x", "b"), placed("y", "c"), placed("z", "a")}, written), (std::map<std::size_t, std::string>{{0, "web-b"}, {2, "web-a"}}));
}

TEST(PlaceMatch, OfOneNamespaceTheName) {
  const std::vector<App> written{placed("web-1", "a"), placed("web-2", "a")};
  EXPECT_EQ(match_places({placed("web-2", "a"), placed("web-3", "a"), placed("web-1", "a")}, written), (std::map<std::size_t, std::string>{{0, "web-2"}, {2, "web-1"}}));
}

TEST(PlaceMatch, CoversWhenAllDirectoriesAreIts) {
  auto two = placed("web", "shop");
  two.more.emplace_back().path = "./extras/";
  EXPECT_TRUE(covers(two, placed("x", "shop")));
  EXPECT_TRUE(covers(two, two));
  EXPECT_FALSE(covers(placed("x", "shop"), two));
}

TEST(PlaceMatch, WhatIsPlannedIsNoMatch) {
  auto planned = placed("web", "shop");
  planned.kind = AppKind::Terraform;
  EXPECT_TRUE(match_places({placed("web", "shop")}, {planned}).empty());
}

KeptObject kept(const Manifest& manifest) { return keep_object(LiveObject{manifest.ref, manifest.body}); }

TEST(KeptObject, OnlyWhatMattersChangesItsDigests) {
  const auto before = kept(argo_application());
  const auto status = kept(changed(argo_application(), {{"status", {{"health", {{"status", "Degraded"}}}}}}));
  EXPECT_EQ(before.spec, status.spec);
  EXPECT_NE(before.status, status.status);
  const auto looked = kept(changed(argo_application(), {{"metadata", {{"resourceVersion", "5000"}}}, {"status", {{"reconciledAt", "2026-11-22T10:00:00Z"}}}}));
  EXPECT_EQ(before.spec, looked.spec);
  EXPECT_EQ(before.status, looked.status) << "that it was looked at is no news";
  const auto resources = kept(changed(argo_application(), {{"status", {{"resources", json::parse(R"([{"kind": "Pod", "name": "x", "status": "Synced"}])")}}}}));
  EXPECT_EQ(before.status, resources.status);
  EXPECT_EQ(resources.object.body->at("status").at("resources").size(), 0U);
  const auto refresh = kept(changed(argo_application(), {{"metadata", {{"annotations", {{"argocd.argoproj.io/refresh", "normal"}}}}}}));
  EXPECT_EQ(kept(changed(argo_application(), {{"metadata", {{"annotations", json::object()}}}})).spec, refresh.spec);
  EXPECT_NE(before.spec, kept(changed(argo_application(), {{"metadata", {{"labels", {{"team", "x"}}}}}})).spec);
  EXPECT_NE(before.spec, kept(changed(argo_application(), {{"spec", {{"source", {{"path", "x"}}}}}})).spec);
  EXPECT_NE(before.status, kept(changed(argo_application(), {{"operation", {{"sync", json::object()}}}})).status);
}

TEST(KeptObject, KeepsWhoOnlyWhereSomebodyAsks) {
  const json fields{{"metadata", {{"managedFields", json::array({{{"manager", "x"}}})}}}};
  EXPECT_FALSE(kept(changed(argo_application(), fields)).object.body->at("metadata").contains("managedFields"));
  auto paused = fields;
  paused["metadata"]["annotations"]["argocd.argoproj.io/skip-reconcile"] = "true";
  EXPECT_TRUE(kept(changed(argo_application(), paused)).object.body->at("metadata").contains("managedFields"));
}

TEST(KeptObject, OddObjectsAreNoCrash) {
  for (const auto* text : {"null", "[]", "7", R"({"metadata":7,"status":[],"spec":"x"})", R"({"status":{"resources":{},"history":7,"operationState":[],"conditions":{}}})"}) {
    for (const auto* kind : {"Application", "AppProject", "ApplicationSet", "Kustomization"}) {
      LiveObject live{{"argoproj.io", "v1alpha1", kind, "x", "y"}, std::make_shared<const json>(json::parse(text))};
      EXPECT_TRUE(keep_object(live).object.body);
    }
  }
}

TEST(KeptObject, ASetsListOfResourcesIsNoNews) {
  Manifest set;
  set.ref = {"argoproj.io", "v1alpha1", "ApplicationSet", "argocd", "shops"};
  set.body = std::make_shared<const json>(json::parse(R"({"apiVersion":"argoproj.io/v1alpha1","kind":"ApplicationSet","metadata":{"name":"shops","namespace":"argocd"},
    "status":{"conditions":[{"type":"ErrorOccurred","status":"False","lastTransitionTime":"2026-11-22T10:00:00Z"}],"resources":[{"name":"a","health":{"status":"Healthy"}}]}})"));
  const auto before = kept(set);
  const auto after = kept(changed(set, json::parse(R"({"status":{"resources":[{"name":"a","health":{"status":"Degraded"}}]}})")));
  EXPECT_EQ(before.status, after.status);
  EXPECT_NE(before.status, kept(changed(set, json::parse(R"({"status":{"conditions":[{"type":"ErrorOccurred","status":"True"}]}})"))).status);
}

}  // namespace
}  // namespace driftwarden
