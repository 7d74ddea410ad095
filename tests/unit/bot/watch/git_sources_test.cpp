// What an App is rendered from, over a real repository; the tools are played.
#include "bot/watch/git_inputs.hpp"

#include "tests/support/fakes/world.hpp"
#include "tests/unit/gitops/render/fake_tools.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kConfigMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: one}\n";

App app_at(std::string path) {
  App app;
  app.name = "web";
  app.path = std::move(path);
  app.namespace_ = "shop";
  return app;
}

class GitSources : public testing::Test {
 protected:
  GitSources() {
    test::run_shell("git init -q --bare -b main " + remote() + " && git init -q -b main " + work());
    head = commit({{"apps/web/prod/kustomization.yaml", "resources: [../../../bases/web]\n"},
                   {"bases/web/kustomization.yaml", "resources: [cm.yaml]\n"},
                   {"bases/web/cm.yaml", kConfigMap},
                   {"plain/cm.yaml", kConfigMap},
                   {"charts/site/Chart.yaml", "apiVersion: v2\nname: site\nversion: 1.0.0\n"},
                   {"charts/site/templates/a.yaml", "data: {{ now }}\n"},
                   {"values/prod.yaml", "a: b\n"},
                   {"README.md", "x\n"}});
    mirror = std::move(*Mirror::open(options()));
    fetch();
    tools->answer = [](const ToolRun&) { return ToolOutcome{0, kConfigMap, ""}; };
  }

  std::string remote() const { return (directory.path / "remote.git").string(); }
  std::string work() const { return (directory.path / "work").string(); }
  MirrorOptions options() const {
    MirrorOptions options;
    options.directory = (directory.path / "mirror.git").string();
    options.url = remote();
    return options;
  }
  std::string commit(const std::map<std::string, std::string>& files) {
    for (const auto& [path, content] : files) {
      std::filesystem::create_directories((std::filesystem::path(work()) / path).parent_path());
      std::ofstream(std::filesystem::path(work()) / path) << content;
    }
    test::run_shell("cd " + work() + " && git add -A && git -c user.name=Ann -c user.email=ann@example.org commit -q -m Change && git push -q " + remote() + " HEAD:main");
    return test::run_shell("git -C " + work() + " rev-parse HEAD");
  }
  void fetch() { ASSERT_TRUE(mirror->fetch()); }
  std::string change(const std::string& path, const std::string& content) {
    head = commit({{path, content}});
    fetch();
    return head;
  }
  std::string tree(const std::string& path) { return *mirror->tree_id(head, path); }
  std::string id(const App& app) { return *sources_id(*mirror, app, head); }

  test::TemporaryDirectory directory;
  std::unique_ptr<Mirror> mirror;
  std::shared_ptr<test::FakeTools> tools = std::make_shared<test::FakeTools>();
  std::string head;
};

TEST_F(GitSources, OfAPlainAppThePathsTreeIsTheId) {
  EXPECT_EQ(id(app_at("plain")), tree("plain"));
  EXPECT_THAT(*source_paths(*mirror, app_at("plain"), head), ElementsAre("plain"));
  EXPECT_FALSE(sources_id(*mirror, app_at("gone"), head));
}

TEST_F(GitSources, ABaseCounts) {
  const auto app = app_at("apps/web/prod");
  EXPECT_THAT(*source_paths(*mirror, app, head), ElementsAre("apps/web/prod", "bases/web"));
  const auto before = id(app);
  change("README.md", "y\n");
  EXPECT_EQ(id(app), before) << "nothing of its own";
  change("bases/web/cm.yaml", std::string(kConfigMap) + "# more\n");
  EXPECT_NE(id(app), before);
}

