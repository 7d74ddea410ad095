// Apps that are declared in Git.
#include "tests/unit/bot/watch/fleet_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kDeclared = "path: apps/extra\ncluster: prod-eu\nnamespace: shop\nchannel: '#shop'\n";

TEST(FleetApps, ADeclaredAppIsWatchedAtOnce) {
  FleetWorld world(1);
  world.commit({{".driftwarden/apps/extra.yaml", kDeclared}, {"apps/extra/cm.yaml", config_map("extra", "1")}});
  world.cluster.objects[object_id({"", "v1", "ConfigMap", "shop", "extra"})] = live_config_map("extra", "1");
  world.start();
  ASSERT_NE(world.fleet->app("extra"), nullptr);
  EXPECT_EQ(world.fleet->app("extra")->environment, "prod") << "the cluster's";
  EXPECT_EQ(world.fleet->app("extra")->repository, "config");
  EXPECT_EQ(world.fleet->apps().size(), 2U);
  EXPECT_TRUE(world.fleet->ready());
  EXPECT_EQ(world.last("extra").state, AppState::Synced);
}

TEST(FleetApps, ComesIsReplacedAndGoesWithTheHead) {
  FleetWorld world(1);
  world.start();
  EXPECT_EQ(world.fleet->app("extra"), nullptr);
  world.cluster.put(live_config_map("extra", "1"));
  world.push({{".driftwarden/apps/extra.yaml", kDeclared}, {"apps/extra/cm.yaml", config_map("extra", "1")}});
  EXPECT_EQ(world.last("extra").state, AppState::Synced);
  const auto* held = world.fleet->app("extra");

  world.push({{".driftwarden/apps/extra.yaml", "path: apps/extra\ncluster: prod-eu\nnamespace: shop\nchannel: '#elsewhere'\ntrack: head\nowners: []\nenvironment: prod\n"}});
  EXPECT_EQ(world.fleet->app("extra"), held) << "who it belongs to changes in place";
  EXPECT_EQ(held->channel, "#elsewhere");
  const auto renders = world.fleet->renders();

  world.push({{".driftwarden/apps/extra.yaml", "path: apps/other\ncluster: prod-eu\nnamespace: shop\n"}, {"apps/other/cm.yaml", config_map("extra", "2")}});
  EXPECT_EQ(world.fleet->app("extra")->path, "apps/other");
  EXPECT_EQ(world.fleet->renders(), renders + 2) << "its new path, now and as of the last sync";
  EXPECT_EQ(world.last("extra").state, AppState::OutOfSync);
  EXPECT_EQ(held->path, "apps/extra") << "who held it across a wait still can";

  test::run_shell("cd " + world.work() + " && git rm -q -r .driftwarden");
  world.push({});
  EXPECT_EQ(world.fleet->app("extra"), nullptr);
  EXPECT_EQ(world.fleet->apps().size(), 1U);
  EXPECT_TRUE(world.fleet->ready());
}

TEST(FleetApps, WhatCannotBeTakenIsToldAndLeftOut) {
  FleetWorld world(1);
  world.commit({{".driftwarden/apps/app-000.yaml", kDeclared},
                {".driftwarden/apps/far.yaml", "path: a\ncluster: moon\nnamespace: shop\n"},
                {".driftwarden/apps/up.yaml", "path: ../a\ncluster: prod-eu\nnamespace: shop\n"},
                {".driftwarden/apps/broken.yaml", "path: [\n"},
                {".driftwarden/apps/blind.yaml", std::string(kDeclared) + "ignore:\n- paths: [.data]\n"},
                {".driftwarden/apps/good.yaml", kDeclared},
                {"apps/extra/cm.yaml", config_map("extra", "1")}});
  world.start();
  EXPECT_EQ(world.fleet->apps().size(), 2U);
  EXPECT_NE(world.fleet->app("good"), nullptr);
  EXPECT_EQ(world.fleet->app("app-000")->path, "apps/app-000") << "the config's own";
  EXPECT_THAT(world.notices, ElementsAre(HasSubstr("blind.yaml:6:"), HasSubstr("broken.yaml:"), AllOf(HasSubstr("far.yaml:2:"), HasSubstr("unknown cluster")),
                                         AllOf(HasSubstr("up.yaml:1:"), HasSubstr("inside the repository")), AllOf(HasSubstr("app-000.yaml"), HasSubstr("the configuration"))));
}

TEST(FleetApps, AFileThatBreaksLaterLeavesTheAppAsItWas) {
  FleetWorld world(1);
  world.commit({{".driftwarden/apps/extra.yaml", kDeclared}, {"apps/extra/cm.yaml", config_map("extra", "1")}});
  world.start();
  world.push({{".driftwarden/apps/extra.yaml", "path: [\n"}});
  ASSERT_NE(world.fleet->app("extra"), nullptr);
  EXPECT_EQ(world.notices.size(), 1U);
  world.push({{"README.md", "x\n"}});
  EXPECT_EQ(world.notices.size(), 1U) << "told once";
}

