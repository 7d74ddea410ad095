// What keeps Changes back, or lets them pass.
#include "bot/config/time_zone.hpp"
#include "gitops/base/text.hpp"
#include "tests/support/block_kit.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Holds : testing::Test {
  Holds() {
    talk.scale_by_hand(5);
    talk.clock.advance(2s);
  }
  std::vector<std::string> notices(const std::string& channel) const {
    std::vector<std::string> texts;
    for (const auto& message : talk.slack.messages) {
      if (message.at.channel == channel && (message.key.starts_with("hold:") || message.key.starts_with("unfreeze:"))) texts.push_back(message.now().text);
    }
    return texts;
  }
  Talk talk;
};

TEST_F(Holds, ALockKeepsOthersOutAndLetsItsOwnerIn) {
  talk.say("U0alice", "lock checkout for 2h because migration <!channel>");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("locked by *alice*"), HasSubstr("migration"), Not(HasSubstr("<!channel>"))));
  talk.say("U0bob", "sync checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("checkout is locked by alice"));
  EXPECT_TRUE(talk.all_changes().empty());
  ASSERT_EQ(talk.refusals().size(), 1U);
  EXPECT_THAT(talk.refusals().front().entry.detail, HasSubstr("lock of alice"));
  talk.say("U0bob", "lock checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("locked by alice already"));
  talk.say("U0alice", "lock checkout for 4h");
  EXPECT_THAT(talk.answers().back(), HasSubstr("stays yours"));
  EXPECT_EQ(talk.holds().size(), 1U);
  talk.say("U0bob", "status checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr(":lock: *checkout* locked by *alice*"));
  talk.say("U0alice", "sync checkout");
  EXPECT_EQ(talk.all_changes().size(), 1U);
}

TEST_F(Holds, ALockIsUnlockedBySomebodyElseByName) {
  talk.say("U0alice", "lock checkout");
  talk.say("U0EVE", "unlock checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("I don't know who you are"));
  EXPECT_EQ(talk.holds().size(), 1U);
  talk.say("U0bob", "unlock checkout because alice is on holiday");
  EXPECT_THAT(talk.answers().back(), HasSubstr("the lock was *alice*'s"));
  EXPECT_THAT(talk.audit_actions(), AllOf(Contains("hold.lock"), Contains("hold.unlock")));
  talk.say("U0bob", "unlock checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("is not locked"));
}

TEST_F(Holds, AFreezeStopsRequestsUntilItEnds) {
  talk.say("U0carol", "freeze prod");
  EXPECT_THAT(talk.answers().back(), HasSubstr("You may not freeze prod"));
  talk.say("U0alice", "freeze prod for 2h because sale");
  EXPECT_THAT(talk.answers().back(), HasSubstr("*prod* is frozen by *alice*"));
  EXPECT_THAT(notices("Cdriftwarden"), Contains(HasSubstr("*prod* is frozen")));
  talk.say("U0alice", "sync checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("prod is frozen by alice"));
  talk.say("U0alice", "restart checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("prod is frozen by alice"));
  EXPECT_TRUE(talk.all_changes().empty());
  talk.say("U0bob", "unfreeze prod");
  EXPECT_THAT(talk.answers().back(), HasSubstr("ended by *bob*"));
  talk.say("U0alice", "sync checkout");
  EXPECT_EQ(talk.all_changes().size(), 1U);
}

TEST_F(Holds, AnAppThatGitDeclaresIsFrozenAndToldOfLikeAnyOther) {
  const auto file = (talk.directory.path / "newapp.yaml").string();
  std::ofstream(file) << "path: apps/newapp\ncluster: prod-eu\nnamespace: newapp\nchannel: \"#newapp\"\n";
  test::run_shell(fmt::format("cd {0} && export GIT_INDEX_FILE={1} && git read-tree main && git update-index --add --cacheinfo 100644,$(git hash-object -w {2}),.driftwarden/apps/newapp.yaml && "
                              "git update-ref refs/heads/main $(git -c user.name=Ann -c user.email=ann@example.org commit-tree $(git write-tree) -p main -m 'Declare newapp')",
                              talk.remote(), (talk.directory.path / "index").string(), file));
  talk.fleet->nudge();
  talk.clock.advance(35s);
  talk.say("U0alice", "freeze newapp for 1h because it is new");
  ASSERT_EQ(talk.holds().size(), 1U) << talk.answers().back();
  EXPECT_EQ(talk.holds().front().scope, (HoldScope{HoldScope::Kind::App, "newapp"}));
  for (int i = 0; i < 70; ++i) talk.clock.advance(1min);
  EXPECT_TRUE(talk.holds().empty());
  const auto told = talk.slack.with_key("hold:1:end");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told.front()->at.channel, "Cnewapp") << "its own channel";
}

TEST_F(Holds, AFreezeNeedsAScopeAndAMoment) {
  talk.say("U0alice", "freeze prdo");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("no environment, cluster or App"), HasSubstr("freeze prod")));
  talk.say("U0alice", "freeze prod until the cows come home");
  EXPECT_THAT(talk.answers().back(), HasSubstr("no moment to come"));
  EXPECT_TRUE(talk.holds().empty());
  talk.say("U0alice", "freeze cluster prod-eu until Mon 08:00");
  ASSERT_EQ(talk.holds().size(), 1U);
  EXPECT_EQ(format_time(*talk.holds().front().until), "2026-11-23T08:00:00Z");
  talk.say("U0alice", "unfreeze prod");
  EXPECT_THAT(talk.answers().back(), HasSubstr("not frozen from chat"));
}

TEST_F(Holds, AFreezeThatCanBeBrokenRaisesTheQuorum) {
  FreezeConfig freeze;
  freeze.name = "weekend";
  freeze.begins = talk.clock.wall_now() - 1h;
  freeze.ends = talk.clock.wall_now() + 24h;
  freeze.time_zone = std::make_shared<const TimeZone>(TimeZone::utc());
  freeze.override_need = 2;
  talk.config.policy.freezes.push_back(freeze);
  talk.say("U0alice", "sync checkout");
  ASSERT_EQ(talk.all_changes().size(), 1U);
  EXPECT_EQ(talk.change().quorum.need, 2);
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("is frozen (weekend"), HasSubstr("needs 2 approvals")));
  talk.say("U0alice", "cancel C-1");
  talk.clock.advance(5s);
  talk.config.policy.freezes.front().override_need = 0;
  talk.say("U0alice", "sync checkout");
  EXPECT_EQ(talk.all_changes().size(), 1U);
  EXPECT_THAT(talk.answers().back(), HasSubstr("checkout is frozen: weekend"));
}

TEST_F(Holds, TheKillSwitchStopsEverythingUntilAnotherEndsIt) {
  talk.say("U0alice", "sync checkout");
  talk.clock.advance(5s);
  talk.say("U0carol", "halt");
  EXPECT_THAT(talk.answers().back(), HasSubstr("You may not halt"));
  talk.say("U0alice", "halt incident 7");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("*alice* halted everything"), HasSubstr("incident 7")));
  EXPECT_THAT(notices("Cdriftwarden"), Contains(HasSubstr("halted everything")));
  talk.say("U0bob", "approve C-1");
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.answers().back(), HasSubstr("halted by alice"));
  for (const auto* text : {"rollback checkout to HEAD", "ignore checkout", "scale checkout to 3", "restart checkout", "set checkout .spec.replicas=1"}) {
    talk.say("U0bob", text);
    EXPECT_EQ(talk.all_changes().size(), 1U) << text;
  }
  talk.say("U0bob", "status");
  EXPECT_THAT(talk.answers().back(), HasSubstr("*Halted* by *alice*"));
  talk.say("U0alice", "resume");
  EXPECT_THAT(talk.answers().back(), HasSubstr("somebody else"));
  EXPECT_EQ(talk.holds().size(), 1U);
  talk.say("U0bob", "resume because over");
  EXPECT_THAT(talk.answers().back(), HasSubstr("*bob* ended the halt"));
  EXPECT_TRUE(talk.holds().empty());
  EXPECT_THAT(talk.audit_actions(), AllOf(Contains("hold.halt"), Contains("hold.resume")));
  talk.say("U0bob", "approve C-1");
  EXPECT_EQ(talk.change().approvals.size(), 1U);
}

