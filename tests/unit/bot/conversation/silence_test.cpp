// silence, silences, unsilence, route, digest: said by people of different rank.
#include "bot/digest/digest.hpp"
#include "tests/support/block_kit.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct SilenceTest : testing::Test {
  std::vector<Silence> silences() {
    return talk.look<std::vector<Silence>>([](storage::Transaction& tx) { return tx.open_silences(); });
  }
  /// The config is the bot's own: changed between two words.
  void add_app(const std::string& name) {
    auto app = talk.config.apps.front();
    app.name = name;
    talk.config.apps.push_back(app);
    talk.reopen();
  }
  std::string last() { return talk.answers().back(); }
  Talk talk;
};

TEST_F(SilenceTest, IsBegunListedAndLifted) {
  talk.say("U0alice", "silence checkout for 2h because migration <!channel>");
  EXPECT_THAT(last(), AllOf(HasSubstr("*Silence 1*"), HasSubstr("app=checkout"), HasSubstr("migration"), HasSubstr("unsilence 1"), Not(HasSubstr("<!channel>"))));
  ASSERT_THAT(silences(), SizeIs(1));
  EXPECT_EQ(silences()[0].owner, "alice");
  EXPECT_EQ(silences()[0].until - silences()[0].since, 2h);
  EXPECT_EQ(silences()[0].channel, "Cshop-prod");
  talk.say("U0carol", "silences");
  EXPECT_THAT(last(), AllOf(HasSubstr("1 silence is in force"), HasSubstr("*1* `app=checkout` by *alice*"), Not(HasSubstr("<!channel>"))));
  EXPECT_THAT(test::BlockKitCheck(talk.slack.with_key("reply:").back()->now()).faults, IsEmpty());
  talk.say("U0bob", "unsilence 1");
  EXPECT_THAT(last(), HasSubstr("*bob* lifted silence 1"));
  EXPECT_THAT(silences(), IsEmpty());
  EXPECT_THAT(talk.audit_actions(), AllOf(Contains("silence.begun"), Contains("silence.ended")));
  talk.say("U0bob", "unsilence 1");
  EXPECT_THAT(last(), HasSubstr("There is no silence 1 in force"));
  talk.say("U0carol", "silences");
  EXPECT_THAT(last(), HasSubstr("Nothing is silenced"));
}

TEST_F(SilenceTest, AButtonLiftsIt) {
  talk.say("U0alice", "silence checkout for 2h because migration");
  const auto message = *talk.slack.with_key("reply:").back();
  ASSERT_THAT(message.now().blocks->dump(), HasSubstr("unsilence 1"));
  std::string action;
  for (const auto& block : *message.now().blocks) {
    if (block.at("type") == "actions") action = block.at("elements").at(0).at("action_id");
  }
  talk.press("U0alice", message, action);
  EXPECT_THAT(silences(), IsEmpty());
}

TEST_F(SilenceTest, ByWhatMatches) {
  add_app("cart");
  talk.say("U0alice", "silence cluster=prod-eu cause=git-ahead for 1d because a long migration");
  EXPECT_THAT(last(), AllOf(HasSubstr("cluster=prod-eu cause=git-ahead"), HasSubstr("2 Apps match it now")));
  ASSERT_THAT(silences(), SizeIs(1));
  EXPECT_EQ(silences()[0].match.cause, Cause::GitAhead);
}

TEST_F(SilenceTest, NeedsAnEndAReasonAndSomethingToHide) {
  talk.say("U0alice", "silence checkout because migration");
  EXPECT_THAT(last(), HasSubstr("For how long?"));
  talk.say("U0alice", "silence checkout for 2h");
  EXPECT_THAT(last(), HasSubstr("Why?"));
  talk.say("U0alice", "silence checkout for 31d because holidays");
  EXPECT_THAT(last(), HasSubstr("from 1m to 30d"));
  talk.say("U0alice", "silence app=nothing-* for 2h because x");
  EXPECT_THAT(last(), HasSubstr("No App matches"));
  EXPECT_THAT(silences(), IsEmpty());
}