TEST_F(GitSources, KustomizationsFurtherDownAreFollowedForFlux) {
  head = commit({{"flux/web/kustomization.yaml", "resources: [../../bases/web]\n"}, {"flux/cm.yaml", kConfigMap}});
  fetch();
  auto app = app_at("flux");
  EXPECT_EQ(id(app), tree("flux"));
  app.deployer.kind = DeployerKind::Flux;
  EXPECT_THAT(*source_paths(*mirror, app, head), ElementsAre("flux", "bases/web"));
  const auto before = id(app);
  change("bases/web/cm.yaml", std::string(kConfigMap) + "# more\n");
  EXPECT_NE(id(app), before);
  std::vector<FileEdit> edits{{"flux/web/kustomization.yaml", std::nullopt}, {"flux/other/kustomization.yaml", "resources: [../../plain/cm.yaml]\n"}};
  const auto files = read_edited_sources(*mirror, app, head, edits);
  ASSERT_TRUE(files) << files.error().message;
  std::vector<std::string> paths;
  for (const auto& file : *files) paths.push_back(file.path);
  EXPECT_THAT(paths, ElementsAre("flux/cm.yaml", "flux/other/kustomization.yaml", "plain/cm.yaml"));
}

TEST_F(GitSources, APatchOutsideOfAPluginsPathCounts) {
  auto app = app_at("plain");
  app.render = RenderKind::Plugin;
  app.kustomize.patches = {R"({"path": "../values/prod.yaml"})"};
  EXPECT_THAT(*source_paths(*mirror, app, head), ElementsAre("plain", "values/prod.yaml"));
}

TEST_F(GitSources, ValuesOutsideOfTheChartCount) {
  auto app = app_at("charts/site");
  EXPECT_EQ(id(app), tree("charts/site"));
  app.helm.values = {"../../values/prod.yaml"};
  EXPECT_THAT(*source_paths(*mirror, app, head), ElementsAre("charts/site", "values/prod.yaml"));
  const auto before = id(app);
  change("values/prod.yaml", "a: c\n");
  EXPECT_NE(id(app), before);
}

TEST_F(GitSources, LookUpFindsWhoRestsOnABase) {
  const std::vector<App> apps{app_at("apps/web/prod"), app_at("plain")};
  auto found = *look_up(*mirror, "", head, {{apps[0], {}, ""}, {apps[1], {}, ""}});
  ASSERT_FALSE(found[0].inputs.error) << found[0].inputs.error->message;
  const auto first = head;
  change("bases/web/cm.yaml", std::string(kConfigMap) + "# more\n");
  const auto again = *look_up(*mirror, first, head, {{apps[0], found[0].inputs, first}, {apps[1], found[1].inputs, first}});
  EXPECT_NE(again[0].inputs.tree, found[0].inputs.tree);
  EXPECT_EQ(again[0].inputs.synced_tree, found[0].inputs.tree) << "what it was at the last synced revision";
  EXPECT_EQ(again[1].inputs.tree, found[1].inputs.tree);
  EXPECT_EQ(again[1].inputs.tree, tree("plain"));
}

TEST_F(GitSources, WhatIsWrongWithTheSourcesIsTheAppsError) {
  change("bases/web/kustomization.yaml", "resources: ['https://example.org/x.yaml']\n");
  const auto found = *look_up(*mirror, "", head, {{app_at("apps/web/prod"), {}, ""}});
  ASSERT_TRUE(found[0].inputs.error);
  EXPECT_THAT(found[0].inputs.error->message, HasSubstr("bases/web/kustomization.yaml: resources[0]"));
}

TEST_F(GitSources, AToolsRenderOfTheSameSourcesCostsNothing) {
  const auto render = tool_renderer(tools);
  const auto app = app_at("apps/web/prod");
  const auto one = render_desired(*mirror, app, head, render, false);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->tree, id(app));
  change("README.md", "z\n");
  const auto two = render_desired(*mirror, app, head, render, true);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->revision, head);
  EXPECT_EQ(two->manifests.size(), 1U);
  EXPECT_EQ(tools->runs.size(), 1U);
  tools->version = "2";
  ASSERT_TRUE(render_desired(*mirror, app, head, render, false));
  EXPECT_EQ(tools->runs.size(), 2U) << "another build of the tool";
  auto moved = app;
  moved.namespace_ = "other";
  ASSERT_TRUE(render_desired(*mirror, moved, head, render, false));
  EXPECT_EQ(tools->runs.size(), 3U);
}

