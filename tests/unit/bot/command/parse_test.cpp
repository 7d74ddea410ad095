#include "bot/command/command.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

struct Row {
  std::string name;
  std::string text;
  std::string command;     ///< to_text of what was understood, "" when it wasn't
  std::string suggestion;  ///< the first one
  std::string implied_app;
  std::int64_t implied_change = 0;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

class Grammar : public testing::TestWithParam<Row> {};

TEST_P(Grammar, Reads) {
  const auto& row = GetParam();
  GrammarContext context{{"checkout", "cart", "search", "shop-api", "shop-web"}, row.implied_app, row.implied_change, {"C-3"}};
  const auto parsed = parse_command(row.text, context);
  if (!row.command.empty()) {
    ASSERT_TRUE(std::holds_alternative<Command>(parsed)) << std::get<NotUnderstood>(parsed).message;
    EXPECT_EQ(to_text(std::get<Command>(parsed)), row.command);
    return;
  }
  ASSERT_TRUE(std::holds_alternative<NotUnderstood>(parsed)) << to_text(std::get<Command>(parsed));
  const auto& trouble = std::get<NotUnderstood>(parsed);
  EXPECT_FALSE(trouble.message.empty());
  EXPECT_EQ(trouble.suggestions.empty() ? "" : trouble.suggestions.front(), row.suggestion);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Grammar,
    testing::Values(Row{"NothingIsHelp", "", "help", "", "", 0}, Row{"CaseDoesNotMatter", "SYNC Checkout", "sync checkout", "", "", 0},
                    Row{"Alias", "deploy checkout", "sync checkout", "", "", 0}, Row{"UniquePrefix", "diff che", "diff checkout", "", "", 0},
                    Row{"Reason", "sync cart because  OPS-12 is done", "sync cart because OPS-12 is done", "", "", 0},
                    Row{"RollbackTo", "rollback checkout to 4f2c81a", "rollback checkout to 4f2c81a", "", "", 0},
                    Row{"RollbackWithoutTo", "rollback checkout 4f2c81a because slow", "rollback checkout to 4f2c81a because slow", "", "", 0},
                    Row{"RollbackDefault", "rollback checkout", "rollback checkout", "", "", 0},
                    Row{"RollbackToNothing", "rollback checkout to", "", "history checkout", "", 0},
                    Row{"ThreadImpliesTheApp", "diff", "diff checkout", "", "checkout", 0},
                    Row{"ThreadImpliesTheAppForOptions", "rollback to HEAD~1", "rollback checkout to HEAD~1", "", "checkout", 0},
                    Row{"NamedAppWinsOverTheThread", "diff cart", "diff cart", "", "checkout", 0}, Row{"StatusOfAll", "status", "status", "", "", 0},
                    Row{"StatusOfOne", "status search", "status search", "", "", 0}, Row{"Approve", "approve C-12", "approve C-12", "", "", 0},
                    Row{"ApproveLowerCase", "approve c12", "approve C-12", "", "", 0}, Row{"ApproveInItsThread", "approve", "approve C-7", "", "", 7},
                    Row{"RejectWithReason", "reject C-12 too risky", "reject C-12 too risky", "", "", 0},
                    Row{"Snooze", "snooze checkout 2h", "snooze checkout 2h", "", "", 0}, Row{"SnoozeFor", "snooze checkout for 30m", "snooze checkout 30m", "", "", 0},
                    Row{"SnoozeInItsThread", "snooze 2h", "snooze checkout 2h", "", "checkout", 0},
                    Row{"TypoInVerb", "snyc checkout", "", "sync checkout", "", 0}, Row{"TypoInApp", "sync chekcout", "", "sync checkout", "", 0},
                    Row{"AmbiguousApp", "diff shop", "", "diff shop-api", "", 0}, Row{"MissingApp", "sync", "", "sync checkout", "", 0},
                    Row{"NoSuchVerb", "frobnicate", "", "", "", 0}, Row{"NotAChange", "approve checkout", "", "approve C-3", "", 0},
                    Row{"MissingChange", "approve", "", "approve C-3", "", 0}, Row{"TooMuch", "sync checkout now", "", "sync checkout", "", 0},
                    Row{"BadDuration", "snooze checkout soon", "", "snooze checkout 2h", "", 0}, Row{"Audit", "audit checkout", "audit checkout", "", "", 0},
                    Row{"IgnoreAll", "ignore checkout", "ignore checkout", "", "", 0}, Row{"IgnoreInItsThread", "ignore .spec.replicas", "ignore checkout .spec.replicas", "", "checkout", 0},
                    Row{"IgnorePaths", "ignore checkout .spec.replicas .spec.paused for 7d because KEDA, OPS-12", "ignore checkout .spec.replicas .spec.paused for 7d because KEDA, OPS-12", "", "", 0},
                    Row{"IgnorePathWithSpaces", R"(ignore cart .data["a b] c"] for 1h)", R"(ignore cart .data["a b] c"] for 1h)", "", "", 0},
                    Row{"IgnoreForNoTime", "ignore cart for ever", "", "ignore cart for 30d", "", 0}, Row{"IgnoreTooMuch", "ignore cart replicas", "", "ignore cart", "", 0},
                    Row{"IgnoreList", "ignore list", "ignores", "", "", 0}, Row{"IgnoreListOfOne", "ignore list cart", "ignores cart", "", "", 0},
                    Row{"Ignores", "ignores checkout", "ignores checkout", "", "", 0}, Row{"Stats", "stats", "stats", "", "", 0}, Row{"StatsOfOne", "stats cart", "stats cart", "", "", 0}),
    [](const auto& row) { return row.param.name; });

TEST(Verbs, EveryVerbHasOneRowAndNoNameTwice) {
  std::set<std::string_view> names;
  for (const auto& info : verbs()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    for (const auto alias : info.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
    EXPECT_EQ(to_string(info.verb), info.name);
  }
}

}  // namespace
}  // namespace driftwarden
