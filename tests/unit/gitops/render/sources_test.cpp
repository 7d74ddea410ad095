#include "gitops/render/sources.hpp"

#include "gitops/render/kustomization.hpp"
#include "gitops/render/source_path.hpp"

#include <gmock/gmock.h>

#include <map>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class FakeReader final : public SourceReader {
 public:
  std::map<std::string, std::string> files;
  std::size_t reads = 0;

  Result<EntryKind> kind(const std::string& path) override {
    if (files.contains(path)) return EntryKind::File;
    for (const auto& [file, content] : files) {
      if (lies_in(file, path)) return EntryKind::Directory;
    }
    return EntryKind::None;
  }
  Result<std::string> read(const std::string& path) override {
    ++reads;
    return files.at(path);
  }
  Result<std::vector<std::string>> files_below(const std::string& directory) override {
    std::vector<std::string> found;
    for (const auto& [file, content] : files) {
      if (lies_in(file, directory)) found.push_back(file);
    }
    return found;
  }
};

App app_at(std::string path, RenderKind kind = RenderKind::Auto) {
  App app;
  app.name = "web";
  app.path = std::move(path);
  app.render = kind;
  return app;
}

TEST(Sources, AnAppWithoutToolsIsItsPath) {
  FakeReader reader;
  reader.files = {{"web/cm.yaml", ""}};
  EXPECT_THAT(*find_sources(reader, app_at("web")), ElementsAre("web"));
  EXPECT_EQ(*resolve_kind(reader, app_at("web")), RenderKind::Plain);
  EXPECT_EQ(reader.reads, 0U);
}

TEST(Sources, ValuesThatAreMissingMayBeLeftOut) {
  FakeReader reader;
  reader.files = {{"web/Chart.yaml", ""}, {"common.yaml", ""}};
  auto app = app_at("web", RenderKind::Helm);
  app.helm.values = {"../common.yaml", "../missing.yaml"};
  EXPECT_FALSE(find_sources(reader, app));
  app.helm.skip_missing_values = true;
  EXPECT_THAT(*find_sources(reader, app), ElementsAre("common.yaml", "web"));
}

TEST(Sources, AKustomizationIsFollowedThroughBasesComponentsAndFiles) {
  FakeReader reader;
  reader.files = {{"apps/web/prod/kustomization.yaml",
                   "resources: [../base, cm.yaml]\ncomponents: [../../../components/hpa]\npatches:\n- path: patch.yaml\n- patch: |\n    a: b\n"
                   "configMapGenerator:\n- name: x\n  files: [app.conf, key=../../common/shared.conf]\n"},
                  {"apps/web/prod/cm.yaml", ""},
                  {"apps/web/prod/patch.yaml", ""},
                  {"apps/web/prod/app.conf", ""},
                  {"apps/common/shared.conf", ""},
                  {"apps/common/kustomization.yml", "resources: []\n"},
                  {"apps/web/base/kustomization.yaml", "bases: [../../common]\nresources: [deployment.yaml]\n"},
                  {"apps/web/base/deployment.yaml", ""},
                  {"components/hpa/Kustomization", "kind: Component\nresources: [hpa.yaml]\n"},
                  {"components/hpa/hpa.yaml", ""}};
  EXPECT_EQ(*resolve_kind(reader, app_at("apps/web/prod")), RenderKind::Kustomize);
  EXPECT_THAT(*find_sources(reader, app_at("apps/web/prod")), ElementsAre("apps/common", "apps/web/base", "apps/web/prod", "components/hpa"));
}

TEST(Sources, OfADirectoryAroundTheAppOnlyWhatIsNamedCounts) {
  FakeReader reader;
  reader.files = {{"web/kustomization.yaml", "resources: [deployment.yaml]\n"},
                  {"web/deployment.yaml", ""},
                  {"web/overlays/prod/kustomization.yaml", "resources: [../..]\n"},
                  {"web/overlays/dev/kustomization.yaml", "resources: [../..]\n"}};
  EXPECT_THAT(*find_sources(reader, app_at("web/overlays/prod")), ElementsAre("web/deployment.yaml", "web/kustomization.yaml", "web/overlays/prod"));
}

TEST(Sources, WhatStandsInTheFileItselfIsNoReference) {
  FakeReader reader;
  reader.files = {{"web/kustomization.yaml",
                   "patchesStrategicMerge:\n- |\n  kind: ConfigMap\n  data: {url: https://example.org/x}\n- '{kind: ConfigMap, data: {url: \"https://example.org\"}}'\n"
                   "generators:\n- 'kind: X'\n"}};
  EXPECT_THAT(*find_sources(reader, app_at("web")), ElementsAre("web"));
}

