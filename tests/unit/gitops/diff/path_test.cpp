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

struct RootsRow {
  std::string name;
  std::string pattern;
  std::string desired;
  std::string live;
  bool covers;
  friend void PrintTo(const RootsRow& row, std::ostream* out) { *out << row.name; }
};
class RootsTable : public testing::TestWithParam<RootsRow> {};

/// .spec.containers[name="app"].env[name="TZ"].value, by position and by other members.
TEST_P(RootsTable, FindsElementsInGitAndLive) {
  const auto object = [](const std::string& containers) { return json::parse(R"({"spec":{"containers":[)" + containers + "]}}"); };
  const auto desired = object(GetParam().desired);
  const auto live = object(GetParam().live);
  const auto pattern = PathPattern::parse(GetParam().pattern);
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->covers(env_path(), {&desired, &live}), GetParam().covers);
  EXPECT_FALSE(pattern->covers(env_path()));
}

const std::string kApp = R"({"name":"app","image":"a:1"})";
const std::string kSidecar = R"({"name":"sidecar","image":"s:1"})";
INSTANTIATE_TEST_SUITE_P(EnvValue, RootsTable,
                         testing::Values(RootsRow{"ItsPlaceInGitCounts", ".spec.containers[0].env", kApp, kSidecar + "," + kApp, true},
                                         RootsRow{"NotTheOneInLive", ".spec.containers[1].env", kApp, kSidecar + "," + kApp, false},
                                         RootsRow{"InLiveWhereGitLacksIt", ".spec.containers[1].env", kSidecar, kSidecar + "," + kApp, true},
                                         RootsRow{"BeyondTheEnd", ".spec.containers[7].env", kApp, kApp, false},
                                         RootsRow{"Nowhere", ".spec.containers[0].env", "", "", false},
                                         RootsRow{"ByAMemberThatIsNoKey", R"(.spec.containers[image="a:*"].env)", kApp, "", true},
                                         RootsRow{"ByAnotherMember", R"(.spec.containers[image="s:*"].env)", kApp, kApp, false},
                                         RootsRow{"ByKeyAndMember", R"(.spec.containers[image="a:1",name="app"].env)", kApp, kApp, true}),
                         [](const auto& row) { return row.param.name; });

TEST(Patterns, APositionIsANumberedNameToo) {
  const PathNode root;
  const auto data = root.field("data");
  EXPECT_TRUE(PathPattern::parse(".data[0]")->covers(path_of(data.field("0"))));
  EXPECT_FALSE(PathPattern::parse(".data[0]")->covers(path_of(data.field("1"))));
}

TEST(Patterns, ThatMakeNoSenseAreRefused) {
  for (const auto* text : {"", "spec", ".spec[", ".spec[name=\"a]", ".spec[name]", ".spec..x", ".spec]"}) EXPECT_FALSE(PathPattern::parse(text)) << text;
}

TEST(Patterns, SplitOutsideOfBrackets) {
  EXPECT_THAT(split_patterns(R"(.spec.replicas, .ports[port=80,protocol="TCP"] ,.data["a,b"],)"),
              testing::ElementsAre(".spec.replicas", R"(.ports[port=80,protocol="TCP"])", R"(.data["a,b"])"));
}

}  // namespace
}  // namespace driftwarden
