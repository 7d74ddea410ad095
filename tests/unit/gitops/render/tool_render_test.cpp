#include "gitops/render/tool_render.hpp"

#include "tests/unit/gitops/render/fake_tools.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

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

class ToolRender : public testing::Test {
 protected:
  test::FakeTools tools;
  const std::vector<SourceFile> overlay{{"web/base/kustomization.yaml", "resources: [cm.yaml]\n"},
                                        {"web/base/cm.yaml", kConfigMap},
                                        {"web/prod/kustomization.yaml", "resources: [../base]\n"}};
  const std::vector<SourceFile> chart{{"web/Chart.yaml", "apiVersion: v2\nname: site\nversion: 1.0.0\n"}, {"web/templates/a.yaml", "kind: {{ .Values.x }}\n"}};

  void answer_with(std::string out) {
    tools.answer = [out](const ToolRun&) { return ToolOutcome{0, out, ""}; };
  }
  void refuse_with(std::string err) {
    tools.answer = [err](const ToolRun& run) {
      auto text = err;
      const auto at = text.find("ROOT");
      if (at != std::string::npos) text.replace(at, 4, run.directory.substr(0, run.directory.find("/web")));
      return ToolOutcome{1, "", text};
    };
  }
};

TEST_F(ToolRender, KustomizeBuildsInTheAppsOwnDirectory) {
  answer_with(kConfigMap);
  const auto rendered = render_sources(&tools, overlay, app_at("web/prod"));
  ASSERT_TRUE(rendered) << rendered.error().message;
  ASSERT_EQ(tools.runs.size(), 1U);
  EXPECT_THAT(tools.runs[0].argv, ElementsAre("kustomize", "build", "."));
  EXPECT_TRUE(tools.runs[0].directory.ends_with("/web/prod"));
  EXPECT_EQ(tools.seen.size(), 3U);
  EXPECT_EQ(tools.permissions, std::filesystem::perms::owner_all);
  EXPECT_FALSE(std::filesystem::exists(tools.runs[0].directory)) << "it goes when all is done";
  ASSERT_EQ(rendered->manifests.size(), 1U);
  EXPECT_EQ(rendered->manifests[0].ref.namespace_, "shop");
  EXPECT_EQ(rendered->manifests[0].file, "") << "no file of the App says what a tool put together";
  EXPECT_TRUE(rendered->by_tool);
  EXPECT_FALSE(rendered->may_vary);
}

TEST_F(ToolRender, KubectlStandsInForKustomize) {
  tools.installed = {"kubectl"};
  answer_with(kConfigMap);
  ASSERT_TRUE(render_sources(&tools, overlay, app_at("web/prod")));
  EXPECT_THAT(tools.runs.back().argv, ElementsAre("kubectl", "kustomize", "."));
}

