// The real programs in the fence; each is skipped where it isn't in PATH.
#include "gitops/render/tool_render.hpp"
#include "integrations/process/process.hpp"
#include "integrations/render/tool_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kDeployment =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n"
    "      containers:\n      - {name: web, image: \"web:1\"}\n";

class RealTools : public testing::Test {
 protected:
  bool lacks(const std::string& program) const { return runner->identity(program).empty(); }
  static App app_at(const std::string& path, RenderKind kind = RenderKind::Auto) {
    App app;
    app.name = "web";
    app.path = path;
    app.render = kind;
    app.namespace_ = "shop";
    return app;
  }
  Result<Rendered> render(const std::vector<SourceFile>& files, const App& app) const { return render_sources(runner.get(), files, app); }

  std::shared_ptr<ToolRunner> runner = create_tool_runner({.fence_required = process::missing_for_fence().empty()});
};

const nlohmann::json& at(const Rendered& rendered, std::size_t index, const std::string& pointer) { return rendered.manifests.at(index).body->at(nlohmann::json::json_pointer(pointer)); }

TEST_F(RealTools, KustomizeBuildsWithAnOverlay) {
  if (lacks("kustomize")) GTEST_SKIP() << "needs kustomize in PATH";
  const std::vector<SourceFile> files{{"base/kustomization.yaml", "resources: [web.yaml]\nimages: [{name: web, newName: ghcr.io/acme/web, newTag: \"1\"}]\n"},
                                      {"base/web.yaml", kDeployment},
                                      {"prod/kustomization.yaml", "resources: [../base]\nimages: [{name: ghcr.io/acme/web, newTag: \"2\"}]\n"},
                                      {"hpa/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {hpa: \"yes\"}\n"}};
  auto app = app_at("prod");
  app.deployer.kind = DeployerKind::ArgoCd;
  app.kustomize.name_prefix = "eu-";
  app.kustomize.namespace_ = "other";
  app.kustomize.labels = {{"team", "a"}};
  app.kustomize.images = {"ghcr.io/acme/web:3"};
  app.kustomize.replicas = {{"web", 4}};
  app.kustomize.components = {"../hpa"};
  app.kustomize.patches = {R"({"target": {"kind": "Deployment"}, "patch": "- {op: add, path: /spec/paused, value: true}"})"};
  const auto rendered = render(files, app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  ASSERT_EQ(rendered->manifests.size(), 1U);
  EXPECT_EQ(rendered->manifests[0].ref.name, "eu-web");
  EXPECT_EQ(rendered->manifests[0].ref.namespace_, "other");
  EXPECT_EQ(at(*rendered, 0, "/spec/selector/matchLabels/team"), "a");
  EXPECT_EQ(at(*rendered, 0, "/metadata/annotations/hpa"), "yes");
  EXPECT_EQ(at(*rendered, 0, "/spec/template/spec/containers/0/image"), "ghcr.io/acme/web:3");
  EXPECT_EQ(at(*rendered, 0, "/spec/replicas"), 4);
  EXPECT_EQ(at(*rendered, 0, "/spec/paused"), true);
}

TEST_F(RealTools, KustomizeBuildsADirectoryOfFlux) {
  if (lacks("kustomize")) GTEST_SKIP() << "needs kustomize in PATH";
  auto app = app_at("apps");
  app.deployer.kind = DeployerKind::Flux;
  app.kustomize.namespace_ = "x";
  app.kustomize.substitute = std::map<std::string, std::string>{{"N", "3"}};
  std::string web = kDeployment;
  web.replace(web.find("replicas: 1"), 11, "replicas: ${N}");
  const auto rendered = render({{"apps/deep/web.yaml", web}, {"apps/sub/kustomization.yaml", "resources: [cm.yaml]\n"}, {"apps/sub/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"}}, app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  ASSERT_EQ(rendered->manifests.size(), 2U);
  EXPECT_EQ(rendered->manifests[0].ref.namespace_, "x");
  EXPECT_EQ(at(*rendered, 1, "/spec/replicas"), 3);
}

TEST_F(RealTools, KubectlBuildsWhereKustomizeIsMissing) {
  if (lacks("kubectl")) GTEST_SKIP() << "needs kubectl in PATH";
  ToolRun run;
  run.argv = {"kubectl", "kustomize", "--help"};
  run.directory = "/usr";
  const auto outcome = runner->run(run);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 0) << outcome->err;
}

class RealHelm : public RealTools {
 protected:
  void SetUp() override {
    if (lacks("helm")) GTEST_SKIP() << "needs helm in PATH";
  }
  std::vector<SourceFile> chart(const std::string& text) const {
    return {{"charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"}, {"charts/web/values.yaml", "a: 1\n"}, {"charts/web/templates/cm.yaml", text},
            {"charts/web/crds/crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.acme.io}\nspec: {}\n"}, {"envs/prod.yaml", "a: 2\nb: 2\nc: 2\n"}};
  }
  static std::string config_map(const std::string& value) { return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: " + value + "\n"; }
};

TEST_F(RealHelm, LaysValuesOverEachOther) {
  auto app = app_at("charts/web");
  app.helm.values = {"../../envs/prod.yaml"};
  app.helm.inline_values = "b: 3\nc: 3\n";
  app.helm.set = {{"c", "4"}};
  app.helm.set_string = {{"d", "5"}};
  auto rendered = render(chart(config_map("{{ printf \"%v %v %v %T\" .Values.a .Values.b .Values.c .Values.d | quote }}")), app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  ASSERT_EQ(rendered->manifests.size(), 2U);
  EXPECT_EQ(at(*rendered, 1, "/data/x"), "2 3 4 string");
  app.helm.skip_crds = true;
  rendered = render(chart(config_map("y")), app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_EQ(rendered->manifests.size(), 1U);
}

TEST_F(RealHelm, AnEndlessLoopIsStopped) {
  auto runner_of_little = create_tool_runner({.fence_required = false, .memory_bytes = 1U << 30U});
  const auto rendered = render_sources(runner_of_little.get(), chart("{{- define \"loop\" }}{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}{{ end }}" + config_map("{{ include \"loop\" . }}")),
                                       app_at("charts/web"));
  ASSERT_FALSE(rendered);
  EXPECT_THAT(rendered.error().message, testing::AnyOf(HasSubstr("MiB of memory"), HasSubstr("was stopped after"), HasSubstr("endless loop")));
}

TEST_F(RealHelm, AFloodOfOutputIsStopped) {
  const auto rendered = render(chart(config_map("{{ repeat 40000000 \"x\" }}")), app_at("charts/web"));
  ASSERT_FALSE(rendered);
  EXPECT_THAT(rendered.error().message, AllOf(HasSubstr("rendering App web with helm"), HasSubstr("printed more than")));
}

TEST_F(RealHelm, NoFileOfTheMachineIsRead) {
  const auto rendered = render(chart(config_map("{{ .Files.Get \"/etc/passwd\" | quote }}{{ .Files.Get \"../../../../../../etc/passwd\" | quote }}")), app_at("charts/web"));
  ASSERT_TRUE(!rendered || rendered->manifests[1].body->dump().find("root:") == std::string::npos);
  auto app = app_at("charts/web");
  app.helm.values = {"/etc/passwd"};
  const auto refused = render(chart(config_map("y")), app);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("root:")));
}

TEST_F(RealTools, KustomizeInflatesAVendoredChart) {
  if (lacks("kustomize") || lacks("helm")) GTEST_SKIP() << "needs kustomize and helm in PATH";
  const auto rendered = render({{"web/kustomization.yaml", "helmCharts: [{name: site, releaseName: site}]\n"},
                                {"web/charts/site/Chart.yaml", "apiVersion: v2\nname: site\nversion: 1.0.0\n"},
                                {"web/charts/site/values.yaml", "{}\n"},
                                {"web/charts/site/templates/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .Release.Name }}\"}\n"}},
                               app_at("web"));
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_EQ(rendered->manifests[0].ref.name, "site");
}

TEST_F(RealTools, JsonnetIsAPlugin) {
  if (lacks("jsonnet")) GTEST_SKIP() << "needs jsonnet in PATH";
  auto app = app_at("web", RenderKind::Plugin);
  app.plugin = {"jsonnet", {"jsonnet", "main.jsonnet"}, Duration{20'000}};
  const auto object = R"({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: n}, data: {x: importstr 'x.txt'}})";
  const auto rendered = render({{"web/main.jsonnet", std::string("[") + object + " for n in ['a', 'b']]"}, {"web/x.txt", "hello"}}, app);
  ASSERT_TRUE(rendered) << rendered.error().message;
  ASSERT_EQ(rendered->manifests.size(), 2U);
  EXPECT_EQ(at(*rendered, 0, "/data/x"), "hello");
  const auto refused = render({{"web/main.jsonnet", "{x: importstr '/etc/passwd'}"}}, app);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("jsonnet refuses App web"), Not(HasSubstr("root:"))));
}

}  // namespace
}  // namespace driftwarden
