#include "integrations/sandbox/cluster/go_value.hpp"
#include "integrations/sandbox/cluster/patch.hpp"
#include "integrations/sandbox/cluster/protobuf.hpp"
#include "integrations/sandbox/cluster/quantity.hpp"
#include "integrations/sandbox/cluster/selectors.hpp"
#include "integrations/sandbox/cluster/table_cells.hpp"

#include <gtest/gtest.h>

namespace driftwarden::sandbox::cluster {
namespace {

struct QuantityRow {
  const char* name;
  const char* given;
  const char* canonical;  ///< null: not a quantity
  friend void PrintTo(const QuantityRow& row, std::ostream* out) { *out << row.name; }
};
class QuantityTable : public testing::TestWithParam<QuantityRow> {};
TEST_P(QuantityTable, IsWrittenAsTheServerDoes) {
  const auto& row = GetParam();
  const auto canonical = canonical_quantity(row.given);
  ASSERT_EQ(canonical.has_value(), row.canonical != nullptr);
  EXPECT_EQ(canonical.value_or("none"), row.canonical == nullptr ? "none" : row.canonical);
}
INSTANTIATE_TEST_SUITE_P(Forms, QuantityTable,
                         testing::Values(QuantityRow{"ExponentStays", "1e9", "1e9"}, QuantityRow{"MilliBecomesWhole", "1000m", "1"},
                                         QuantityRow{"BinaryGrows", "1024Mi", "1Gi"}, QuantityRow{"DecimalStays", "512M", "512M"},
                                         QuantityRow{"FractionBecomesMilli", "0.5", "500m"}, QuantityRow{"BinaryFraction", "1.5Gi", "1536Mi"},
                                         QuantityRow{"DecimalGrows", "1000M", "1G"}, QuantityRow{"Zero", "0", "0"}, QuantityRow{"ZeroOfAnySize", "0Gi", "0"},
                                         QuantityRow{"SmallBinaryIsDecimal", "0.5Ki", "512"}, QuantityRow{"ExponentKeepsMultiplesOfThree", "12e8", "1200e6"},
                                         QuantityRow{"Nonsense", "1GB", nullptr}, QuantityRow{"Empty", "", nullptr},
                                         QuantityRow{"Negative", "-1500m", "-1500m"}),
                         [](const auto& row) { return row.param.name; });

TEST(GoValue, DropsZerosOfPlainFieldsAndKeepsThoseOfPointers) {
  Json pod = Json::parse(R"({"hostNetwork":false,"automountServiceAccountToken":false,"nodeName":"","containers":[{"name":"a","command":[],"stdin":false}]})");
  EXPECT_TRUE(round_trip(*find_type("PodSpec"), pod).error.empty());
  EXPECT_EQ(pod, Json::parse(R"({"automountServiceAccountToken":false,"containers":[{"name":"a","resources":{}}]})"));
}

TEST(GoValue, TellsUnknownFieldsAndWrongTypes) {
  Json object = Json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"foo":1,"template":{"spec":{"containers":[{"name":"a","bar":2}]}}}})");
  EXPECT_EQ(round_trip(*find_type("Deployment"), object).unknown, (std::vector<std::string>{"spec.foo", "spec.template.spec.containers[0].bar"}));
  Json wrong = Json::parse(R"({"spec":{"replicas":"x"}})");
  EXPECT_EQ(round_trip(*find_type("Deployment"), wrong).error, "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32");
}

struct PatchRow {
  const char* name;
  const char* before;
  const char* patch;
  const char* after;
  friend void PrintTo(const PatchRow& row, std::ostream* out) { *out << row.name; }
};
class StrategicTable : public testing::TestWithParam<PatchRow> {};
TEST_P(StrategicTable, Merges) {
  const auto& row = GetParam();
  auto patched = strategic_merge_patch(struct_ref(*find_type("PodSpec")), Json::parse(row.before), Json::parse(row.patch));
  ASSERT_TRUE(patched);
  EXPECT_EQ(patched.value(), Json::parse(row.after));
}
INSTANTIATE_TEST_SUITE_P(Pods, StrategicTable,
                         testing::Values(PatchRow{"AKeyedElementIsMerged", R"({"containers":[{"name":"a","image":"1"}]})",
                                                  R"({"containers":[{"name":"a","tty":true}]})", R"({"containers":[{"name":"a","image":"1","tty":true}]})"},
                                         PatchRow{"ANewElementLeads", R"({"containers":[{"name":"a"}]})", R"({"containers":[{"name":"b"}]})",
                                                  R"({"containers":[{"name":"b"},{"name":"a"}]})"},
                                         PatchRow{"AnElementIsDeleted", R"({"containers":[{"name":"a"},{"name":"b"}]})",
                                                  R"({"containers":[{"name":"a","$patch":"delete"}]})", R"({"containers":[{"name":"b"}]})"},
                                         PatchRow{"AnOrderIsKept", R"({"containers":[{"name":"a"},{"name":"b"}]})",
                                                  R"({"$setElementOrder/containers":[{"name":"b"},{"name":"c"},{"name":"a"}],"containers":[{"name":"c"}]})",
                                                  R"({"containers":[{"name":"b"},{"name":"c"},{"name":"a"}]})"},
                                         PatchRow{"AnAtomicListIsReplaced", R"({"containers":[{"name":"a","args":["x","y"]}]})",
                                                  R"({"containers":[{"name":"a","args":["z"]}]})", R"({"containers":[{"name":"a","args":["z"]}]})"},
                                         PatchRow{"NullRemoves", R"({"hostname":"h","nodeName":"n"})", R"({"hostname":null})", R"({"nodeName":"n"})"},
                                         PatchRow{"RetainedKeysStay", R"({"volumes":[{"name":"v","emptyDir":{}}]})",
                                                  R"({"volumes":[{"name":"v","$retainKeys":["name","configMap"],"configMap":{"name":"c"}}]})",
                                                  R"({"volumes":[{"name":"v","configMap":{"name":"c"}}]})"},
                                         PatchRow{"AMapIsReplaced", R"({"securityContext":{"runAsUser":1}})",
                                                  R"({"securityContext":{"$patch":"replace","runAsGroup":2}})", R"({"securityContext":{"runAsGroup":2}})"}),
                         [](const auto& row) { return row.param.name; });

