// Which values key is edited where an App is a Helm chart; every result is rendered and compared.
#include "tests/unit/gitops/edit/fake_renderers.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace driftwarden {
namespace {

using test::FakeSource;
using testing::HasSubstr;

const ObjectRef kWeb{"apps", "v1", "Deployment", "", "web"};
const std::string kApp = R"(.spec.template.spec.containers[name="app"])";
const std::string kTemplate =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: {{ .Values.replicaCount }}\n  template:\n    metadata:\n"
    "      annotations: {{- toYaml .Values.podAnnotations | nindent 8 }}\n    spec:\n      containers:\n      - name: app\n"
    "        image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default \"1.0\" }}\"\n        resources: {{- toYaml .Values.resources | nindent 10 }}\n"
    "        env:\n        - name: LOG_LEVEL\n          value: {{ .Values.config.logLevel | quote }}\n        - name: WORKERS\n          value: {{ .Values.config.workers | quote }}\n"
    "        - name: FIXED\n          value: \"fixed\"\n      - name: side\n        image: {{ .Values.sidecar.image }}\n";
const std::string kValues =
    "# defaults\nreplicaCount: 2 # two\nimage:\n  repository: shop/web\n  tag: \"\" # the chart's\nresources: {}\npodAnnotations: {}\nconfig:\n  logLevel: info\n  workers: 4\n"
    "sidecar:\n  image: 'envoy:1'\n";

struct Row {
  std::string name;
  std::string values;               ///< values-prod.yaml
  std::vector<ValueEdit> edits;
  std::string after;                ///< of the same file
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

FakeSource chart(const std::string& values, HelmSource helm = {"web", {"values-prod.yaml"}, {}}) {
  return {{{"charts/web/Chart.yaml", "name: web\n"}, {"charts/web/templates/web.yaml", kTemplate}, {"charts/web/values.yaml", kValues}, {"charts/web/values-prod.yaml", values}},
          "charts/web", RenderKind::Helm, std::move(helm)};
}

class HelmKeys : public testing::TestWithParam<Row> {};

TEST_P(HelmKeys, AreEditedInTheLastValuesFile) {
  const auto edits = edit_source(chart(GetParam().values).source(), {{kWeb, GetParam().edits}});
  ASSERT_TRUE(edits) << edits.error().message;
  ASSERT_EQ(edits->size(), 1U);
  EXPECT_EQ(edits->front().file.path, "charts/web/values-prod.yaml");
  EXPECT_EQ(*edits->front().file.content, GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(Keys, HelmKeys, testing::Values(
    Row{"TheReplicas", "replicaCount: 3 # prod\n", {{".spec.replicas", "5"}}, "replicaCount: 5 # prod\n"},
    Row{"AnotherKeyWithTheSameValueStays", "config:\n  workers: 3\nreplicaCount: 3\n", {{".spec.replicas", "5"}}, "config:\n  workers: 3\nreplicaCount: 5\n"},
    Row{"ADefaultIsOverriddenNotEdited", "config:\n    logLevel: warn\n", {{".spec.replicas", "5"}}, "config:\n    logLevel: warn\nreplicaCount: 5\n"},
    Row{"AnEmptyFileGetsItsFirstKey", "# prod\n", {{".spec.replicas", "5"}}, "# prod\nreplicaCount: 5\n"},
    Row{"AnEmptyMapGetsItsFirstKey", "{}\n", {{".spec.replicas", "5"}}, "replicaCount: 5\n"},
    Row{"ATag", "image:\n  tag: '1.1' # ci\n", {{kApp + ".image", R"("shop/web:1.2")"}}, "image:\n  tag: '1.2' # ci\n"},
    Row{"ATagThatWasANumber", "image:\n  tag: 1.5\n", {{kApp + ".image", R"("shop/web:1.10")"}}, "image:\n  tag: \"1.10\"\n"},
    Row{"ATagThatTheChartDefaults", "image: {}\n", {{kApp + ".image", R"("shop/web:1.2")"}}, "image:\n  tag: \"1.2\"\n"},
    Row{"ARepositoryAndATag", "image: {tag: v1}\n", {{kApp + ".image", R"("shop/shop:v2")"}}, "image: {tag: v2, repository: shop/shop}\n"},
    Row{"AWholeReference", "sidecar: {image: \"envoy:1\"}\n", {{R"(.spec.template.spec.containers[name="side"].image)", R"("envoy:2")"}}, "sidecar: {image: \"envoy:2\"}\n"},
    Row{"AnEnvironmentVariable", "config:\n  logLevel: warn\n", {{kApp + R"(.env[name="LOG_LEVEL"].value)", R"("debug")"}}, "config:\n  logLevel: debug\n"},
    Row{"AQuotedNumberStaysANumber", "config:\n  workers: 8\n", {{kApp + R"(.env[name="WORKERS"].value)", R"("9")"}}, "config:\n  workers: 9\n"},
    Row{"AResource", "resources:\n  limits:\n    cpu: 1\n", {{kApp + ".resources.limits.memory", R"("1Gi")"}}, "resources:\n  limits:\n    cpu: 1\n    memory: 1Gi\n"},
    Row{"AFirstResource", "replicaCount: 2\n", {{kApp + ".resources.limits.memory", R"("1Gi")"}}, "replicaCount: 2\nresources:\n  limits:\n    memory: 1Gi\n"},
    Row{"AnAnnotationOfThePods", "podAnnotations:\n  a: b\n", {{R"(.spec.template.metadata.annotations["x/y"])", R"("z")"}}, "podAnnotations:\n  a: b\n  x/y: z\n"},
    Row{"ARemovedAnnotation", "podAnnotations:\n  a: b\n  c: d\n", {{".spec.template.metadata.annotations.a", {}}}, "podAnnotations:\n  c: d\n"},
    Row{"TwoValues", "replicaCount: 3\nimage: {tag: v1}\n", {{".spec.replicas", "4"}, {kApp + ".image", R"("shop/web:v2")"}}, "replicaCount: 4\nimage: {tag: v2}\n"}),
    [](const auto& row) { return row.param.name; });

TEST(HelmWithoutValuesFiles, EditsTheChartsOwn) {
  FakeSource fake({{"c/Chart.yaml", "name: web\n"}, {"c/templates/web.yaml", kTemplate}, {"c/values.yaml", kValues}}, "c", RenderKind::Helm);
  const auto edits = set_image(fake.source(), {"app", "2.0", ""});
  ASSERT_TRUE(edits) << edits.error().message;
  EXPECT_EQ(edits->front().places, std::vector<std::string>{"c/values.yaml: image.tag"});
  EXPECT_THAT(*edits->front().file.content, HasSubstr("  tag: \"2.0\" # the chart's\n"));
}

TEST(HelmRefusal, AValueThatTheConfigSets) {
  const auto edits = set_image(chart("image: {tag: v1}\n", {"web", {"values-prod.yaml"}, {{"image.tag", "v9"}}}).source(), {"app", "v10", ""});
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(edits.error().message, HasSubstr("image.tag is set in Driftwarden's config (helm.set)"));
}

TEST(HelmRefusal, AValueOfATemplate) {
  const auto edits = edit_source(chart("a: 1\n").source(), {{kWeb, {{kApp + R"(.env[name="FIXED"].value)", R"("loose")"}}}});
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(edits.error().message, HasSubstr("FIXED"));
  EXPECT_THAT(edits.error().message, HasSubstr("edit the chart's templates or values by hand"));
}

TEST(HelmRefusal, AValuesFileOutsideOfThePath) {
  FakeSource fake({{"c/Chart.yaml", "name: web\n"}, {"c/templates/web.yaml", kTemplate}, {"c/values.yaml", kValues}, {"shared.yaml", "replicaCount: 3\n"}}, "c", RenderKind::Helm,
                  {"web", {"../shared.yaml"}, {}});
  const auto edits = edit_source(fake.source(), {{kWeb, {{".spec.replicas", "5"}}}});
  ASSERT_FALSE(edits);
  EXPECT_THAT(edits.error().message, HasSubstr("outside of its path"));
}

TEST(HelmRefusal, AMarkedLine) {
  const auto edits = set_image(chart("image:\n  tag: v1 # {\"$imagepolicy\": \"ns:web:tag\"}\n").source(), {"app", "v2", ""});
  ASSERT_FALSE(edits);
  EXPECT_THAT(edits.error().message, HasSubstr("values-prod.yaml:2 is owned by Flux's image automation (policy ns:web)"));
}

TEST(HelmRefusal, AParameterThatArgoSets) {
  FakeSource fake({{"c/Chart.yaml", "name: web\n"}, {"c/templates/web.yaml", kTemplate}, {"c/values.yaml", kValues},
                   {"c/.argocd-source-web.yaml", "helm:\n  parameters:\n  - {name: image.tag, value: v7, forcestring: true}\n"}}, "c", RenderKind::Helm);
  const auto edits = set_image(fake.source(), {"app", "2.0", ""});
  ASSERT_FALSE(edits);
  EXPECT_THAT(edits.error().message, HasSubstr("sets image.tag"));
}

TEST(HelmVariables, GoIntoTheListOrTheMapThatTheChartTakesThemFrom) {
  const std::string head = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n        env:";
  const auto list = FakeSource({{"c/values.yaml", "side: {env: []}\nextraEnvVars:\n- name: A\n  value: a\n"}, {"c/templates/web.yaml", head + " {{- toYaml .Values.extraEnvVars | nindent 8 }}\n"}}, "c", RenderKind::Helm).source();
  const auto into_list = edit_source(list, {{kWeb, {{kApp + R"(.env[name="B"].value)", R"("b")"}}}});
  ASSERT_TRUE(into_list) << into_list.error().message;
  EXPECT_EQ(*into_list->front().file.content, "side: {env: []}\nextraEnvVars:\n- name: A\n  value: a\n- name: B\n  value: b\n");
  const auto map = FakeSource({{"c/values.yaml", "extraEnv:\n  A: a\n"}, {"c/templates/web.yaml", head + "\n        - name: A\n          value: {{ .Values.extraEnv.A | quote }}\n"}}, "c", RenderKind::Helm).source();
  const auto into_map = edit_source(map, {{kWeb, {{kApp + R"(.env[name="A"])", R"({"name":"A","value":"b"})"}}}});
  ASSERT_TRUE(into_map) << into_map.error().message;
  EXPECT_EQ(*into_map->front().file.content, "extraEnv:\n  A: b\n");
}

}  // namespace
}  // namespace driftwarden