struct FileRow {
  std::string name;
  std::string text;
  std::string message;
  friend void PrintTo(const FileRow& row, std::ostream* out) { *out << row.name; }
};
class AppFiles : public testing::TestWithParam<FileRow> {};

TEST_P(AppFiles, SayWhereAndWhatIsExpected) {
  Config config;
  config.clusters.emplace_back().name = "prod-eu";
  config.people.emplace_back().name = "alice";
  const auto app = parse_app_file(GetParam().text, ".driftwarden/apps/web.yaml", "config", config);
  ASSERT_FALSE(app);
  EXPECT_THAT(app.error().message, AllOf(HasSubstr(".driftwarden/apps/web.yaml:"), HasSubstr(GetParam().message)));
}
INSTANTIATE_TEST_SUITE_P(Bad, AppFiles,
                         testing::Values(FileRow{"Empty", "", "has no \"path\""}, FileRow{"AnotherName", "name: shop\npath: a\ncluster: prod-eu\nnamespace: a\n", "expected \"web\""},
                                         FileRow{"NoCluster", "path: a\nnamespace: a\n", "has no \"cluster\""}, FileRow{"ARepository", "repository: x\npath: a\ncluster: prod-eu\nnamespace: a\n", "unknown key \"repository\""},
                                         FileRow{"UnknownOwner", "path: a\ncluster: prod-eu\nnamespace: a\nowners: [mallory]\n", "unknown person or group"},
                                         FileRow{"AnEnvironmentWhereTheClusterHasNone", "path: a\ncluster: prod-eu\nnamespace: a\nenvironment: dev\n", "expected none"},
                                         FileRow{"APinAndARevision", "path: a\ncluster: prod-eu\nnamespace: a\ntrack: pin\nrevision: v1\n", "revision"},
                                         FileRow{"BadRender", "path: a\ncluster: prod-eu\nnamespace: a\nrender: helmm\n", "\"helm\""}),
                         [](const auto& row) { return row.param.name; });

TEST(AppFile, KnowsAllThatAnAppOfTheConfigKnows) {
  Config config;
  config.clusters.emplace_back().name = "prod-eu";
  config.clusters.back().environment = "production";
  config.people.emplace_back().name = "alice";
  const auto app = parse_app_file(
      "name: web\npath: ./charts/web/\nrender: helm\nhelm: {release: site, values: [a.yaml], set: {image.tag: '1.4'}}\ncluster: prod-eu\nnamespace: shop\n"
      "environment: production\ntrack: pin\nchannel: '#shop'\nowners: [alice]\n",
      app_file_path("web"), "config", config);
  ASSERT_TRUE(app) << app.error().message;
  App expected;
  expected.name = "web";
  expected.repository = "config";
  expected.path = "charts/web";
  expected.render = RenderKind::Helm;
  expected.helm = {"site", {"a.yaml"}, {{"image.tag", "1.4"}}};
  expected.cluster = "prod-eu";
  expected.namespace_ = "shop";
  expected.environment = "production";
  expected.track = Track::Pin;
  expected.channel = "#shop";
  expected.owners = {"alice"};
  EXPECT_EQ(*app, expected);
}

TEST(AppFile, KnowsEverySourceThatTheConfigKnows) {
  Config config;
  config.clusters.emplace_back().name = "prod-eu";
  config.plugins.push_back({"jsonnet", {"jsonnet", "main.jsonnet"}, Duration{5000}});
  const auto app = parse_app_file(
      "path: web\nrender: plugin\nplugin: jsonnet\nrevision: v1.2\ncluster: prod-eu\nnamespace: shop\n"
      "kustomize: {name_prefix: eu-, images: ['web=ghcr.io/acme/web:2'], components: [../extra]}\nhelm: {inline: {a: {b: 1}}, set_string: {n: '1'}, skip_crds: true}\n"
      "more: [{path: extra, render: plain}]\n",
      app_file_path("web"), "config", config);
  ASSERT_TRUE(app) << app.error().message;
  EXPECT_EQ(app->render, RenderKind::Plugin);
  EXPECT_EQ(app->plugin, config.plugins.front());
  EXPECT_EQ(app->revision, "v1.2");
  EXPECT_EQ(app->kustomize.name_prefix, "eu-");
  EXPECT_EQ(app->kustomize.components, std::vector<std::string>{"../extra"});
  EXPECT_THAT(app->helm.inline_values, HasSubstr("b"));
  EXPECT_TRUE(app->helm.skip_crds);
  ASSERT_EQ(app->more.size(), 1U);
  EXPECT_EQ(app->more[0].path, "extra");
  const auto unknown = parse_app_file("path: web\nrender: plugin\nplugin: cue\ncluster: prod-eu\nnamespace: shop\n", app_file_path("web"), "config", config);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("unknown plugin"));
}

}  // namespace
}  // namespace driftwarden
