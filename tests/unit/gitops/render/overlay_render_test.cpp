// What Argo CD, Flux and the configuration lay over files, and Apps of several parts.
#include "gitops/render/kustomize_overlay.hpp"
#include "gitops/render/sources.hpp"
#include "gitops/render/substitute.hpp"
#include "gitops/render/tool_render.hpp"

#include "tests/unit/gitops/render/fake_tools.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kConfigMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

App app_at(std::string path, RenderKind kind = RenderKind::Auto) {
  App app;
  app.name = "web";
  app.path = std::move(path);
  app.render = kind;
  app.namespace_ = "shop";
  return app;
}

App by(DeployerKind kind, App app) {
  app.deployer.kind = kind;
  return app;
}

struct ImageRow {
  std::string text;
  ImageOverride image;
  friend void PrintTo(const ImageRow& row, std::ostream* out) { *out << row.text; }
};
class ImageOverrides : public testing::TestWithParam<ImageRow> {};
TEST_P(ImageOverrides, AreReadAsKustomizeDoes) { EXPECT_EQ(parse_image_override(GetParam().text), GetParam().image); }
INSTANTIATE_TEST_SUITE_P(Forms, ImageOverrides,
                         testing::Values(ImageRow{"web=ghcr.io/acme/web:1.2", {"web", "ghcr.io/acme/web", "1.2", ""}}, ImageRow{"ghcr.io/acme/web:1.2", {"ghcr.io/acme/web", "", "1.2", ""}},
                                         ImageRow{"web@sha256:ab", {"web", "", "", "sha256:ab"}}, ImageRow{"web=reg:5000/web", {"web", "reg:5000/web", "", ""}},
                                         ImageRow{"reg:5000/web", {"reg:5000/web", "", "", ""}}, ImageRow{"web=reg:5000/web:2@sha256:ab", {"web", "reg:5000/web", "2", "sha256:ab"}},
                                         ImageRow{"web=*:2", {"web", "*", "2", ""}}));

class Overlaid : public testing::Test {
 protected:
  test::FakeTools tools;
  std::vector<SourceFile> files{{"web/kustomization.yaml", "resources: [cm.yaml]\nnamePrefix: old-\nimages:\n- name: web\n  newName: ghcr.io/acme/web\n  newTag: \"1\"\n- name: side\n  newTag: \"3\"\n"},
                                {"web/cm.yaml", kConfigMap}};

  void SetUp() override {
    tools.answer = [](const ToolRun&) { return ToolOutcome{0, kConfigMap, ""}; };
  }
  json built(const App& app) {
    const auto rendered = render_sources(&tools, files, app);
    EXPECT_TRUE(rendered) << rendered.error().message;
    return json::parse(tools.seen.at("repository/web/kustomization.yaml"), nullptr, false);
  }
};

TEST_F(Overlaid, WithoutAnOverlayTheFileIsAsInGit) {
  ASSERT_TRUE(render_sources(&tools, files, app_at("web")));
  EXPECT_EQ(tools.seen.at("repository/web/kustomization.yaml"), files[0].content);
}

TEST_F(Overlaid, EverythingIsWrittenIntoTheKustomization) {
  auto app = app_at("web");
  app.kustomize.name_prefix = "new-";
  app.kustomize.name_suffix = "-x";
  app.kustomize.namespace_ = "other";
  app.kustomize.images = {"web=*:2", "extra=reg/extra@sha256:ab"};
  app.kustomize.replicas = {{"web", 3}};
  app.kustomize.components = {"../hpa"};
  app.kustomize.patches = {R"({"target": {"kind": "ConfigMap"}, "patch": "- op: remove"})"};
  const auto made = built(app);
  EXPECT_EQ(made, json::parse(R"({"resources": ["cm.yaml"], "namePrefix": "new-", "nameSuffix": "-x", "namespace": "other", "replicas": [{"name": "web", "count": 3}], "components": ["../hpa"],
    "patches": [{"target": {"kind": "ConfigMap"}, "patch": "- op: remove"}],
    "images": [{"name": "web", "newName": "ghcr.io/acme/web", "newTag": "2"}, {"name": "side", "newTag": "3"}, {"name": "extra", "newName": "reg/extra", "digest": "sha256:ab"}]})"));
}

TEST_F(Overlaid, AnImageIsReplacedWhole) {
  auto app = app_at("web");
  app.kustomize.images = {"web:7"};
  EXPECT_EQ(built(app).at("images").at(0), json({{"name", "web"}, {"newTag", "7"}})) << "as `kustomize edit set image` and Flux do";
}

