#include "gitops/base/text.hpp"
#include "gitops/diff/inputs.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

Result<std::vector<IgnoreRule>> read(const std::string& yaml) {
  TRY(auto documents, parse_yaml(yaml, "rules.yaml"));
  return read_ignore_rules(documents.empty() ? json() : documents.front());
}

TEST(IgnoreFile, IsReadWhole) {
  const auto rules = read(R"(
ignore:
- match: {group: apps, kind: Deployment, namespace: "shop-*", name: "web-*"}
  paths: ['.spec.replicas', '.spec.**.env[name="TZ"]']
  managers: [keda-*]
  ops: [changed, added]
  until: 2026-12-31
  reason: "scaled by KEDA, OPS-12"
  owner: alice
- managers: [cainjector]
  until: 2026-12-31T18:30:00Z
)");
  ASSERT_TRUE(rules) << rules.error().message;
  ASSERT_EQ(rules->size(), 2U);
  const auto& rule = rules->front();
  EXPECT_EQ(rule.match, (IgnoreRule::Match{"apps", "Deployment", "shop-*", "web-*"}));
  EXPECT_THAT(rule.paths, ElementsAre(".spec.replicas", R"(.spec.**.env[name="TZ"])"));
  EXPECT_THAT(rule.managers, ElementsAre("keda-*"));
  EXPECT_THAT(rule.ops, ElementsAre("changed", "added"));
  EXPECT_EQ(rule.until, *parse_time("2027-01-01T00:00:00Z")) << "through that day";
  EXPECT_EQ(rule.reason, "scaled by KEDA, OPS-12");
  EXPECT_EQ(rule.owner, "alice");
  EXPECT_EQ(rules->back().match, IgnoreRule::Match{});
  EXPECT_EQ(rules->back().until, *parse_time("2026-12-31T18:30:00Z"));
}

TEST(IgnoreFile, MayHoldNothing) {
  for (const auto* text : {"", "ignore:\n", "ignore: []\n", "[]", "{}"}) EXPECT_THAT(*read(text), testing::IsEmpty()) << text;
}