TEST(JsonPatch, RefusesAFailedTestAndAMissingPath) {
  const Json value{{"a", 1}};
  EXPECT_FALSE(json_patch(value, Json::parse(R"([{"op":"test","path":"/a","value":2}])")));
  EXPECT_FALSE(json_patch(value, Json::parse(R"([{"op":"remove","path":"/b"}])")));
  EXPECT_EQ(json_patch(value, Json::parse(R"([{"op":"test","path":"/a","value":1},{"op":"replace","path":"/a","value":3}])")).value(), (Json{{"a", 3}}));
}

TEST(JsonPatch, ReplacesAMemberThatIsNotThere) {
  EXPECT_EQ(json_patch(Json{{"a", 1}}, Json::parse(R"([{"op":"replace","path":"/b","value":2}])")).value(), (Json{{"a", 1}, {"b", 2}}));
}

TEST(Protobuf, ReadsWhatKubectlCreateSends) {
  // Namespace "team": envelope {1: {1: "v1", 2: "Namespace"}, 2: {1: {1: "team"}}}
  const std::string body = std::string("k8s\0", 4) + "\x0a\x0f\x0a\x02v1\x12\x09Namespace" + "\x12\x08\x0a\x06\x0a\x04team";
  EXPECT_EQ(decode_protobuf(body), Json::parse(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"}})"));
  EXPECT_FALSE(decode_protobuf(body.substr(0, body.size() - 2)));
  EXPECT_FALSE(decode_protobuf("nonsense"));
}

struct SelectorRow {
  const char* name;
  const char* selector;
  bool matches;
  friend void PrintTo(const SelectorRow& row, std::ostream* out) { *out << row.name; }
};
class SelectorTable : public testing::TestWithParam<SelectorRow> {};
TEST_P(SelectorTable, Matches) {
  auto selector = LabelSelector::parse(GetParam().selector);
  ASSERT_TRUE(selector);
  EXPECT_EQ(selector.value().matches(Json{{"app", "shop"}, {"tier", "web"}}), GetParam().matches);
}
INSTANTIATE_TEST_SUITE_P(Labels, SelectorTable,
                         testing::Values(SelectorRow{"Equals", "app=shop", true}, SelectorRow{"DoubleEquals", "app==cart", false},
                                         SelectorRow{"NotEquals", "app!=cart", true}, SelectorRow{"In", "tier in (web, db),app=shop", true},
                                         SelectorRow{"NotIn", "tier notin (web)", false}, SelectorRow{"Exists", "app", true},
                                         SelectorRow{"Absent", "!app", false}, SelectorRow{"NotEqualsAbsent", "zone!=a", true}),
                         [](const auto& row) { return row.param.name; });
TEST(Selectors, RefuseWhatTheyDoNotUnderstand) {
  EXPECT_FALSE(LabelSelector::parse("a b"));
  EXPECT_FALSE(LabelSelector::parse("a within (b)"));
  EXPECT_FALSE(FieldSelector::parse("spec.replicas=1", "Deployment"));
  EXPECT_TRUE(FieldSelector::parse("status.phase!=Running", "Pod"));
}

TEST(Ages, ReadAsKubectlPrintsThem) {
  using namespace std::chrono_literals;
  EXPECT_EQ(human_duration(119s), "119s");
  EXPECT_EQ(human_duration(125s), "2m5s");
  EXPECT_EQ(human_duration(20min), "20m");
  EXPECT_EQ(human_duration(200min), "3h20m");
  EXPECT_EQ(human_duration(47h), "47h");
  EXPECT_EQ(human_duration(75h), "3d3h");
  EXPECT_EQ(human_duration(24h * 20), "20d");
}

}  // namespace
}  // namespace driftwarden::sandbox::cluster