TEST_F(SilenceTest, HidesNoMoreThanOneTends) {
  add_app("cart");
  talk.config.policy.rules = {{{"alice", "bob"}, {"*"}, {}}, {{"carol"}, {"sync"}, {"cart"}}};
  talk.say("U0EVE", "silence checkout for 2h because x");
  EXPECT_THAT(last(), HasSubstr("I don't know who you are"));
  talk.say("U0carol", "silence checkout for 2h because x");
  EXPECT_THAT(last(), AllOf(HasSubstr("You may not silence checkout"), HasSubstr("it is about checkout")));
  talk.say("U0carol", "silence cluster=prod-eu for 2h because x");
  EXPECT_THAT(last(), AllOf(HasSubstr("it is about checkout"), Not(HasSubstr("about cart"))));
  EXPECT_THAT(silences(), IsEmpty());
  EXPECT_THAT(talk.refusals(), SizeIs(3));
  talk.say("U0carol", "silence cart for 2h because x");
  EXPECT_THAT(silences(), SizeIs(1));
  talk.say("U0alice", "silence checkout for 2h because y");
  talk.say("U0carol", "unsilence 2");
  EXPECT_THAT(last(), HasSubstr("You may not unsilence silence 2"));
  EXPECT_THAT(silences(), SizeIs(2));
  talk.say("U0carol", "unsilence 1");
  EXPECT_THAT(silences(), SizeIs(1));
}

TEST_F(SilenceTest, OfAPrivateTeamIsNobodyElsesBusiness) {
  Team team;
  team.name = "cart";
  team.members = {"carol"};
  team.apps = {"cart"};
  team.may = {"sync"};
  team.is_private = true;
  talk.config.teams = {team};
  talk.config.policy.rules = {{{"alice", "bob"}, {"sync"}, {}}};
  add_app("cart");
  talk.say("U0carol", "silence cart for 2h because x");
  EXPECT_THAT(silences(), SizeIs(1));
  EXPECT_THAT(talk.last_ephemeral("U0carol"), HasSubstr("*Silence 1*"));
  talk.say("U0alice", "silences");
  EXPECT_THAT(last(), HasSubstr("Nothing is silenced"));
  talk.say("U0alice", "unsilence 1");
  EXPECT_THAT(last(), HasSubstr("There is no silence 1 in force"));
  talk.say("U0alice", "silence cluster=prod-eu for 2h because x");
  EXPECT_THAT(last(), AllOf(HasSubstr("Apps that aren't yours"), Not(HasSubstr("cart"))));
  EXPECT_THAT(silences(), SizeIs(1));
  talk.say("U0carol", "silences");
  EXPECT_THAT(talk.last_ephemeral("U0carol"), HasSubstr("app=cart")) << "not for all in this channel";
}

TEST_F(SilenceTest, OfAPrivateTeamIsInNobodyElsesAuditAndRefusedInPrivate) {
  Team team;
  team.name = "cart";
  team.members = {"carol", "bob"};
  team.apps = {"cart"};
  team.is_private = true;
  talk.config.teams = {team};
  talk.config.policy.rules = {{{"carol"}, {"*"}, {"cart"}}, {{"alice"}, {"sync"}, {}}};
  talk.config.policy.approvals.front().from = {"alice", "carol"};
  add_app("cart");
  talk.say("U0carol", "silence app=car* for 2h because hush");
  ASSERT_THAT(silences(), SizeIs(1));
  talk.say("U0alice", "audit");
  EXPECT_THAT(last(), Not(HasSubstr("silence 1")));
  talk.say("U0bob", "audit");
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("silence 1"));
  talk.say("U0bob", "silence cluster=prod-eu for 2h because x");
  EXPECT_THAT(talk.last_ephemeral("U0bob"), AllOf(HasSubstr("You may not silence"), HasSubstr("cart")));
}

TEST_F(SilenceTest, OneThatIsOverIsNotListed) {
  talk.say("U0alice", "silence checkout for 2h because migration");
  talk.clock.advance(2h);
  talk.say("U0alice", "silences");
  EXPECT_THAT(last(), HasSubstr("Nothing is silenced"));
  EXPECT_THAT(talk.audit_actions(), Not(Contains("silence.ended")));
  talk.say("U0alice", "silence checkout for 2h because again");
  ASSERT_THAT(silences(), SizeIs(1));
  EXPECT_EQ(silences()[0].id, 2);
  EXPECT_THAT(talk.audit_actions(), Contains("silence.ended"));
}

TEST_F(SilenceTest, RouteSaysTheWay) {
  AlertRoute route;
  route.match.environment = "prod";
  route.channel = "#prod-alerts";
  route.mention = {"owners"};
  talk.config.alerts.routes = {route};
  talk.say("U0carol", "route checkout");
  EXPECT_THAT(last(), AllOf(HasSubstr("checkout, environment prod"), HasSubstr("(critical): #prod-alerts, names owners; by routes[0] (environment=prod)")));
  EXPECT_THAT(test::BlockKitCheck(talk.slack.with_key("reply:").back()->now()).faults, IsEmpty());
}

}  // namespace
}  // namespace driftwarden
