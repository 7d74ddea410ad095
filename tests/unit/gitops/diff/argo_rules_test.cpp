#include "gitops/diff/argo_rules.hpp"

#include "gitops/diff/compare.hpp"
#include "gitops/diff/path.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ImportedRules import(const std::string& text) {
  auto imported = import_argo_rules(json::parse(text));
  EXPECT_TRUE(imported);
  return imported ? *imported : ImportedRules{};
}

struct ExpressionRow {
  std::string expression;
  std::string path;  ///< "" = not taken over
  friend void PrintTo(const ExpressionRow& row, std::ostream* out) { *out << row.expression; }
};

void expect_path(const char* key, const ExpressionRow& row) {
  const json item{{"group", "apps"}, {"kind", "Deployment"}, {key, {row.expression}}};
  const auto imported = *import_argo_rules(json::array({item}));
  if (row.path.empty()) {
    EXPECT_THAT(imported.rules, IsEmpty());
    ASSERT_EQ(imported.warnings.size(), 1U);
    EXPECT_THAT(imported.warnings[0], testing::AllOf(HasSubstr("ignoreDifferences[0]: "), HasSubstr(key), HasSubstr("not taken over")));
    return;
  }
  ASSERT_EQ(imported.rules.size(), 1U) << json(imported.warnings);
  EXPECT_THAT(imported.rules[0].paths, ElementsAre(row.path));
  EXPECT_THAT(imported.warnings, IsEmpty());
  EXPECT_TRUE(PathPattern::parse(row.path));
}

class PointerTable : public testing::TestWithParam<ExpressionRow> {};
TEST_P(PointerTable, IsTranslated) { expect_path("jsonPointers", GetParam()); }
INSTANTIATE_TEST_SUITE_P(Pointers, PointerTable,
                         testing::Values(ExpressionRow{"/spec/replicas", ".spec.replicas"},
                                         ExpressionRow{"/metadata/annotations/x.io~1y", R"(.metadata.annotations["x.io/y"])"},
                                         ExpressionRow{"/data/a~0b", R"(.data["a~b"])"},
                                         ExpressionRow{"/spec/template/spec/containers/0/image", ".spec.template.spec.containers[0].image"},
                                         ExpressionRow{"/webhooks/12", ".webhooks[12]"}, ExpressionRow{"/data/007", R"(.data["007"])"},
                                         ExpressionRow{"/spec/a-b", ".spec.a-b"}, ExpressionRow{"", ""}, ExpressionRow{"/", ""},
                                         ExpressionRow{"spec/replicas", ""}, ExpressionRow{"/spec//a", ""}, ExpressionRow{"/spec/list/-", ""},
                                         ExpressionRow{"/spec/*", ""}, ExpressionRow{"/spec/a~2", ""}, ExpressionRow{"/spec/a~", ""}));

class JqTable : public testing::TestWithParam<ExpressionRow> {};
TEST_P(JqTable, IsTranslatedOrWarned) { expect_path("jqPathExpressions", GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    Walks, JqTable,
    testing::Values(
        ExpressionRow{".spec.replicas", ".spec.replicas"}, ExpressionRow{" .spec | .replicas ", ".spec.replicas"},
        ExpressionRow{R"(.metadata.annotations["x.io/y"])", R"(.metadata.annotations["x.io/y"])"},
        ExpressionRow{R"(.metadata.annotations."x.io/y")", R"(.metadata.annotations["x.io/y"])"}, ExpressionRow{R"(.metadata["labels"])", ".metadata.labels"},
        ExpressionRow{".webhooks[].clientConfig.caBundle", ".webhooks[*].clientConfig.caBundle"},
        ExpressionRow{".webhooks[]?.clientConfig.caBundle?", ".webhooks[*].clientConfig.caBundle"}, ExpressionRow{".webhooks[0].rules", ".webhooks[0].rules"},
        ExpressionRow{".spec.versions.[0]", ".spec.versions[0]"}, ExpressionRow{".metadata.labels[]", ".metadata.labels.*"},
        ExpressionRow{R"(.spec.template.spec.containers[] | select(.name == "x") | .image)", R"(.spec.template.spec.containers[name="x"].image)"},
        ExpressionRow{R"(.spec.containers[]|select(.name=="x").env[]|select(.name=="A"))", R"(.spec.containers[name="x"].env[name="A"])"},
        ExpressionRow{R"(.spec.ports[] | select(.port == 80 and .protocol == "TCP") | .nodePort)", R"(.spec.ports[port=80,protocol="TCP"].nodePort)"}));
INSTANTIATE_TEST_SUITE_P(Programs, JqTable,
                         testing::Values(ExpressionRow{"", ""}, ExpressionRow{".", ""}, ExpressionRow{"..", ""}, ExpressionRow{"spec", ""},
                                         ExpressionRow{".spec..replicas", ""}, ExpressionRow{R"(.spec.containers[] | select(.name | test("x.*")))", ""},
                                         ExpressionRow{R"(.spec.containers[] | select(.name != "x"))", ""},
                                         ExpressionRow{R"(.a[] | select(.name == "x" or .name == "y"))", ""},
                                         ExpressionRow{R"(.a[] | select(.b.c == "x"))", ""}, ExpressionRow{R"(.a | select(.name == "x"))", ""},
                                         ExpressionRow{".a, .b", ""}, ExpressionRow{"(.a | .b)", ""}, ExpressionRow{"del(.a)", ""},
                                         ExpressionRow{".spec.list[1:3]", ""}, ExpressionRow{".spec.list[-1]", ""}, ExpressionRow{R"(.a["x*"])", ""},
                                         ExpressionRow{R"(.a[] | select(.name == "x*"))", ""}, ExpressionRow{".metadata.labels | keys", ""},
                                         ExpressionRow{".a[\"x", ""}, ExpressionRow{".a as $x | .b", ""}, ExpressionRow{".a.", ""}));

TEST(ArgoRules, MatchAsArgoDoes) {
  const auto imported = import(R"([{"kind":"Service","name":"web","namespace":"shop","jsonPointers":["/spec/clusterIP"]},
    {"group":"*","kind":"*","jsonPointers":["/metadata/labels/x"]},{"group":"apps","kind":"Deploy*","managedFieldsManagers":["kube-controller-manager"],"jsonPointers":["/spec/a"]}])");
  EXPECT_THAT(imported.warnings, IsEmpty());
  ASSERT_EQ(imported.rules.size(), 4U);
  EXPECT_EQ(imported.rules[0].match, (IgnoreRule::Match{"", "Service", "shop", "web"}));
  EXPECT_EQ(imported.rules[1].match, (IgnoreRule::Match{"*", "*", "*", "*"}));
  EXPECT_THAT(imported.rules[2].paths, ElementsAre(".spec.a"));
  EXPECT_THAT(imported.rules[2].managers, IsEmpty()) << "paths hold whoever wrote there";
  EXPECT_THAT(imported.rules[3].paths, IsEmpty());
  EXPECT_THAT(imported.rules[3].managers, ElementsAre("kube-controller-manager"));
}