TEST_F(ToolRender, AMissingToolIsNamedWithTheAppThatNeedsIt) {
  tools.installed = {};
  const auto kustomize = render_sources(&tools, overlay, app_at("web/prod"));
  ASSERT_FALSE(kustomize);
  EXPECT_EQ(kustomize.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(kustomize.error().message, AllOf(HasSubstr("App web"), HasSubstr("neither kustomize nor kubectl is installed")));
  const auto helm = render_sources(&tools, chart, app_at("web"));
  ASSERT_FALSE(helm);
  EXPECT_THAT(helm.error().message, AllOf(HasSubstr("App web"), HasSubstr("helm isn't installed")));
  EXPECT_TRUE(render_sources(&tools, {{"web/cm.yaml", kConfigMap}}, app_at("web"))) << "plain files need none";
  EXPECT_THAT(render_sources(nullptr, chart, app_at("web")).error().message, HasSubstr("helm"));
}

TEST_F(ToolRender, HelmGetsReleaseNamespaceValuesAndSets) {
  answer_with(kConfigMap);
  auto app = app_at("web");
  app.helm = {"site-prod", {"values-prod.yaml", "../common.yaml"}, {{"image.tag", "1.4.2"}, {"note", "a,b{c}"}}};
  const auto rendered = render_sources(&tools, chart, app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_THAT(tools.runs[0].argv,
              ElementsAre("helm", "template", "site-prod", ".", "--include-crds", "--skip-tests", "--no-hooks", "--namespace", "shop", "--values", "./values-prod.yaml",
                          "--values", "../common.yaml", "--set", "image.tag=1.4.2", "--set", "note=a\\,b\\{c\\}"));
}

TEST_F(ToolRender, ValuesFilesThatAreMissingMayBeLeftOut) {
  answer_with(kConfigMap);
  auto app = app_at("web");
  app.helm.values = {"values-prod.yaml", "missing.yaml", "../missing.yaml"};
  app.helm.skip_missing_values = true;
  auto files = chart;
  files.push_back({"web/values-prod.yaml", "a: 1\n"});
  ASSERT_TRUE(render_sources(&tools, files, app));
  EXPECT_THAT(tools.runs[0].argv, ElementsAre("helm", "template", "web", ".", "--include-crds", "--skip-tests", "--no-hooks", "--namespace", "shop", "--values", "./values-prod.yaml"));
  auto strict = app;
  strict.helm.skip_missing_values = false;
  EXPECT_NE(render_options_id(&tools, app), render_options_id(&tools, strict));
}

TEST_F(ToolRender, OnlyTheTopOfADirectoryWhereNothingMoreIsRead) {
  const std::vector<SourceFile> files{{"web/cm.yaml", kConfigMap}, {"web/sub/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"}, {"web/sub/kustomization.yaml", "resources: []\n"}};
  auto app = app_at("web");
  app.top_only = true;
  const auto top = render_sources(&tools, files, app);
  ASSERT_TRUE(top) << top.error().message;
  EXPECT_EQ(top->manifests.size(), 1U);
  auto all = app;
  all.top_only = false;
  EXPECT_FALSE(render_sources(&tools, files, all)) << "a kustomization further down is no plain file";
  EXPECT_NE(render_options_id(&tools, app), render_options_id(&tools, all));
  auto parts = app_at("none");
  parts.more.emplace_back().path = "web";
  parts.more.front().top_only = true;
  EXPECT_EQ(render_sources(&tools, files, parts)->manifests.size(), 1U);
}

TEST_F(ToolRender, OnlyAChartThatRollsDiceMayVary) {
  answer_with(kConfigMap);
  EXPECT_FALSE(render_sources(&tools, chart, app_at("web"))->may_vary);
  auto dice = chart;
  dice.push_back({"web/templates/b.yaml", "data: {{ randAlphaNum 8 }}\n"});
  EXPECT_TRUE(render_sources(&tools, dice, app_at("web"))->may_vary);
  auto packed = chart;
  packed.push_back({"web/charts/redis-1.0.0.tgz", "\x1f\x8b"});
  EXPECT_TRUE(render_sources(&tools, packed, app_at("web"))->may_vary);
}

TEST_F(ToolRender, DependenciesMustBeVendored) {
  auto files = chart;
  files[0].content += "dependencies:\n- {name: redis, version: 17.x, repository: 'https://charts.example.org'}\n";
  const auto refused = render_sources(&tools, files, app_at("web"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("web/Chart.yaml"), HasSubstr("\"redis\""), HasSubstr("helm dependency build web"), HasSubstr("web/charts/")));
  EXPECT_TRUE(tools.runs.empty());
  answer_with(kConfigMap);
  files.push_back({"web/charts/redis-17.0.1.tgz", "x"});
  EXPECT_TRUE(render_sources(&tools, files, app_at("web")));
  files.back() = {"web/charts/redis/Chart.yaml", "name: redis\n"};
  EXPECT_TRUE(render_sources(&tools, files, app_at("web")));
}

TEST_F(ToolRender, ASchemaMayReferToItselfAlone) {
  answer_with(kConfigMap);
  auto files = chart;
  files.push_back({"web/values.schema.json", R"({"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/$defs/a"}, "$ref": {"type": "string"}}})"});
  EXPECT_TRUE(render_sources(&tools, files, app_at("web")));
  tools.runs.clear();
  const std::vector<SourceFile> kustomized{{"web/kustomization.yaml", "helmCharts: [{name: site}]\n"}, {"web/charts/site/Chart.yaml", "name: site\n"}};
  for (const auto* schema : {R"({"properties": {"a": {"allOf": [{"$ref": "http://127.0.0.1:8001/x"}]}}})", R"({"$ref": "file:///etc/passwd"})", R"({"\u0024ref": "other.json"})",
                             R"({"$schema": "http://127.0.0.1/x"})", "{"}) {
    files.back().content = schema;
    const auto refused = render_sources(&tools, files, app_at("web"));
    ASSERT_FALSE(refused) << schema;
    EXPECT_THAT(refused.error().message, HasSubstr("web/values.schema.json")) << schema;
    auto of_kustomize = kustomized;
    of_kustomize.push_back({"web/charts/site/values.schema.json", schema});
    EXPECT_FALSE(render_sources(&tools, of_kustomize, app_at("web"))) << schema;
  }
  EXPECT_TRUE(tools.runs.empty());
}

TEST_F(ToolRender, AReleaseNameThatHelmRefusesIsToldBefore) {
  auto app = app_at("web");
  app.name = "Web_Prod";
  EXPECT_THAT(render_sources(&tools, chart, app).error().message, HasSubstr("helm.release"));
  app.helm.release = "web-prod";
  EXPECT_TRUE(render_sources(&tools, chart, app));
}

TEST_F(ToolRender, NoChartIsNoChart) {
  EXPECT_THAT(render_sources(&tools, overlay, app_at("web/prod", RenderKind::Helm)).error().message, HasSubstr("web/prod/Chart.yaml isn't there"));
}

TEST_F(ToolRender, ErrorsSpeakOfTheRepositorysPaths) {
  refuse_with("Error: accumulating resources: accumulation err='accumulating resources from 'cm.yaml': open ROOT/web/base/cm.yaml: no such file or directory'\n");
  const auto kustomize = render_sources(&tools, overlay, app_at("web/prod"));
  ASSERT_FALSE(kustomize);
  EXPECT_EQ(kustomize.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(kustomize.error().message, AllOf(HasSubstr("App web"), HasSubstr("open web/base/cm.yaml: no such file"), HasSubstr("cd web/prod && kustomize build ."), Not(HasSubstr("driftwarden-render"))));
  refuse_with("WARNING: This chart is deprecated\nError: execution error at (site/templates/a.yaml:3:4): x is required\n\nUse --debug flag to render out invalid YAML\n");
  EXPECT_THAT(render_sources(&tools, chart, app_at("web")).error().message, AllOf(HasSubstr("(web/templates/a.yaml:3:4): x is required"), Not(HasSubstr("deprecated"))));
}

TEST_F(ToolRender, ErrorsDontTellSecrets) {
  auto files = chart;
  files.push_back({"web/values.yaml", "db:\n  password: correct-horse\n  host: db1\n"});
  files.push_back({"web/secret.yaml", "kind: Secret\ndata: {blob: c3RhcGxlLWJhdHRlcnk=}\n"});
  auto app = app_at("web");
  app.helm.set = {{"apiToken", "tok-123456"}};
  refuse_with("Error: a: correct-horse staple-battery c3RhcGxlLWJhdHRlcnk= tok-123456 db1 clientSecret: xyzzy42 done\n");
  const auto message = render_sources(&tools, files, app).error().message;
  EXPECT_THAT(message, AllOf(Not(HasSubstr("correct-horse")), Not(HasSubstr("staple")), Not(HasSubstr("c3Rh")), Not(HasSubstr("tok-123456")), Not(HasSubstr("xyzzy42"))));
  EXPECT_THAT(message, AllOf(HasSubstr("db1"), HasSubstr("done"), HasSubstr("apiToken=...")));
}

TEST_F(ToolRender, LongErrorsAreCut) {
  refuse_with("Error: " + std::string(100'000, 'x'));
  EXPECT_LT(render_sources(&tools, chart, app_at("web")).error().message.size(), 1200U);
}

TEST_F(ToolRender, OutputThatIsNoManifestNamesItsTemplate) {
  answer_with("---\n# Source: site/templates/a.yaml\nkind: [\n");
  EXPECT_THAT(render_sources(&tools, chart, app_at("web")).error().message, AllOf(HasSubstr("App web"), HasSubstr("from site/templates/a.yaml")));
}

TEST_F(ToolRender, NoFileIsWrittenOutsideOfTheTree) {
  for (const auto* path : {"../evil", "/etc/evil", "a/../../evil", "web/./x"}) {
    auto files = chart;
    files.push_back({path, "x"});
    EXPECT_THAT(render_sources(&tools, files, app_at("web")).error().message, HasSubstr("isn't a path inside a repository")) << path;
  }
  EXPECT_TRUE(tools.runs.empty());
}

TEST_F(ToolRender, PlainFilesKeepTheirPathInsideTheApp) {
  const auto rendered = render_sources(&tools, {{"web/sub/cm.yaml", kConfigMap}, {"other/cm.yaml", kConfigMap}}, app_at("web"));
  ASSERT_TRUE(rendered) << rendered.error().message;
  ASSERT_EQ(rendered->manifests.size(), 1U);
  EXPECT_EQ(rendered->manifests[0].file, "sub/cm.yaml");
  EXPECT_FALSE(rendered->by_tool);
}

TEST_F(ToolRender, AKustomizationFurtherDownIsNoPlainFile) {
  EXPECT_THAT(render_sources(&tools, overlay, app_at("web")).error().message, HasSubstr("name the directory that is built as the App's path"));
}

TEST_F(ToolRender, ChartsInAKustomizationNeedHelm) {
  const std::vector<SourceFile> files{{"web/kustomization.yaml", "helmCharts: [{name: site}]\n"}, {"web/charts/site/Chart.yaml", "name: site\n"}};
  answer_with(kConfigMap);
  ASSERT_TRUE(render_sources(&tools, files, app_at("web")));
  EXPECT_THAT(tools.runs.back().argv, ElementsAre("kustomize", "build", "--enable-helm", "--helm-command", "helm", "."));
  tools.installed.erase("helm");
  EXPECT_THAT(render_sources(&tools, files, app_at("web")).error().message, HasSubstr("helm isn't installed"));
}

TEST_F(ToolRender, WhatDecidesBesideTheFiles) {
  const auto app = app_at("web");
  const auto id = render_options_id(&tools, app);
  EXPECT_EQ(render_options_id(&tools, app), id);
  auto other = app;
  other.helm.set["a"] = "b";
  EXPECT_NE(render_options_id(&tools, other), id);
  other = app;
  other.namespace_ = "x";
  EXPECT_NE(render_options_id(&tools, other), id);
  tools.version = "2";
  EXPECT_NE(render_options_id(&tools, app), id);
}

TEST_F(ToolRender, MissingToolsAreAskedForByKind) {
  tools.installed = {"kubectl"};
  EXPECT_TRUE(missing_tools(tools, RenderKind::Kustomize).empty());
  EXPECT_TRUE(missing_tools(tools, RenderKind::Plain).empty());
  EXPECT_THAT(missing_tools(tools, RenderKind::Helm), ElementsAre("helm"));
}

}  // namespace
}  // namespace driftwarden