TEST(Sources, ADiamondIsNoCycle) {
  FakeReader reader;
  reader.files = {{"a/kustomization.yaml", "resources: [../b, ../c]\n"}, {"b/kustomization.yaml", "resources: [../d]\n"}, {"c/kustomization.yaml", "resources: [../d]\n"}, {"d/kustomization.yaml", ""}};
  EXPECT_THAT(*find_sources(reader, app_at("a")), ElementsAre("a", "b", "c", "d"));
}

struct RefusedRow {
  std::string name;
  std::string kustomization;
  std::string message;
  friend void PrintTo(const RefusedRow& row, std::ostream* out) { *out << row.name; }
};
class Refused : public testing::TestWithParam<RefusedRow> {};

TEST_P(Refused, WithTheFileThatSaysSo) {
  FakeReader reader;
  reader.files = {{"web/kustomization.yaml", GetParam().kustomization}, {"b/kustomization.yaml", "resources: [../web]\n"}, {"plain/cm.yaml", ""}};
  const auto found = find_sources(reader, app_at("web"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(found.error().message, AllOf(HasSubstr("kustomization.yaml"), HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Refused,
    testing::Values(RefusedRow{"Cycle", "resources: [../b]", "a cycle"}, RefusedRow{"Https", "resources: ['https://example.org/a.yaml']", "nothing is fetched"},
                    RefusedRow{"HttpsThatLooksInline", "resources: ['http://127.0.0.1:8001/x?a=: b']", "nothing is fetched"},
                    RefusedRow{"BaseThatLooksInline", "bases: ['http://127.0.0.1:8001/x?a=: b']", "bases[0]"},
                    RefusedRow{"ComponentInBraces", "components: ['{a: b}']", "isn't there"},
                    RefusedRow{"PatchThatLooksInline", "patchesStrategicMerge: ['http://127.0.0.1:8001/x?a=: b']", "nothing is fetched"},
                    RefusedRow{"PathThatLooksInline", "patches: [{path: 'http://127.0.0.1:8001/x?a=: b'}]", "nothing is fetched"},
                    RefusedRow{"GeneratorThatLooksInline", "generators: ['http://127.0.0.1:8001/x?a=: b']", "nothing is fetched"},
                    RefusedRow{"GitSuffix", "resources: ['git::https://x.example/a.git?ref=v1']", "nothing is fetched"},
                    RefusedRow{"GitHub", "resources: [github.com/kubernetes/x//config?ref=v1]", "nothing is fetched"},
                    RefusedRow{"Ssh", "resources: ['git@host.example:a/b.git']", "nothing is fetched"},
                    RefusedRow{"RemoteComponent", "components: ['https://example.org/c']", "components[0]"},
                    RefusedRow{"RemotePatch", "patches: [{path: 'https://example.org/p.yaml'}]", "patches[0].path"},
                    RefusedRow{"RemoteFile", "configMapGenerator: [{name: a, files: ['https://example.org/p.yaml']}]", "configMapGenerator[0].files[0]"},
                    RefusedRow{"BeyondTheRoot", "resources: [../../etc]", "leaves the repository"}, RefusedRow{"Absolute", "resources: [/etc/passwd]", "absolute path"},
                    RefusedRow{"Gone", "resources: [gone.yaml]", "web/gone.yaml, which isn't there"},
                    RefusedRow{"NoKustomizationThere", "resources: [../plain]", "plain has no kustomization.yaml"},
                    RefusedRow{"ChartToFetch", "helmCharts: [{name: redis, repo: 'https://charts.example.org', version: 1.0.0}]", "web/charts/redis"},
                    RefusedRow{"NotAMapping", "[]", "one mapping"}, RefusedRow{"BrokenYaml", "resources: [", "web/kustomization.yaml:"}),
    [](const auto& row) { return row.param.name; });

TEST(Sources, HelmValuesMayLieOutside) {
  FakeReader reader;
  reader.files = {{"charts/web/Chart.yaml", ""}, {"charts/web/values-prod.yaml", ""}, {"values/prod.yaml", ""}};
  auto app = app_at("charts/web");
  app.helm.values = {"values-prod.yaml", "../../values/prod.yaml"};
  EXPECT_EQ(*resolve_kind(reader, app), RenderKind::Helm);
  EXPECT_THAT(*find_sources(reader, app), ElementsAre("charts/web", "values/prod.yaml"));
  app.helm.values = {"../../gone.yaml"};
  EXPECT_THAT(find_sources(reader, app).error().message, HasSubstr("gone.yaml, which isn't there"));
  app.helm.values = {"https://example.org/values.yaml"};
  EXPECT_THAT(find_sources(reader, app).error().message, HasSubstr("nothing is fetched"));
  app.helm.values = {"../../../../etc/passwd"};
  EXPECT_THAT(find_sources(reader, app).error().message, HasSubstr("leaves the repository"));
}

TEST(Sources, AVendoredChartOfAKustomizationIsASource) {
  FakeReader reader;
  reader.files = {{"web/kustomization.yaml", "helmGlobals: {chartHome: ../charts}\nhelmCharts: [{name: redis, valuesFile: ../v.yaml}]\n"}, {"charts/redis/Chart.yaml", ""}, {"v.yaml", ""}};
  EXPECT_THAT(*find_sources(reader, app_at("web")), ElementsAre("charts/redis", "v.yaml", "web"));
}

TEST(SourcePath, OutermostPathsAreKept) { EXPECT_THAT(outermost({"a/c", "a", "a-b", "a/c/d", "b"}), ElementsAre("a", "a-b", "b")); }

TEST(SourcePath, RemoteOrNot) {
  for (const auto* local : {"base", "../base", "./a.yaml", "v1.2/x.yaml", "my.config/x", "a.b.yaml"}) EXPECT_FALSE(is_remote(local)) << local;
  for (const auto* remote : {"https://x/y", "ssh://git@x/y", "github.com/a/b", "host.example.com/a/b", "git@x:y", "x?ref=main"}) EXPECT_TRUE(is_remote(remote)) << remote;
}

TEST(Sources, WhatIsLaidOverNamesFilesToo) {
  FakeReader reader;
  reader.files = {{"web/kustomization.yaml", "resources: []\n"}, {"hpa/kustomization.yaml", "kind: Component\nresources: [../deep/x.yaml]\n"}, {"deep/x.yaml", ""}, {"patches/p.yaml", ""}};
  auto app = app_at("web");
  app.kustomize.components = {"../hpa"};
  app.kustomize.patches = {R"({"path": "../patches/p.yaml"})", R"({"patch": "a: b"})"};
  EXPECT_FALSE(reads_only_its_path(app));
  EXPECT_THAT(*find_sources(reader, app), ElementsAre("deep/x.yaml", "hpa", "patches/p.yaml", "web"));
  app.kustomize.components = {"https://github.com/acme/hpa"};
  EXPECT_THAT(find_sources(reader, app).error().message, AllOf(HasSubstr("kustomize.components[0] of App web"), HasSubstr("nothing is fetched")));
  app.kustomize.components = {"../gone"};
  EXPECT_THAT(find_sources(reader, app).error().message, HasSubstr("names gone, which isn't there"));
}

TEST(Sources, ADirectoryWithoutAKustomizationIsBuiltForFlux) {
  FakeReader reader;
  reader.files = {{"web/cm.yaml", ""}, {"web/sub/kustomization.yaml", "resources: [../../base]\n"}, {"base/kustomization.yaml", "resources: []\n"}, {"web/Chart.yaml", ""}};
  auto app = app_at("web");
  app.deployer.kind = DeployerKind::Flux;
  EXPECT_EQ(*resolve_kind(reader, app), RenderKind::Kustomize);
  EXPECT_THAT(*find_sources(reader, app), ElementsAre("base", "web"));
  reader.files.erase("web/sub/kustomization.yaml");
  EXPECT_EQ(*resolve_kind(reader, app), RenderKind::Plain) << "no kustomization anywhere";
  app.kustomize.name_prefix = "a-";
  EXPECT_EQ(*resolve_kind(reader, app), RenderKind::Kustomize);
  EXPECT_THAT(*find_sources(reader, app), ElementsAre("web"));
  app.deployer.kind = DeployerKind::None;
  EXPECT_EQ(*resolve_kind(reader, app), RenderKind::Helm);
}

TEST(Sources, OfAllParts) {
  FakeReader reader;
  reader.files = {{"apps/web/cm.yaml", ""}, {"charts/site/Chart.yaml", ""}, {"envs/prod.yaml", ""}, {"lib/main.jsonnet", ""}};
  auto app = app_at("apps/web", RenderKind::Plain);
  EXPECT_TRUE(reads_only_its_path(app));
  app.kustomize.name_prefix = "a-";
  EXPECT_FALSE(reads_only_its_path(app)) << "kustomize follows what a kustomization there names";
  app.kustomize.name_prefix.clear();
  SourcePart chart;
  chart.path = "charts/site";
  chart.helm.values = {"../../envs/prod.yaml"};
  SourcePart plugin;
  plugin.path = "lib";
  plugin.render = RenderKind::Plugin;
  app.more = {chart, plugin};
  EXPECT_FALSE(reads_only_its_path(app));
  EXPECT_THAT(*find_sources(reader, app), ElementsAre("apps/web", "charts/site", "envs/prod.yaml", "lib"));
  app.more[0].helm.values = {"../../../envs/prod.yaml"};
  EXPECT_THAT(find_sources(reader, app).error().message, HasSubstr("leaves the repository"));
}

}  // namespace
}  // namespace driftwarden