TEST_F(GitSources, WhatMayVaryIsComparedOnceAndKept) {
  int run = 0;
  tools->answer = [&run](const ToolRun&) { return ToolOutcome{0, fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{at: 'now {}'}}\n", ++run), ""}; };
  const auto render = tool_renderer(tools);
  const auto app = app_at("charts/site");
  const auto once = render_desired(*mirror, app, head, render, false);
  ASSERT_TRUE(once) << once.error().message;
  EXPECT_EQ(run, 1);
  const auto twice = render_desired(*mirror, app, head, render, true);
  EXPECT_EQ(run, 2);
  EXPECT_FALSE(twice->unstable.empty());
  EXPECT_EQ(*twice->manifests[0].body, *once->manifests[0].body) << "the first stays what is desired";
  const auto later = render_desired(*mirror, app, head, render, true);
  EXPECT_EQ(run, 2);
  EXPECT_FALSE(later->unstable.empty());
}

TEST_F(GitSources, MoreSourcesAndComponentsCount) {
  auto app = app_at("plain");
  app.render = RenderKind::Plain;
  app.more.push_back({"bases/web", RenderKind::Kustomize, {}, {}, {}});
  EXPECT_THAT(*source_paths(*mirror, app, head), ElementsAre("plain", "bases/web"));
  auto before = id(app);
  const auto known = *find_app_sources(*mirror, app, head);
  change("bases/web/cm.yaml", std::string(kConfigMap) + "# more\n");
  EXPECT_NE(id(app), before);
  EXPECT_NE(id_of(*find_app_sources(*mirror, app, head, known)), before);
  change("parts/log/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n");
  auto overlay = app_at("bases/web");
  overlay.kustomize.components = {"../../parts/log"};
  EXPECT_THAT(*source_paths(*mirror, overlay, head), ElementsAre("bases/web", "parts/log"));
  before = id(overlay);
  change("parts/log/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: x-\n");
  EXPECT_NE(id(overlay), before);
}

TEST_F(GitSources, APluginReadsItsPath) {
  auto app = app_at("charts/site");
  app.render = RenderKind::Plugin;
  app.plugin = {"jsonnet", {"jsonnet", "main.jsonnet"}, Duration{1000}};
  EXPECT_EQ(id(app), tree("charts/site"));
}

TEST_F(GitSources, ARevisionIsInForceInPlaceOfTheHead) {
  const auto then = head;
  test::run_shell("cd " + work() + " && git tag v1 && git push -q " + remote() + " v1");
  change("plain/cm.yaml", std::string(kConfigMap) + "# later\n");
  auto app = app_at("plain");
  app.revision = "v1";
  EXPECT_EQ(*revision_in_force(*mirror, app, head), then);
  auto found = *look_up(*mirror, "", head, {{app, {}, ""}});
  ASSERT_FALSE(found[0].inputs.error) << found[0].inputs.error->message;
  EXPECT_EQ(found[0].inputs.revision, then);
  EXPECT_EQ(found[0].inputs.tree, *mirror->tree_id(then, "plain"));
  test::run_shell("cd " + work() + " && git tag -f v1 && git push -q -f " + remote() + " v1");
  fetch();
  const auto moved = *look_up(*mirror, head, head, {{app, found[0].inputs, ""}});
  EXPECT_EQ(moved[0].inputs.revision, head) << "a tag may be moved";
  app.revision = "v9";
  found = *look_up(*mirror, "", head, {{app, {}, ""}, {app_at("plain"), {}, ""}});
  ASSERT_TRUE(found[0].inputs.error);
  EXPECT_THAT(found[0].inputs.error->message, testing::AllOf(HasSubstr("App web"), HasSubstr("\"v9\""), HasSubstr("v1")));
  EXPECT_FALSE(found[1].inputs.error);
  app.revision = then;
  EXPECT_EQ(*revision_in_force(*mirror, app, head), then);
}

TEST_F(GitSources, ASecondProcessRendersNothing) {
  const auto store = [&](const std::string& secret) { return create_render_store((directory.path / "renders").string(), Secret(std::string(secret))); };
  const auto app = app_at("apps/web/prod");
  const auto first = tool_renderer(tools, store("token"));
  const auto one = render_desired(*mirror, app, head, first, true);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(first.tool_runs(), 1U);
  const auto second = tool_renderer(tools, store("token"));
  const auto two = render_desired(*mirror, app, head, second, true);
  ASSERT_TRUE(two);
  EXPECT_EQ(second.tool_runs(), 0U);
  EXPECT_EQ(tools->runs.size(), 1U);
  EXPECT_EQ(*two->manifests.at(0).body, *one->manifests.at(0).body);
  const auto third = tool_renderer(tools, store("another token"));
  ASSERT_TRUE(render_desired(*mirror, app, head, third, true));
  EXPECT_EQ(third.tool_runs(), 1U);
}

TEST_F(GitSources, EditedFilesAreRenderedInPlaceOfTheRevisions) {
  const auto plain = render_edited(*mirror, app_at("plain"), head, {{"plain/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: two}\n"}, {"elsewhere.yaml", "kind: ["}}, default_renderer());
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ((*plain->front().body)["data"]["key"], "two");
  EXPECT_TRUE(render_edited(*mirror, app_at("plain"), head, {{"plain/cm.yaml", std::nullopt}}, default_renderer())->empty());
  const auto made = render_edited(*mirror, app_at("new"), head, {{"new/cm.yaml", kConfigMap}}, default_renderer());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->size(), 1U) << "a path that isn't there yet";
}

