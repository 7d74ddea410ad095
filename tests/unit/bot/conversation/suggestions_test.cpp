// Type-ahead, as a function and through the bot.
#include "bot/conversation/suggestions.hpp"
#include "bot/view/blocks.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<App> named(const std::vector<std::string>& names) {
  std::vector<App> apps;
  for (const auto& name : names) {
    App app;
    app.name = name;
    app.cluster = "prod-eu";
    apps.push_back(app);
  }
  return apps;
}

struct Row {
  std::string name;
  std::string typed;
  std::vector<std::string> offered;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};
class TypeAheadTable : public testing::TestWithParam<Row> {};
TEST_P(TypeAheadTable, Offers) {
  const auto apps = named({"basket", "cart", "checkout", "checkout-eu", "old-cart"});
  std::vector<std::string> names;
  for (const auto& app : apps_like(apps, GetParam().typed)) names.push_back(app.name);
  EXPECT_EQ(names, GetParam().offered);
}
INSTANTIATE_TEST_SUITE_P(Typed, TypeAheadTable,
                         testing::Values(Row{"NothingOffersAll", "", {"basket", "cart", "checkout", "checkout-eu", "old-cart"}}, Row{"ABeginning", "che", {"checkout", "checkout-eu"}},
                                         Row{"TheBeginningGoesBeforeTheMiddle", "cart", {"cart", "old-cart"}}, Row{"CaseAndSpacesDontMatter", "  CART ", {"cart", "old-cart"}},
                                         Row{"LettersInOrder", "ckt", {"checkout", "checkout-eu"}}, Row{"ASlipOfThePen", "chekcout", {"checkout", "checkout-eu"}},
                                         Row{"NothingLikeIt", "zebra", {}}),
                         [](const auto& row) { return row.param.name; });

TEST(TypeAhead, OffersWholeCommands) {
  const auto told = suggested_options(named({"cart"}), {"T1", "U1", view::picker_id("rollback", " --previous"), "ca"});
  EXPECT_EQ(told.dump(), R"({"options":[{"text":{"text":"cart · prod-eu","type":"plain_text"},"value":"rollback cart --previous"}]})");
}

TEST(TypeAhead, OfAFormsFieldOffersNames) { EXPECT_EQ(suggested_options(named({"cart"}), {"T1", "U1", "like", ""}).at("options").at(0).at("value"), "cart"); }

TEST(TypeAhead, KeepsSlacksLimits) {
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) names.push_back(fmt::format("app-{:03}-{}", i, std::string(50, 'x')));
  const auto told = suggested_options(named(names), {"T1", "U1", view::picker_id("status", ""), ""});
  EXPECT_THAT(told.at("options"), SizeIs(100));
  for (const auto& option : told.at("options")) EXPECT_LE(option.at("text").at("text").get<std::string>().size(), 75U);
  const auto too_long = suggested_options(named({"cart"}), {"T1", "U1", view::picker_id("rollback", " to " + std::string(150, 'a')), ""});
  EXPECT_THAT(too_long.at("options"), IsEmpty()) << "cut, it would be another command";
}

TEST(TypeAhead, NobodyTypesSoMuch) {
  const auto apps = named({std::string(80, 'x')});
  EXPECT_THAT(apps_like(apps, std::string(75, 'x')), SizeIs(1));
  EXPECT_THAT(apps_like(apps, std::string(76, 'x')), IsEmpty());
}

TEST(TypeAhead, IsAnsweredInTheAckAndNotKept) {
  Talk talk;
  EXPECT_THAT(talk.suggest("U0alice", view::picker_id("diff", ""), "che"), ElementsAre("diff checkout"));
  EXPECT_THAT(talk.suggest("U0alice", view::picker_id("diff", ""), "zzz"), IsEmpty());
  EXPECT_THAT(talk.suggest("U0alice", view::picker_id("diff", ""), "", "T2"), IsEmpty()) << "a guest from another workspace";
  const auto waiting = talk.look<std::vector<storage::InboxRow>>([](storage::Transaction& tx) { return tx.pending_inbox(10); });
  EXPECT_THAT(waiting, IsEmpty());
}

TEST(TypeAhead, WorksWhileTheDatabaseDoesNot) {
  Talk talk;
  talk.store.crash_at(1, test::WatchedStore::Crash::BeforeCommit);
  EXPECT_THAT(talk.suggest("U0alice", view::picker_id("diff", ""), ""), ElementsAre("diff checkout"));
}

}  // namespace
}  // namespace driftwarden
