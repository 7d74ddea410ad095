#include "tests/unit/bot/policy/fixture.hpp"

namespace driftwarden {
namespace {

using testing::HasSubstr;
using Scope = HoldScope::Kind;

constexpr GateStage kStages[] = {GateStage::Request, GateStage::Approve, GateStage::Merge, GateStage::Apply};

TEST_F(GateTest, NothingIsInTheWay) {
  for (const auto stage : kStages) EXPECT_FALSE(obstacle(change(), {}, stage));
}

TEST_F(GateTest, AHaltStopsEverythingAtOnce) {
  const std::vector<Hold> holds{hold(HoldKind::Halt, {}, "carol", "incident 7")};
  for (const auto stage : kStages) {
    const auto found = obstacle(change(), holds, stage);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->why, "halted by carol since 14:02 UTC: incident 7");
    EXPECT_EQ(found->rule, "halt");
    EXPECT_TRUE(found->passes);
  }
  auto ignore = change();
  ignore.verb = ChangeVerb::Ignore;
  EXPECT_TRUE(obstacle(ignore, holds, GateStage::Merge)) << "an ignore rule, too";
}

TEST_F(GateTest, AHaltBeatsBreakGlass) {
  auto urgent = change();
  urgent.break_glass = "alice";
  urgent.quorum.need = 0;
  const std::vector<Hold> holds{hold(HoldKind::BreakGlass, {Scope::App, "checkout"}, "alice"), hold(HoldKind::Halt, {}, "carol")};
  for (const auto stage : kStages) EXPECT_TRUE(obstacle(urgent, holds, stage));
}

TEST_F(GateTest, BreakGlassBeatsTheRest) {
  config.policy.freezes = {freeze("weekend", 0)};
  auto urgent = change();
  urgent.break_glass = "alice";
  const std::vector<Hold> holds{hold(HoldKind::Freeze, {}, "carol"), hold(HoldKind::Lock, {Scope::App, "checkout"}, "bob")};
  for (const auto stage : kStages) EXPECT_FALSE(obstacle(urgent, holds, stage));
  EXPECT_TRUE(obstacle(change(), holds, GateStage::Request)) << "it is the Change's, not the App's";
}

TEST_F(GateTest, TheLockOfSomebodyElse) {
  const std::vector<Hold> holds{hold(HoldKind::Lock, {Scope::App, "checkout"}, "bob", "debugging")};
  for (const auto stage : {GateStage::Request, GateStage::Merge, GateStage::Apply}) {
    const auto found = obstacle(change("alice"), holds, stage);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->why, "checkout is locked by bob since 14:02 UTC: debugging");
    EXPECT_EQ(found->rule, "lock of bob");
    EXPECT_FALSE(obstacle(change("bob"), holds, stage)) << "its owner passes";
    EXPECT_FALSE(obstacle(change("U0bob"), holds, stage));
  }
  EXPECT_FALSE(obstacle(change(), {hold(HoldKind::Lock, {Scope::App, "search"}, "bob")}, GateStage::Request)) << "of another App";
}

TEST_F(GateTest, HoldsEnd) {
  auto timed = hold(HoldKind::Lock, {Scope::App, "checkout"}, "bob");
  timed.until = kNow + std::chrono::minutes{1};
  EXPECT_EQ(obstacle(change(), {timed}, GateStage::Request)->why, "checkout is locked by bob since 14:02, until 14:31 UTC");
  EXPECT_FALSE(obstacle(change(), {timed}, GateStage::Request, kNow + std::chrono::minutes{1}));
  auto ended = hold(HoldKind::Halt, {}, "bob");
  ended.ended_at = kNow;
  EXPECT_FALSE(obstacle(change(), {ended}, GateStage::Request));
}