TEST_F(GitSources, AnEditMayNameAnotherBase) {
  const std::vector<FileEdit> edits{{"apps/web/prod/kustomization.yaml", "resources: [../../../bases/new]\n"}, {"bases/new/kustomization.yaml", "resources: [x.yaml]\n"}, {"bases/new/x.yaml", "x"}};
  ASSERT_TRUE(render_edited(*mirror, app_at("apps/web/prod"), head, edits, tool_renderer(tools)));
  EXPECT_TRUE(tools->seen.contains("repository/bases/new/x.yaml"));
  EXPECT_FALSE(tools->seen.contains("repository/bases/web/cm.yaml"));
}

TEST(RenderCacheTest, TheLeastUsedGoesFirst) {
  RenderCache cache(2, 1U << 20U);
  cache.keep("a", {});
  cache.keep("b", {});
  EXPECT_TRUE(cache.find("a"));
  cache.keep("c", {});
  EXPECT_TRUE(cache.find("a"));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_EQ(cache.size(), 2U);
}

TEST(RenderCacheTest, BytesAreBounded) {
  RenderCache cache(100, 10'000);
  const auto of = [](std::size_t bytes) {
    Manifest manifest;
    manifest.body = std::make_shared<const nlohmann::json>(std::string(bytes, 'x'));
    CachedRender render;
    render.manifests.push_back(std::move(manifest));
    return render;
  };
  cache.keep("too-big", of(20'000));
  EXPECT_FALSE(cache.find("too-big"));
  cache.keep("a", of(6'000));
  cache.keep("b", of(6'000));
  EXPECT_FALSE(cache.find("a"));
  EXPECT_TRUE(cache.find("b"));
  EXPECT_LT(cache.bytes(), 10'000U);
  cache.keep("b", of(10));
  EXPECT_LT(cache.bytes(), 1'000U);
}

TEST_F(GitSources, WhatALinkNamesElsewhereCounts) {
  (void)commit({{"shared/cm.yaml", kConfigMap}, {"apps/b/kustomization.yaml", "resources: [../../bases/linked]\n"}, {"bases/linked/kustomization.yaml", "resources: [cm.yaml]\n"}});
  std::filesystem::create_directories(work() + "/apps/a");
  std::filesystem::create_symlink("../../shared/cm.yaml", work() + "/apps/a/cm.yaml");
  std::filesystem::create_symlink("../../shared/cm.yaml", work() + "/bases/linked/cm.yaml");
  head = commit({});
  fetch();
  for (const auto* path : {"apps/a", "apps/b"}) {
    const auto app = app_at(path);
    const auto known = *find_app_sources(*mirror, app, head);
    EXPECT_EQ(known.links.size(), 1U) << path;
    const auto before = id(app);
    const auto elsewhere = change("README.md", std::string("y") + path);
    EXPECT_EQ(id(app), before);
    EXPECT_EQ(*find_app_sources(*mirror, app, elsewhere, known), known);
    change("shared/cm.yaml", std::string(kConfigMap) + "# " + path + "\n");
    EXPECT_NE(id(app), before) << path;
    EXPECT_NE(id_of(*find_app_sources(*mirror, app, head, known)), before) << path;
  }
  EXPECT_THAT(*source_paths(*mirror, app_at("apps/a"), head), ElementsAre("apps/a")) << "the file that a link names isn't the App's";
}

}  // namespace
}  // namespace driftwarden