TEST(ArgoRules, WarnOfWhatMatchesNothing) {
  const auto imported =
      import(R"([{"group":"apps","jsonPointers":["/a"]},{"kind":"A","name":"web-*","jsonPointers":["/a"]},{"kind":"A","namespace":"*","jsonPointers":["/a"]},
    {"kind":"A","managedFieldsManagers":["kube*"]},{"kind":"A","jsonPointers":"/a"},{"kind":"A","jsonPointers":[1]},{"kind":"A","jqPaths":[".a"]}])");
  EXPECT_THAT(imported.rules, IsEmpty());
  ASSERT_EQ(imported.warnings.size(), 7U) << json(imported.warnings);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_THAT(imported.warnings[i], HasSubstr("ignoreDifferences[" + std::to_string(i) + "]: "));
  EXPECT_THAT(imported.warnings[6], HasSubstr("jqPaths"));
}

TEST(ArgoRules, RefuseWhatIsNoList) {
  EXPECT_TRUE(import_argo_rules(nullptr));
  EXPECT_FALSE(import_argo_rules(json::object()));
  EXPECT_FALSE(import_argo_rules(json::array({"x"})));
}

/// Argo's own example: the image of the first container, whatever sidecar was put before it.
TEST(ArgoRules, APositionHitsTheElementOfGit) {
  const auto desired = json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"w"},"spec":{"template":{"spec":{"containers":[
    {"name":"app","image":"a:1"},{"name":"log","image":"l:1"}]}}}})");
  auto live = desired;
  live["spec"]["template"]["spec"]["containers"] = json::parse(R"([{"name":"proxy","image":"p:1"},{"name":"app","image":"a:2"},{"name":"log","image":"l:2"}])");
  const Redactor redactor("key");
  CompareContext context;
  context.redactor = &redactor;
  context.ignore = import(R"([{"group":"apps","kind":"Deployment","jsonPointers":["/spec/template/spec/containers/0/image"]}])").rules;
  const auto drift = compare(&desired, &live, nullptr, nullptr, context);
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_EQ(drift.fields[0].path, R"(.spec.template.spec.containers[name="log"].image)");
  EXPECT_THAT(drift.hits, ElementsAre(RuleHit{0, 1, false}));
}

TEST(ArgoRules, ManagersHoldForAllFieldsOfTheirs) {
  const auto desired = json::parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","y":"1"}})");
  const auto live = json::parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","managedFields":[
    {"manager":"tuner","operation":"Update","apiVersion":"v1","fieldsV1":{"f:data":{"f:x":{}}}}]},"data":{"x":"2","y":"2"}})");
  const Redactor redactor("key");
  CompareContext context;
  context.redactor = &redactor;
  context.ignore = import(R"([{"kind":"ConfigMap","managedFieldsManagers":["tuner"]}])").rules;
  const auto drift = compare(&desired, &live, nullptr, nullptr, context);
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_EQ(drift.fields[0].path, ".data.y");
}

}  // namespace
}  // namespace driftwarden