TEST_F(GateTest, AFreezeFromChat) {
  for (const auto& scope : {HoldScope{}, HoldScope{Scope::Environment, "production"}, HoldScope{Scope::Cluster, "production-eu"}, HoldScope{Scope::App, "checkout"}}) {
    const std::vector<Hold> holds{hold(HoldKind::Freeze, scope, "carol", "audit")};
    for (const auto stage : {GateStage::Request, GateStage::Merge, GateStage::Apply}) {
      const auto found = obstacle(change(), holds, stage);
      ASSERT_TRUE(found);
      EXPECT_EQ(found->why, to_words(scope) + " is frozen by carol since 14:02 UTC: audit");
      EXPECT_EQ(found->rule, "freeze of carol");
    }
    EXPECT_FALSE(obstacle(change(), holds, GateStage::Approve)) << "a yes alters nothing yet";
  }
  EXPECT_FALSE(obstacle(change(), {hold(HoldKind::Freeze, {Scope::Environment, "staging"}, "carol")}, GateStage::Request));
  auto ignore = change();
  ignore.verb = ChangeVerb::Ignore;
  EXPECT_FALSE(obstacle(ignore, {hold(HoldKind::Freeze, {}, "carol")}, GateStage::Merge)) << "it alters no cluster";
}

TEST_F(GateTest, AFreezeThatNothingBreaks) {
  config.policy.freezes = {freeze("weekend", 0)};
  auto many = change();
  many.quorum.need = 9;
  for (const auto* by : {"bob", "carol", "dan"}) many.approvals.push_back(yes(by));
  for (const auto stage : {GateStage::Request, GateStage::Merge, GateStage::Apply}) {
    EXPECT_EQ(obstacle(many, {}, stage)->why, "checkout is frozen: weekend, until Mon 00:00 UTC");
  }
  EXPECT_EQ(freeze_to_override(config, app(), kNow), nullptr);
}

TEST_F(GateTest, AFreezeIsBrokenByEnoughWhoKnow) {
  config.policy.freezes = {freeze("weekend", 2)};
  const auto* found = freeze_to_override(config, app(), kNow);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(freeze_to_override(config, app("search"), kNow), nullptr);
  QuorumFacts facts;
  facts.requester = "alice";
  facts.overridden = found;
  auto asked = change();
  asked.quorum = quorum_of(config, app(), facts);
  EXPECT_EQ(asked.quorum.need, 2);
  EXPECT_FALSE(obstacle(asked, {}, GateStage::Request)) << "the request is what asks for the override";
  asked.approvals = {yes("bob")};
  EXPECT_THAT(obstacle(asked, {}, GateStage::Merge)->why, HasSubstr("2 approvals given for breaking it"));
  asked.approvals = {yes("bob"), yes("bob"), yes("alice")};
  EXPECT_TRUE(obstacle(asked, {}, GateStage::Merge)) << "one person is one, and the requester none";
  asked.approvals = {yes("bob"), yes("carol")};
  EXPECT_FALSE(obstacle(asked, {}, GateStage::Merge));
  EXPECT_FALSE(obstacle(asked, {}, GateStage::Apply));
  asked.approvals[1].of.head_sha = "older";
  EXPECT_TRUE(obstacle(asked, {}, GateStage::Merge)) << "a yes to other content";
  asked.approvals[1] = yes("carol");
  asked.quorum.excluded = {"carol"};
  EXPECT_TRUE(obstacle(asked, {}, GateStage::Merge)) << "a yes of an author";
  asked.quorum.excluded.clear();
  asked.quorum.step_up = StepUp::Forge;
  EXPECT_TRUE(obstacle(asked, {}, GateStage::Merge)) << "a yes without its step-up";
}

TEST_F(GateTest, AFreezeThatBeginsAfterTheApprovalHolds) {
  config.policy.freezes = {freeze("weekend", 1)};
  const auto thursday = at("2026-11-19T12:00:00Z");
  auto asked = change();
  asked.approvals = {yes("bob"), yes("carol")};
  EXPECT_FALSE(obstacle(asked, {}, GateStage::Merge, thursday));
  const auto found = obstacle(asked, {}, GateStage::Merge, kNow);
  ASSERT_TRUE(found) << "nobody was asked to break it";
  EXPECT_EQ(found->rule, "freeze weekend");
  EXPECT_TRUE(found->passes);
  EXPECT_FALSE(obstacle(asked, {}, GateStage::Merge, at("2026-11-23T00:00:00Z"))) << "and it goes away by itself";
}