struct WrongRow {
  std::string name;
  std::string yaml;
  std::string error;
  friend void PrintTo(const WrongRow& row, std::ostream* out) { *out << row.name; }
};
class WrongTable : public testing::TestWithParam<WrongRow> {};
TEST_P(WrongTable, IsNamedByRuleAndKey) {
  const auto rules = read(GetParam().yaml);
  ASSERT_FALSE(rules);
  EXPECT_EQ(rules.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(rules.error().message, HasSubstr(GetParam().error));
}
INSTANTIATE_TEST_SUITE_P(Files, WrongTable,
                         testing::Values(WrongRow{"NoList", "ignore: x", "ignore: expected a list of rules, found string"},
                                         WrongRow{"AnotherKeyAtTheTop", "ignored: []", "ignored: not known"},
                                         WrongRow{"ARuleThatIsAText", "[{paths: [.a]}, x]", "ignore rule 2: expected a mapping"},
                                         WrongRow{"AnUnknownKey", "[{paths: [.a], untl: x}]", "ignore rule 1: untl: not known; did you mean until?"},
                                         WrongRow{"AnUnknownKeyOfMatch", "[{paths: [.a], match: {version: v1}}]", "ignore rule 1: match.version: not known"},
                                         WrongRow{"MatchThatIsAText", "[{paths: [.a], match: apps}]", "ignore rule 1: match: expected a mapping"},
                                         WrongRow{"ANumberAsName", "[{paths: [.a], match: {name: 1}}]",
                                                  "ignore rule 1: match.name: expected a text, found number"},
                                         WrongRow{"NeitherPathsNorManagers", "[{paths: [.a]}, {reason: x}]", "ignore rule 2: paths or managers"},
                                         WrongRow{"EmptyPaths", "[{paths: []}]", "ignore rule 1: paths or managers"},
                                         WrongRow{"PathsThatAreAText", "[{paths: .a}]", "ignore rule 1: paths: expected a list"},
                                         WrongRow{"APathThatIsNoText", "[{paths: [.a, 1]}]", "ignore rule 1: paths[1]: expected a text"},
                                         WrongRow{"APathThatCannotBeRead", "[{paths: [.a, 'spec']}]", "ignore rule 1: paths[1]: \"spec\" is no path"},
                                         WrongRow{"AnUnknownOp", "[{paths: [.a], ops: [changed, edited]}]", "ignore rule 1: ops[1]: \"edited\" is none of"},
                                         WrongRow{"NoDate", "[{paths: [.a], until: tomorrow}]", "ignore rule 1: until: \"tomorrow\" is no date"},
                                         WrongRow{"AnEmptyDate", "[{paths: [.a], until: ''}]", "ignore rule 1: until"},
                                         WrongRow{"ReasonThatIsAList", "[{paths: [.a], reason: [x]}]", "ignore rule 1: reason: expected a text"}),
                         [](const auto& row) { return row.param.name; });

TEST(IgnoreFile, IsWrittenStably) {
  IgnoreRule rule;
  rule.match.kind = "Deployment";
  rule.paths = {R"(.spec.**.env[name="TZ"])"};
  rule.until = *parse_time("2026-12-31T00:00:00Z");
  rule.reason = "OPS-12: \"later\"";
  rule.owner = "alice";
  IgnoreRule other;
  other.managers = {"keda-*"};
  other.ops = {"changed"};
  EXPECT_EQ(write_ignore_rules({rule, other}), R"(ignore:
- match:
    kind: "Deployment"
  paths:
  - ".spec.**.env[name=\"TZ\"]"
  until: "2026-12-31T00:00:00Z"
  reason: "OPS-12: \"later\""
  owner: "alice"
- managers:
  - "keda-*"
  ops:
  - "changed"
)");
  EXPECT_EQ(write_ignore_rules({}), "ignore: []\n");
}

/// Whatever a rule holds: written, read back, equal.
TEST(IgnoreFile, RoundTrips) {
  unsigned seed = 11;
  const auto next = [&seed](std::size_t bound) { return (seed = seed * 1664525U + 1013904223U) / 65536U % static_cast<unsigned>(bound); };
  const std::vector<std::string> pieces{"a",      "*",      " ",      ":",      "#",          "\"",   "'",    "\\", "\n",  "\t",  "\x01", "\x7f",
                                        "\u0085", "\u2028", "\ufeff", "\u00e4", "\U0001f600", "- ",   "{",    "]",  "yes", "1e3", "~",    "%",
                                        "&x",     "<<",     "\r\n",   "\u00a0", "\ufffd",     "0x10", "null", "@",  "`",   "|",   ">"};
  const auto text = [&] {
    std::string made;
    for (auto i = next(6); i > 0; --i) made += pieces[next(pieces.size())];
    return made;
  };
  const std::vector<std::string> paths{".spec", R"(.a["x.io/*"])", ".spec.**.env[*]", R"(.p[port=80,name="a\"b"])", R"(.f[="\u00e4\n"])", ".a[3]"};
  const std::vector<std::string> ops{"changed", "removed", "added", "stale", "order"};
  for (int round = 0; round < 400; ++round) {
    std::vector<IgnoreRule> rules(next(4));
    for (auto& rule : rules) {
      if (next(2) == 0) rule.match = {text(), text(), text(), text()};
      for (auto i = 1 + next(3); i > 0; --i) rule.paths.push_back(paths[next(paths.size())]);
      for (auto i = next(3); i > 0; --i) rule.managers.push_back(text());
      for (auto i = next(3); i > 0; --i) rule.ops.push_back(ops[next(ops.size())]);
      if (next(2) == 0) rule.until = WallTime{std::chrono::milliseconds(1'700'000'000'000 + 1000LL * next(60000) * 1000 + (next(2) == 0 ? 0 : 123))};
      rule.reason = text();
      rule.owner = text();
    }
    const auto written = write_ignore_rules(rules);
    const auto again = read(written);
    ASSERT_TRUE(again) << again.error().message << "\n" << written;
    ASSERT_EQ(*again, rules) << written;
    EXPECT_EQ(write_ignore_rules(*again), written);
  }
}

}  // namespace
}  // namespace driftwarden
