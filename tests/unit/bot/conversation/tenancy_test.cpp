// Teams: what somebody may not see is answered as what isn't there.
#include "bot/view/blocks.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Carol is no member of the team whose App "checkout" is; alice and bob are. Nobody has a rule for everything.
struct Tenants : Talk {
  static void split(Config& config) {
    Team team;
    team.name = "shop";
    team.members = {"alice", "bob"};
    team.apps = {"checkout"};
    team.is_private = true;
    config.teams.push_back(team);
    config.policy.rules.clear();
    config.policy.rules.push_back({{"alice", "bob"}, {"*"}, {"checkout"}});
    config.policy.rules.push_back({{"carol"}, {"*"}, {"other*"}});
  }
  Tenants() { split(config); }
  std::string last() const { return answers().empty() ? "" : answers().back(); }
  /// What carol is told; whispered or not.
  std::string told(const std::string& user, const std::string& text) {
    const auto before = slack.messages.size();
    say(user, text);
    EXPECT_EQ(slack.messages.size(), before + 1) << text;
    return slack.messages.back().now().text;
  }
  /// The same with another name in it.
  std::string told_of(const std::string& user, std::string text, const std::string& app) {
    if (const auto at = text.find("APP"); at != std::string::npos) text.replace(at, 3, app);
    auto answer = told(user, text);
    for (auto at = answer.find(app); at != std::string::npos; at = answer.find(app)) answer.replace(at, app.size(), "APP");
    return answer;
  }
};

class Invisible : public testing::TestWithParam<std::string> {};
TEST_P(Invisible, IsAnsweredLikeWhatIsNotThere) {
  Tenants talk;
  // Two names that are alike in nothing, so that no guess is made.
  EXPECT_EQ(talk.told_of("U0carol", GetParam(), "checkout"), talk.told_of("U0carol", GetParam(), "zxqwvbnm"));
}
INSTANTIATE_TEST_SUITE_P(Verbs, Invisible,
                         testing::Values("diff APP", "status APP", "why APP", "history APP", "sync APP", "rollback APP to abc1234", "adopt APP", "ignores APP", "stats APP", "audit APP", "ack APP",
                                         "snooze APP 2h", "lock APP", "set-image APP web:1", "promote APP", "logs APP", "route APP", "freeze app APP for 2h because x", "silence APP for 2h because x",
                                         "restart APP", "break-glass APP for 30m because x"),
                         [](const auto& row) { auto name = row.param; std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }); return name; });

TEST(Tenancy, ListsLeaveThemOut) {
  Tenants talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  for (const auto* text : {"status", "apps", "ignores", "stats", "audit", "pending"}) {
    EXPECT_THAT(talk.told("U0carol", text), Not(HasSubstr("checkout"))) << text;
  }
  EXPECT_THAT(talk.told("U0alice", "apps"), HasSubstr("checkout"));
}

TEST(Tenancy, AGuessNamesNothingHidden) {
  Tenants talk;
  EXPECT_THAT(talk.told("U0carol", "diff chekout"), Not(HasSubstr("checkout")));
  EXPECT_THAT(talk.told("U0carol", "diff"), Not(HasSubstr("checkout")));
  EXPECT_THAT(talk.told("U0carol", "freeze chekout for 2h because x"), Not(HasSubstr("checkout")));
}

TEST(Tenancy, AMenuOffersNothingHidden) {
  Tenants talk;
  EXPECT_THAT(talk.suggest("U0carol", view::picker_id("diff", ""), ""), IsEmpty());
  EXPECT_THAT(talk.suggest("U0alice", view::picker_id("diff", ""), ""), ElementsAre("diff checkout"));
}

TEST(Tenancy, AChangeOfAHiddenAppIsNotThere) {
  Tenants talk;
  talk.proposed();
  for (const auto* verb : {"approve", "reject", "cancel"}) {
    const auto hidden = talk.told("U0carol", fmt::format("{} C-1", verb));
    auto missing = talk.told("U0carol", fmt::format("{} C-9", verb));
    missing.replace(missing.find("C-9"), 3, "C-1");
    EXPECT_EQ(hidden, missing) << verb;
  }
  EXPECT_THAT(talk.refusals(), IsEmpty());
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
}

TEST(Tenancy, AThreadImpliesNothingHidden) {
  Tenants talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  const auto alert = *talk.slack.with_key("incident:").front();
  const auto before = talk.slack.messages.size();
  talk.say("U0carol", "diff", alert.at.ts);
  ASSERT_EQ(talk.slack.messages.size(), before + 1);
  EXPECT_THAT(talk.slack.messages.back().now().text, Not(HasSubstr("checkout")));
  talk.shortcut("U0carol", "alert_act", &alert);
  EXPECT_THAT(talk.slack.messages.back().now().text, HasSubstr("no alert and no card"));
}

TEST(Tenancy, WhereAnAppMayNotBeSpokenOfTheAnswerIsPrivate) {
  Talk talk;
  Team team;
  team.name = "shop";
  team.members = {"alice"};
  team.apps = {"checkout"};
  team.channels = {"#shop-internal"};
  talk.config.teams.push_back(team);
  talk.say("U0alice", "diff checkout");
  ASSERT_EQ(talk.slack.messages.size(), 1U);
  EXPECT_EQ(talk.slack.messages.back().user, "U0alice") << "whispered";
  talk.say("U0alice", "status");
  EXPECT_EQ(talk.slack.messages.back().user, "U0alice");
  talk.config.teams.back().channels = {"#shop-prod"};
  talk.clock.advance(10min);
  talk.say("U0alice", "diff checkout");
  EXPECT_EQ(talk.slack.messages.back().user, "") << "here it may be";
}

TEST(Tenancy, ADecisionIsToldInPrivateToo) {
  Talk talk;
  talk.proposed();
  Team team;
  team.name = "shop";
  team.apps = {"checkout"};
  team.channels = {"#shop-internal"};
  talk.config.teams.push_back(team);
  for (const auto* text : {"approve C-1", "approve C-1 C-9", "freeze checkout for 2h because x", "silence checkout for 2h because x"}) {
    const auto before = talk.slack.messages.size();
    talk.say("U0alice", text);
    bool told = false;
    for (auto at = before; at < talk.slack.messages.size(); ++at) told = told || talk.slack.messages[at].user == "U0alice" || talk.slack.messages[at].at.channel == "U0alice";
    EXPECT_TRUE(told) << text;
  }
}

TEST(Tenancy, WhereAHiddenAppLivesIsNotTold) {
  Tenants talk;
  const auto told = talk.told("U0carol", "create-app other image shop/web:1 path apps/checkout/web because x");
  EXPECT_THAT(told, HasSubstr("Another App lives in apps/checkout/web"));
  EXPECT_THAT(talk.told("U0alice", "create-app other image shop/web:1 path apps/checkout/web because x"), HasSubstr("is where checkout lives"));
}

TEST(Tenancy, WhoSeesAnAppIsToldOfItsAudit) {
  Tenants talk;
  talk.proposed();
  EXPECT_THAT(talk.told("U0alice", "audit"), HasSubstr("checkout"));
  EXPECT_THAT(talk.told("U0carol", "audit"), Not(HasSubstr("C-1")));
}

}  // namespace
}  // namespace driftwarden