TEST_F(GateTest, BreakingOneFreezeBreaksNoOther) {
  config.policy.freezes = {freeze("weekend", 1)};
  QuorumFacts facts;
  facts.overridden = &config.policy.freezes[0];
  auto asked = change();
  asked.quorum = quorum_of(config, app(), facts);
  asked.approvals = {yes("bob"), yes("carol")};
  EXPECT_FALSE(obstacle(asked, {}, GateStage::Merge));
  config.policy.freezes.push_back(freeze("week", 2));
  EXPECT_EQ(obstacle(asked, {}, GateStage::Merge)->rule, "freeze week");
  EXPECT_TRUE(obstacle(asked, {hold(HoldKind::Freeze, {}, "dan")}, GateStage::Merge));
}

TEST_F(GateTest, TheOrderIsHaltLockFreeze) {
  config.policy.freezes = {freeze("weekend", 0)};
  std::vector<Hold> holds{hold(HoldKind::Freeze, {}, "dan"), hold(HoldKind::Lock, {Scope::App, "checkout"}, "bob"), hold(HoldKind::Halt, {}, "carol")};
  EXPECT_EQ(obstacle(change(), holds, GateStage::Merge)->rule, "halt");
  holds.pop_back();
  EXPECT_EQ(obstacle(change(), holds, GateStage::Merge)->rule, "lock of bob");
  holds.pop_back();
  EXPECT_EQ(obstacle(change(), holds, GateStage::Merge)->rule, "freeze weekend");
}

TEST_F(GateTest, AFreezeThatBeganLaterIsBrokenByAskingAgain) {
  config.policy.freezes = {freeze("weekend", 1)};
  auto of = change();
  of.approvals = {yes("carol")};
  EXPECT_THAT(obstacle(of, {}, GateStage::Merge)->why, HasSubstr("; cancel it and ask again to break the freeze"));
  QuorumFacts facts;
  facts.requester = "alice";
  facts.overridden = &config.policy.freezes[0];
  of.quorum = quorum_of(config, app(), facts);
  of.approvals.clear();
  EXPECT_THAT(obstacle(of, {}, GateStage::Merge)->why, HasSubstr("; 1 approvals given for breaking it let this pass"));
}

TEST_F(GateTest, AppsThatGitDeclaresAreScopes) {
  auto apps = config.apps;
  apps.push_back(shop_app("newapp", "sandbox"));
  EXPECT_EQ(hold_scope_from(config, apps, "newapp")->kind, Scope::App);
  EXPECT_EQ(hold_scope_from(config, apps, "sandbox")->kind, Scope::Environment);
  EXPECT_FALSE(hold_scope_from(config, config.apps, "newapp"));
}

TEST_F(GateTest, ScopesAreUnderstood) {
  const auto words = [&](const std::string& word) {
    const auto scope = hold_scope_from(config, config.apps, word);
    return scope ? to_words(*scope) : "nothing";
  };
  EXPECT_EQ(words("checkout"), "checkout");
  EXPECT_EQ(words("Checkout"), "checkout");
  EXPECT_EQ(words("production-eu"), "cluster production-eu");
  EXPECT_EQ(words("production"), "production");
  EXPECT_EQ(words("prod"), "production");
  EXPECT_EQ(words("all"), "everything");
  EXPECT_EQ(words("everything"), "everything");
  EXPECT_EQ(words("*"), "everything");
  EXPECT_EQ(words("p"), "nothing");
  EXPECT_EQ(words("elsewhere"), "nothing");
  EXPECT_EQ(words(""), "nothing");
  config.apps.push_back(shop_app("production", "staging"));
  EXPECT_EQ(hold_scope_from(config, config.apps, "production")->kind, Scope::App) << "of equal names the App";
  config.clusters[1].name = "production-x";
  config.clusters[1].environment = "production-x";
  EXPECT_EQ(hold_scope_from(config, config.apps, "production-x")->kind, Scope::Cluster);
}

TEST_F(GateTest, WhoHoldsAScopeMayDoSoToAllOfIt) {
  config.policy.rules = {{{"bob"}, {"freeze"}, {"checkout"}}, {{"sre"}, {"*"}, {"*"}}, {{"alice"}, {"halt"}, {}}};
  const auto may_freeze = [&](const PersonId& who, const HoldScope& scope) { return may_in(config, who, "freeze", scope, config.apps).allowed; };
  EXPECT_TRUE(may_freeze("bob", {Scope::App, "checkout"}));
  EXPECT_TRUE(may_freeze("bob", {Scope::Environment, "production"})) << "every App in it";
  EXPECT_FALSE(may_freeze("bob", {Scope::Environment, "staging"}));
  EXPECT_FALSE(may_freeze("bob", {}));
  EXPECT_FALSE(may_freeze("bob", {Scope::Cluster, "empty"})) << "nothing in it, nothing given";
  EXPECT_TRUE(may_freeze("carol", {}));
  EXPECT_TRUE(may_freeze("carol", {Scope::Cluster, "empty"}));
  EXPECT_TRUE(may_in(config, "alice", "halt", {}, config.apps).allowed);
  EXPECT_FALSE(may_in(config, "bob", "halt", {}, config.apps).allowed);
}