TEST_F(Overlaid, ArgosLabelsAreCommonLabels) {
  auto app = by(DeployerKind::ArgoCd, app_at("web"));
  app.kustomize.labels = {{"team", "a"}};
  app.kustomize.annotations = {{"by", "b"}};
  const auto made = built(app);
  EXPECT_EQ(made.at("commonLabels"), json({{"team", "a"}}));
  EXPECT_EQ(made.at("commonAnnotations"), json({{"by", "b"}}));
}

TEST_F(Overlaid, OthersLabelsAreOfTheObjectsAlone) {
  auto app = by(DeployerKind::Flux, app_at("web"));
  app.kustomize.labels = {{"team", "a"}};
  app.kustomize.annotations = {{"by", "b"}};
  const auto rendered = render_sources(&tools, files, app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_EQ(tools.seen.at("repository/web/kustomization.yaml"), files[0].content);
  EXPECT_EQ(rendered->manifests[0].body->at("metadata"), json::parse(R"({"name": "a", "namespace": "shop", "labels": {"team": "a"}, "annotations": {"by": "b"}})"));
}

TEST_F(Overlaid, WithoutAKustomizationOneIsMade) {
  files = {{"web/cm.yaml", kConfigMap}, {"web/deep/b.yml", kConfigMap}, {"web/deep/notes.md", ""}, {"web/.sops.yaml", ""}, {"web/base/kustomization.yaml", "resources: [x.yaml]\n"}, {"web/base/x.yaml", ""},
           {"other/c.yaml", kConfigMap}};
  auto app = by(DeployerKind::Flux, app_at("web"));
  app.kustomize.namespace_ = "x";
  const auto made = built(app);
  EXPECT_EQ(made.at("resources"), json({"base", "cm.yaml", "deep/b.yml"}));
  EXPECT_EQ(made.at("namespace"), "x");
}

TEST_F(Overlaid, PlainFilesStayPlainWithVariablesAlone) {
  files = {{"web/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {region: '${REGION:-none}'}\n"}};
  auto app = by(DeployerKind::Flux, app_at("web"));
  app.kustomize.substitute = Variables{{"REGION", "eu"}};
  const auto rendered = render_sources(&tools, files, app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_TRUE(tools.runs.empty());
  EXPECT_EQ(rendered->manifests[0].body->at("data").at("region"), "eu");
  EXPECT_EQ(rendered->manifests[0].file, "cm.yaml");
  const auto digest = rendered->digest;
  app.kustomize.substitute = Variables{{"REGION", "us"}};
  EXPECT_NE(render_sources(&tools, files, app)->digest, digest);
}

TEST_F(Overlaid, AFluxDirectoryWithKustomizationsFurtherDownIsBuilt) {
  files = {{"web/base/kustomization.yaml", "resources: [x.yaml]\n"}, {"web/base/x.yaml", kConfigMap}};
  const auto app = by(DeployerKind::Flux, app_at("web"));
  EXPECT_EQ(resolve_kind(files, app), RenderKind::Kustomize);
  EXPECT_EQ(built(app).at("resources"), json({"base"}));
  EXPECT_THAT(render_sources(&tools, files, app_at("web")).error().message, HasSubstr("name the directory that is built"));
}

TEST_F(Overlaid, ABadPatchIsTold) {
  auto app = app_at("web");
  app.kustomize.patches = {"- nonsense"};
  EXPECT_THAT(render_sources(&tools, files, app).error().message, AllOf(HasSubstr("App web"), HasSubstr("no mapping")));
}

TEST_F(Overlaid, AChartsOutputIsLaidOver) {
  files = {{"web/Chart.yaml", "apiVersion: v2\nname: site\nversion: 1.0.0\n"}, {"web/templates/a.yaml", ""}};
  auto app = app_at("web", RenderKind::Helm);
  app.kustomize.images = {"a:2"};
  app.kustomize.components = {"../hpa"};
  const auto rendered = render_sources(&tools, files, app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  ASSERT_EQ(tools.runs.size(), 2U);
  EXPECT_EQ(tools.runs[1].argv.front(), "kustomize");
  EXPECT_EQ(tools.runs[0].root, tools.runs[1].root);
  EXPECT_TRUE(tools.runs[1].directory.ends_with("/printed"));
  EXPECT_EQ(tools.seen.at("printed/all.yaml"), kConfigMap);
  EXPECT_EQ(json::parse(tools.seen.at("printed/kustomization.yaml")), json::parse(R"({"resources": ["all.yaml"], "images": [{"name": "a", "newTag": "2"}], "components": ["../repository/web/../hpa"]})"));
}

TEST_F(Overlaid, APatchThatIsAFileIsPutIn) {
  files = {{"web/Chart.yaml", "apiVersion: v2\nname: site\nversion: 1.0.0\n"}, {"web/templates/a.yaml", ""}, {"patches/p.yaml", "- op: remove\n"}};
  auto app = app_at("web", RenderKind::Helm);
  app.kustomize.patches = {R"({"path": "../patches/p.yaml", "target": {"kind": "ConfigMap"}})"};
  const auto rendered = render_sources(&tools, files, app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_EQ(json::parse(tools.seen.at("printed/kustomization.yaml")).at("patches"), json::parse(R"([{"target": {"kind": "ConfigMap"}, "patch": "- op: remove\n"}])"));
  app.kustomize.patches = {R"({"path": "gone.yaml"})"};
  EXPECT_THAT(render_sources(&tools, files, app).error().message, HasSubstr("names web/gone.yaml, which isn't there"));
}

class HelmOptions : public Overlaid {
 protected:
  void SetUp() override {
    Overlaid::SetUp();
    files = {{"a/web/Chart.yaml", "apiVersion: v2\nname: site\nversion: 1.0.0\n"}, {"a/web/templates/a.yaml", ""}};
  }
};

TEST_F(HelmOptions, InlineValuesAreAFileBesideTheRepository) {
  auto app = app_at("a/web");
  app.helm.values = {"../../envs/prod.yaml"};
  app.helm.inline_values = "db: {password: correct-horse}\n";
  app.helm.set = {{"x", "1"}};
  app.helm.set_string = {{"image.tag", "1.10"}};
  app.helm.skip_crds = true;
  ASSERT_TRUE(render_sources(&tools, files, app));
  EXPECT_THAT(tools.runs[0].argv, ElementsAre("helm", "template", "web", ".", "--skip-crds", "--skip-tests", "--no-hooks", "--namespace", "shop", "--values", "../../envs/prod.yaml", "--values",
                                              "../../../values-of-the-app.yaml", "--set", "x=1", "--set-string", "image.tag=1.10"));
  EXPECT_EQ(tools.seen.at("values-of-the-app.yaml"), app.helm.inline_values);
  EXPECT_TRUE(tools.runs[0].directory.starts_with(tools.runs[0].root + "/"));
  tools.answer = [](const ToolRun& run) { return ToolOutcome{1, "", "Error: " + run.root + "/values-of-the-app.yaml: correct-horse is bad"}; };
  EXPECT_THAT(render_sources(&tools, files, app).error().message,
              AllOf(HasSubstr("values-of-the-app.yaml: *** is bad"), Not(HasSubstr("correct-horse")), Not(HasSubstr("driftwarden-render")), HasSubstr("--values values-of-the-app.yaml")));
}

TEST_F(HelmOptions, WhatTheFenceRefusesIsExplained) {
  tools.answer = [](const ToolRun&) { return ToolOutcome{1, "", "Error: open /etc/passwd: permission denied"}; };
  EXPECT_THAT(render_sources(&tools, files, app_at("a/web")).error().message, HasSubstr(" denied; a tool may read what its App is made from and nothing else"));
}

TEST_F(HelmOptions, LookupIsAWarning) {
  files.push_back({"a/web/templates/secret.yaml", "a: b\n{{- $old := (lookup \"v1\" \"Secret\" .Release.Namespace \"x\") }}\n"});
  files.push_back({"a/web/templates/NOTES.txt", "to lookup things {{/* lookup x */}}\n"});
  files.push_back({"a/web/README.md", "{{ lookup }}"});
  EXPECT_THAT(render_sources(&tools, files, app_at("a/web"))->warnings, ElementsAre(HasSubstr("a/web/templates/secret.yaml:2 uses Helm's lookup")));
}

App jsonnet(std::vector<std::string> command) {
  auto app = app_at("web", RenderKind::Plugin);
  app.plugin = {"jsonnet", std::move(command), Duration{5000}};
  return app;
}

TEST_F(Overlaid, APluginIsRunInTheAppsPath) {
  tools.installed.insert("jsonnet");
  tools.answer = [](const ToolRun&) { return ToolOutcome{0, R"([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}])", ""}; };
  const auto rendered = render_sources(&tools, files, jsonnet({"jsonnet", "main.jsonnet"}));
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_EQ(rendered->manifests.size(), 2U);
  EXPECT_TRUE(rendered->by_tool);
  EXPECT_TRUE(rendered->may_vary);
  EXPECT_THAT(tools.runs[0].argv, ElementsAre("jsonnet", "main.jsonnet"));
  EXPECT_TRUE(tools.runs[0].directory.ends_with("/repository/web"));
  EXPECT_EQ(tools.runs[0].timeout, Duration{5000});
  EXPECT_EQ(tools.runs[0].environment, (std::map<std::string, std::string>{{"APP_NAME", "web"}, {"APP_NAMESPACE", "shop"}, {"APP_PATH", "web"}}));
}

TEST_F(Overlaid, APluginOfTheRepositoryIsRefused) {
  for (const auto* program : {"./render.sh", "web/render.sh", "../render.sh"}) {
    EXPECT_THAT(render_sources(&tools, files, jsonnet({program})).error().message, HasSubstr("what Git holds never runs as a program")) << program;
  }
  EXPECT_THAT(render_sources(&tools, files, jsonnet({})).error().message, HasSubstr("has no command"));
  EXPECT_TRUE(tools.runs.empty());
  EXPECT_EQ(render_sources(&tools, files, jsonnet({"jsonnet"})).error().kind, ErrorKind::NotFound);
  EXPECT_THAT(missing_tools(tools, jsonnet({"jsonnet"})), ElementsAre("jsonnet"));
}

class Parts : public Overlaid {
 protected:
  void SetUp() override {
    Overlaid::SetUp();
    files = {{"apps/web/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n"},
             {"apps/extra/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {x: '${X}'}\n"},
             {"charts/site/Chart.yaml", "apiVersion: v2\nname: site\nversion: 1.0.0\n"}};
    app = app_at("apps/web");
    SourcePart extra;
    extra.path = "apps/extra";
    extra.kustomize.substitute = Variables{{"X", "1"}};
    SourcePart chart;
    chart.path = "charts/site";
    chart.helm.values = {"../../envs/prod.yaml"};
    app.more = {extra, chart};
  }
  App app;
};

TEST_F(Parts, AreRenderedEachByItsKindAndPutTogether) {
  files.push_back({"envs/prod.yaml", "a: 1\n"});
  const auto rendered = render_sources(&tools, files, app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  std::vector<std::string> shown;
  for (const auto& manifest : rendered->manifests) shown.push_back(manifest.ref.namespace_ + "/" + manifest.ref.name + " " + manifest.file);
  EXPECT_THAT(shown, testing::UnorderedElementsAre("shop/plain a.yaml", "shop/extra ../extra/b.yaml", "shop/a "));
  EXPECT_TRUE(rendered->by_tool);
  EXPECT_EQ(tools.runs[0].argv[2], "web") << "the release is the App's";
}

TEST_F(Parts, AnObjectInTwoIsRefused) {
  files[1].content = files[0].content;
  const auto refused = render_sources(&tools, files, app);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("the parts of App web"), HasSubstr("ConfigMap shop/plain is defined twice: a.yaml:1 and ../extra/b.yaml:1")));
}

TEST_F(Parts, AMistakeNamesItsPart) {
  files[1].content = "kind: [";
  EXPECT_THAT(render_sources(&tools, files, app).error().message, testing::StartsWith("the part apps/extra"));
}

TEST_F(Parts, EverythingDecidesTheId) {
  const auto id = render_options_id(&tools, app);
  const auto differs = [&](const auto& change) {
    auto other = app;
    change(other);
    return render_options_id(&tools, other) != id;
  };
  EXPECT_FALSE(differs([](App&) {}));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.images = {"a:1"}; }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.name_prefix = "a"; }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.name_suffix = "a"; }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.namespace_ = "a"; }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.labels = {{"a", "b"}}; }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.annotations = {{"a", "b"}}; }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.replicas = {{"a", 1}}; }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.components = {"a"}; }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.patches = {"{}"}; }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.substitute = Variables(); }));
  EXPECT_TRUE(differs([](App& other) { other.kustomize.substitute = Variables{{"a", "b"}}; }));
  EXPECT_TRUE(differs([](App& other) { other.helm.inline_values = "a: 1"; }));
  EXPECT_TRUE(differs([](App& other) { other.helm.set_string = {{"a", "b"}}; }));
  EXPECT_TRUE(differs([](App& other) { other.helm.skip_crds = true; }));
  EXPECT_TRUE(differs([](App& other) { other.plugin.command = {"a"}; }));
  EXPECT_TRUE(differs([](App& other) { other.deployer.kind = DeployerKind::Flux; }));
  EXPECT_TRUE(differs([](App& other) { other.more.pop_back(); }));
  EXPECT_TRUE(differs([](App& other) { other.more[0].render = RenderKind::Plain; }));
  EXPECT_TRUE(differs([](App& other) { other.more[1].helm.values.clear(); }));
}

}  // namespace
}  // namespace driftwarden
