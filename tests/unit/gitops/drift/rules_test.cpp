// Ignore rules: what they hide is told, and when they run out.
#include "gitops/drift/rule_uses.hpp"

#include "index_fixture.hpp"

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

IgnoreRule rule_for(const std::string& path, const std::string& name = "*") {
  IgnoreRule rule;
  rule.match.name = name;
  rule.paths = {path};
  rule.owner = "ana";
  rule.reason = "OPS-12";
  return rule;
}

struct WordsRow {
  std::string name;
  IgnoreRule rule;
  std::string words;
  friend void PrintTo(const WordsRow& row, std::ostream* out) { *out << row.name; }
};
class WordsTable : public testing::TestWithParam<WordsRow> {};
TEST_P(WordsTable, ForPeople) { EXPECT_EQ(words_of(GetParam().rule), GetParam().words); }
INSTANTIATE_TEST_SUITE_P(
    Rules, WordsTable,
    testing::Values(WordsRow{"Named", {{"apps", "Deployment", "*", "web-*"}, {".spec.replicas"}, {}, {}, {}, {}, {}}, ".spec.replicas of Deployment web-*"},
                    WordsRow{"Namespace", {{"*", "ConfigMap", "shop-*", "*"}, {".data.a", ".data.b"}, {}, {}, {}, {}, {}}, ".data.a, .data.b of ConfigMap shop-*/*"},
                    WordsRow{"Managers", {{"*", "*", "*", "web"}, {".x"}, {"keda-*"}, {}, {}, {}, {}}, ".x of any kind web by keda-*"},
                    WordsRow{"Anything", {{}, {}, {}, {}, {}, {}, {}}, "everything of any object"}),
    [](const auto& row) { return row.param.name; });

TEST_F(Index, RulesOfGitJoinThoseOfTheApp) {
  app.ignore = {rule_for(".data.k", "a")};
  index.set_app(app);
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}})});
  list({edited("a", "w", "1"), edited("b", "w", "2")});
  ASSERT_THAT(report().objects, SizeIs(1));
  index.take_changed();
  index.set_rules("shop", {rule_for(".data.k", "b")}, {"ignore/shop.yaml: line 3: what is this?"});
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
  const auto hidden = report();
  EXPECT_EQ(hidden.state, AppState::Synced);
  ASSERT_THAT(hidden.rules, SizeIs(2));
  EXPECT_EQ(hidden.rules[0].rule, ".data.k of any kind a");
  EXPECT_EQ(hidden.rules[1].owner, "ana");
  EXPECT_EQ(hidden.rules[1].fields, 1U);
  EXPECT_THAT(hidden.warnings, ElementsAre(HasSubstr("what is this?")));
  index.set_rules("shop", {rule_for(".data.k", "b")}, {"ignore/shop.yaml: line 3: what is this?"});
  EXPECT_THAT(index.take_changed(), IsEmpty());
  index.set_rules("shop", {}, {});
  EXPECT_THAT(report().objects, SizeIs(1));
  EXPECT_THAT(report().warnings, IsEmpty());
}

TEST_F(Index, AnExpiredRuleIsTold) {
  auto rule = rule_for(".data.k");
  rule.until = kNow + std::chrono::hours(1);
  index.set_rules("shop", {rule}, {});
  desire({config_map("a", {{"k", "v"}})});
  list({edited("a", "w", "1")});
  EXPECT_FALSE(report().rules.at(0).expired);
  EXPECT_EQ(index.next_due(), *rule.until);
  index.take_changed();
  EXPECT_THAT(index.take_changed(*rule.until), ElementsAre("shop"));
  const auto expired = report(*rule.until);
  EXPECT_EQ(expired.state, AppState::OutOfSync);
  ASSERT_THAT(expired.rules, SizeIs(1));
  EXPECT_TRUE(expired.rules[0].expired);
  EXPECT_FALSE(index.next_due());
}

TEST_F(Index, AnObjectsOwnAnnotationIsARuleToo) {
  auto git = config_map("a", {{"k", "v"}});
  git["metadata"]["annotations"] = {{"driftwarden.io/ignore", ".data.k"}};
  auto there = edited("a", "w", "1");
  there["metadata"]["annotations"] = git["metadata"]["annotations"];
  desire({git});
  list({there});
  ASSERT_THAT(report().rules, SizeIs(1));
  EXPECT_EQ(report().rules[0].rule, "annotation driftwarden.io/ignore of ConfigMap shop/a");
}

TEST_F(Index, TheAuthorLearnsOfAFieldThatTheSchemaLacks) {
  const json text{{"type", "string"}};
  const json object{{"type", "object"}};
  const json spec{{"type", "object"}, {"properties", {{"replicas", {{"type", "integer"}}}, {"template", object}}}};
  const json kind{{"type", "object"},
                  {"properties", {{"apiVersion", text}, {"kind", text}, {"metadata", object}, {"spec", spec}}},
                  {"x-kubernetes-group-version-kind", json::array({json{{"group", "apps"}, {"version", "v1"}, {"kind", "Deployment"}}})}};
  auto schemas = schemas_from_openapi({json{{"components", {{"schemas", {{"Deployment", kind}}}}}}});
  ASSERT_TRUE(schemas);
  index.set_schemas("prod", std::shared_ptr<const Schemas>(std::move(*schemas)));
  auto git = deployment("web");
  git["spec"]["replica"] = 3;
  desire({git});
  list({deployment("web")}, {"apps", "v1", "Deployment"});
  EXPECT_EQ(report().state, AppState::Synced);
  EXPECT_THAT(report().warnings, ElementsAre(HasSubstr("Deployment shop/web")));
}

}  // namespace
}  // namespace driftwarden