TEST_F(GateTest, TooMuchLately) {
  config.policy.rate_limit = {.changes = 2, .per = std::chrono::hours{1}};
  const std::vector<WallTime> requested{kNow - std::chrono::minutes{10}, kNow - std::chrono::minutes{20}, kNow - std::chrono::hours{2}};
  EXPECT_EQ(over_rate(config.policy, app(), requested, kNow), "2 Changes of checkout in the last 1h are all that policy.rate_limit allows; the next may be asked for in 40 min");
  EXPECT_FALSE(over_rate(config.policy, app(), requested, kNow + std::chrono::minutes{40}));
  EXPECT_FALSE(over_rate(config.policy, app(), {kNow}, kNow));
  config.policy.rate_limit.changes = 0;
  EXPECT_FALSE(over_rate(config.policy, app(), std::vector<WallTime>(500, kNow), kNow)) << "no limit";
}

TEST_F(GateTest, Explains) {
  config.policy.approvals[0].step_up = StepUp::Totp;
  config.policy.approvals[0].expires = std::chrono::hours{4};
  config.policy.freezes = {freeze("weekend", 2)};
  EXPECT_EQ(explain_policy(config, "alice", "sync", app(), {}, at("2026-11-19T12:00:00Z")),
            "alice may sync checkout: policy.rules[0] (alice, bob, eve may sync on checkout).\n"
            "At risk none, low, medium, high: 1 approval is needed (policy.approvals[0]: 1 of owners, sre, eve); bob, carol, dan may give them; each with a one-time code, or by a review on "
            "the forge; it expires after 4h.\n"
            "At risk destructive: 2 approvals are needed (policy.approvals[0]: 1 of owners, sre, eve; policy.destructive needs 2); bob, carol, dan may give them; each with a one-time code, or "
            "by a review on the forge; the App's name has to be typed; it expires after 4h.\n"
            "At most 20 Changes of checkout in 1h.");
  EXPECT_THAT(explain_policy(config, "alice", "sync", app(), {}, kNow), HasSubstr("The freeze weekend holds until Mon 00:00 UTC: 2 approvals given for breaking it let this pass."));
  EXPECT_THAT(explain_policy(config, "alice", "sync", app(), {hold(HoldKind::Halt, {}, "carol")}, kNow), HasSubstr("Not now: halted by carol"));
  EXPECT_EQ(explain_policy(config, "alice", "scale", app(), {}, kNow), "alice may not scale checkout: no rule of the policy allows scale on checkout.");
  EXPECT_THAT(explain_policy(config, "carol", "break-glass", app(), {}, kNow), HasSubstr("carol may not break-glass checkout"));
  config.policy.break_glass.who = {"sre"};
  EXPECT_THAT(explain_policy(config, "carol", "break-glass", app(), {}, kNow), HasSubstr("it ends after 1h at most, and only a halt holds it up"));
  EXPECT_THAT(explain_policy(config, "eve", "sync", app(), {}, kNow), HasSubstr("`link LOGIN`"));
}

TEST_F(GateTest, ExplainsCodeOwners) {
  config.policy.approvals[0].from = {"codeowners"};
  EXPECT_THAT(explain_policy(config, "alice", "sync", app(), {}, kNow), HasSubstr("(policy.approvals[0]: 1 of codeowners); the CODEOWNERS of the touched paths may give them."));
  config.policy.approvals[0].from = {"sre", "codeowners"};
  EXPECT_THAT(explain_policy(config, "alice", "sync", app(), {}, kNow), HasSubstr("carol, dan may give them; so may the CODEOWNERS of the touched paths."));
}

}  // namespace
}  // namespace driftwarden
