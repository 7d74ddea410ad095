#include "gitops/diff/path.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using nlohmann::json;

/// .spec.containers[name="app"].env[name="TZ"].value
Path env_path() {
  static const auto list = [] {
    SchemaNode node;
    node.keys.push_back({"name", nullptr});
    return node;
  }();
  static const json app{{"name", "app"}};
  static const json zone{{"name", "TZ"}};
  const PathNode root;
  const auto spec = root.field("spec");
  const auto containers = spec.field("containers");
  const auto first = containers.keyed(app, &list);
  const auto env = first.field("env");
  const auto variable = env.keyed(zone, &list);
  return path_of(variable.field("value"));
}

TEST(Paths, AreWrittenAsTheReferenceSays) {
  EXPECT_EQ(to_string(env_path()), R"(.spec.containers[name="app"].env[name="TZ"].value)");
  SchemaNode ports;
  ports.keys.push_back({"port", nullptr});
  ports.keys.push_back({"protocol", "TCP"});
  const json port{{"port", 80}, {"name", "x"}};
  const json value = "a\"b";
  const PathNode root;
  const auto field = root.field("ports");
  EXPECT_EQ(to_string(path_of(field.keyed(port, &ports))), R"(.ports[port=80,protocol="TCP"])");
  EXPECT_EQ(to_string(path_of(field.value(value))), R"(.ports[="a\"b"])");
  EXPECT_EQ(to_string(path_of(field.at(3))), ".ports[3]");
  EXPECT_EQ(to_string(path_of(root.field("x.io/y"))), R"(["x.io/y"])");
  EXPECT_EQ(to_string(path_of(root.field("by-hand"))), ".by-hand");
  EXPECT_EQ(to_string(path_of(root.field("1st"))), R"(["1st"])");
}

TEST(Paths, FindTheirValue) {
  const auto object = json::parse(R"({"spec":{"containers":[{"name":"b"},{"name":"app","env":[{"name":"TZ","value":"UTC"}]}]}})");
  ASSERT_NE(find_at(object, env_path()), nullptr);
  EXPECT_EQ(*find_at(object, env_path()), "UTC");
  EXPECT_EQ(find_at(json::parse(R"({"spec":[]})"), env_path()), nullptr);
}

struct PatternRow {
  std::string pattern;
  bool covers;
  friend void PrintTo(const PatternRow& row, std::ostream* out) { *out << row.pattern; }
};
class PatternTable : public testing::TestWithParam<PatternRow> {};

TEST_P(PatternTable, Covers) {
  const auto pattern = PathPattern::parse(GetParam().pattern);
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->covers(env_path()), GetParam().covers);
}

INSTANTIATE_TEST_SUITE_P(EnvValue, PatternTable,
                         testing::Values(PatternRow{".spec", true}, PatternRow{".spec.containers", true}, PatternRow{".spec.containers[*]", true},
                                         PatternRow{R"(.spec.containers[name="app"].env)", true}, PatternRow{R"(.spec.containers[name="a*"].env)", true},
                                         PatternRow{R"(.spec.containers[name=app].env[name="TZ"].value)", true}, PatternRow{".spec.**.env[*]", true},
                                         PatternRow{R"(.spec.**.env[name="TZ"])", true}, PatternRow{".**.value", true}, PatternRow{".*.*", true},
                                         PatternRow{".**", true}, PatternRow{R"(["spec"])", true}, PatternRow{".status", false},
                                         PatternRow{R"(.spec.containers[name="other"])", false}, PatternRow{".spec.containers[0]", false},
                                         PatternRow{".spec.**.image", false}, PatternRow{".spec.containers.env", false},
                                         PatternRow{R"(.spec.containers[name="app"].env[name="TZ"].value.more)", false}));

TEST(Patterns, ThatMakeNoSenseAreRefused) {
  for (const auto* text : {"", "spec", ".spec[", ".spec[name=\"a]", ".spec[name]", ".spec..x", ".spec]"}) EXPECT_FALSE(PathPattern::parse(text)) << text;
}

TEST(Patterns, SplitOutsideOfBrackets) {
  EXPECT_THAT(split_patterns(R"(.spec.replicas, .ports[port=80,protocol="TCP"] ,.data["a,b"],)"),
              testing::ElementsAre(".spec.replicas", R"(.ports[port=80,protocol="TCP"])", R"(.data["a,b"])"));
}

}  // namespace
}  // namespace driftwarden