TEST_F(Holds, AHaltBySlashIsSaidToTheWholeChannel) {
  talk.slash("U0alice", "halt");
  EXPECT_EQ(talk.slack.with_key("reply:").back()->user, "");
  talk.slash("U0alice", "resume");
  EXPECT_THAT(talk.last_ephemeral("U0alice"), HasSubstr("somebody else")) << "a refusal is for who asked";
}

TEST_F(Holds, AHaltIsDurableAcrossARestart) {
  talk.say("U0alice", "halt");
  talk.reopen();
  talk.clock.advance(2s);
  talk.say("U0bob", "sync checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("halted by alice"));
}

TEST_F(Holds, TooManyChangesAreRefused) {
  talk.config.policy.rate_limit.changes = 1;
  talk.say("U0alice", "sync checkout");
  talk.say("U0alice", "cancel C-1");
  talk.clock.advance(5s);
  talk.say("U0alice", "sync checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("policy.rate_limit"));
  EXPECT_EQ(talk.all_changes().size(), 1U);
}

struct BreakGlass : Holds {
  BreakGlass() {
    talk.config.policy.break_glass.who = {"alice"};
    talk.config.policy.break_glass.longest = 1h;
    talk.config.policy.break_glass.page = {"bob", "carol"};
  }
};

TEST_F(BreakGlass, WhoIsNotNamedIsRefused) {
  talk.say("U0bob", "break-glass checkout for 30m because outage");
  EXPECT_THAT(talk.answers().back(), HasSubstr("policy.break_glass.who"));
  EXPECT_TRUE(talk.holds().empty());
  talk.say("U0alice", "break-glass checkout for 30m");
  EXPECT_THAT(talk.answers().back(), HasSubstr("needs a reason"));
  EXPECT_TRUE(talk.holds().empty());
}

TEST_F(BreakGlass, PagesAndLetsItsOwnerPassWithoutApprovals) {
  talk.say("U0bob", "freeze prod");
  talk.say("U0alice", "break-glass checkout for 5h because outage <!here>");
  ASSERT_EQ(talk.holds().size(), 2U);
  EXPECT_EQ(*talk.holds().back().until - talk.holds().back().since, 1h) << "capped by the policy";
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("You broke the glass"), HasSubstr("allows 1h at most")));
  EXPECT_THAT(notices("Cshop-prod"), Contains(AllOf(HasSubstr("<@U0bob>"), HasSubstr("<@U0carol>"), HasSubstr("*alice* broke the glass"), Not(HasSubstr("<!here>")))));
  EXPECT_THAT(talk.audit_actions(), Contains("hold.break-glass"));
  talk.say("U0bob", "sync checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("prod is frozen by bob")) << "it is alice's glass";
  talk.say("U0alice", "sync checkout");
  ASSERT_EQ(talk.all_changes().size(), 1U);
  EXPECT_EQ(talk.change().break_glass, "alice");
  EXPECT_EQ(talk.change().quorum.need, 0);
  EXPECT_THAT(talk.answers().back(), HasSubstr("without approvals"));
}

TEST_F(BreakGlass, AHaltStopsItToo) {
  talk.say("U0alice", "break-glass checkout for 30m because outage");
  talk.say("U0bob", "halt");
  talk.say("U0alice", "sync checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("halted by bob"));
  EXPECT_TRUE(talk.all_changes().empty());
}

TEST_F(BreakGlass, IsMendedByItsOwnerAndOverByItself) {
  talk.say("U0alice", "break-glass checkout for 30m because outage");
  talk.say("U0bob", "break-glass end checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("You broke no glass"));
  talk.say("U0alice", "break-glass end checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("whole again"));
  talk.say("U0alice", "sync checkout");
  EXPECT_EQ(talk.change().break_glass, "");
  EXPECT_EQ(talk.change().quorum.need, 1);
  talk.clock.advance(2min);
  EXPECT_THAT(notices("Cshop-prod"), Contains(HasSubstr("is whole again")));
}

TEST_F(Holds, WhatPeopleReadFitsSlack) {
  for (const auto* text : {"lock checkout", "status", "freeze all", "unfreeze all", "halt", "resume", "pending", "whoami", "delegate to bob", "delegate", "lock", "freeze", "break-glass checkout"}) {
    SCOPED_TRACE(text);
    const auto before = talk.answers().size();
    talk.say("U0alice", text);
    ASSERT_EQ(talk.answers().size(), before + 1);
    EXPECT_THAT(test::block_kit_faults(talk.slack.with_key("reply:").back()->now()), IsEmpty());
  }
}

}  // namespace
}  // namespace driftwarden
