#include "tests/unit/bot/policy/fixture.hpp"

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class QuorumTest : public GateTest {
 protected:
  ApproverVerdict count(const PersonId& who, const Change& of, const std::vector<Delegation>& delegations = {}) const { return may_count(config, who, of, app(), delegations, kNow); }
  static Delegation delegation(const PersonId& from, const PersonId& to) {
    return {.id = 1, .from = from, .to = to, .since = kNow - std::chrono::hours{1}, .until = kNow + std::chrono::hours{1}, .ended_at = {}};
  }
  QuorumFacts facts(ChangeVerb verb = ChangeVerb::Sync, RiskTier tier = RiskTier::Low) const {
    QuorumFacts made;
    made.verb = verb;
    made.requester = "alice";
    made.risk.tier = tier;
    return made;
  }
};

TEST_F(QuorumTest, TheRequesterNeverCounts) {
  const auto verdict = count("alice", change("alice"));
  EXPECT_FALSE(verdict.counts);
  EXPECT_EQ(verdict.why_not, "alice asked for it: somebody else has to approve");
  EXPECT_FALSE(count("alice", change("U0alice")).counts) << "asked under the Slack id";
}

TEST_F(QuorumTest, NorDoesTheRequesterUnderAnotherName) {
  auto twin = person("alice2", "Alice");
  twin.emails.clear();
  config.people.push_back(twin);
  config.policy.approvals[0].from = {"alice2", "carol"};
  EXPECT_FALSE(count("alice2", change("alice")).counts) << "the same login on the forge";
  auto mail = person("alice3", "other");
  mail.emails = {"ALICE@example.org"};
  config.people.push_back(mail);
  config.policy.approvals[0].from = {"alice3"};
  EXPECT_FALSE(count("alice3", change("alice")).counts) << "the same e-mail";
}

TEST_F(QuorumTest, ASecondNameIsNoSecondYes) {
  auto twin = person("carol2", "CAROL");
  twin.emails.clear();
  config.people.push_back(twin);
  config.policy.approvals[0].from = {"carol", "carol2"};
  config.policy.approvals[0].need = 2;
  auto of = change();
  of.approvals = {yes("carol")};
  EXPECT_EQ(count("carol2", of).why_not, "carol2 is carol, who has approved already");
  of.approvals[0].of.head_sha = "older";
  EXPECT_TRUE(count("carol2", of).counts) << "that was to something else";
}

TEST_F(QuorumTest, WhoIsToOwnANewAppDoesNotApproveIt) {
  auto made = facts(ChangeVerb::CreateApp);
  auto fresh = app();
  fresh.name = "fresh";
  auto of = change();
  of.verb = ChangeVerb::CreateApp;
  of.quorum = quorum_of(config, fresh, made);
  EXPECT_THAT(of.quorum.from, ElementsAre("owners", "sre", "eve")) << "those of its pattern";
  fresh.owners.clear();
  of.quorum = quorum_of(config, fresh, made);
  EXPECT_THAT(of.quorum.from, ElementsAre("sre", "eve"));
  config.policy.approvals[0].from = {"owners"};
  of.quorum = quorum_of(config, fresh, made);
  EXPECT_THAT(of.quorum.from, IsEmpty());
  EXPECT_FALSE(may_count(config, "bob", of, fresh, {}, kNow).counts);
  EXPECT_TRUE(may_count(config, "carol", of, fresh, {}, kNow).counts) << "a rule gives approve";
  config.policy.approvals[0].from = {"codeowners"};
  EXPECT_THAT(quorum_of(config, fresh, made).from, IsEmpty());
}

/// Of checkout, in production and in staging.
class TwoPlaces : public QuorumTest {
 protected:
  TwoPlaces() {
    there = app();
    there.environment = "staging";
    ApprovalRule staging;
    staging.environment = "staging";
    staging.from = {"bob", "carol"};
    config.policy.approvals[0].from = {"sre"};
    config.policy.approvals.push_back(staging);
  }
  Quorum both() const { return stricter(config, quorum_of(config, app(), facts()), app(), quorum_of(config, there, facts()), there); }
  App there;
};

TEST_F(TwoPlaces, OnlyWhoCountsInBothMaySayYes) {
  EXPECT_THAT(both().from, ElementsAre("carol"));
  EXPECT_EQ(both().need, 1);
  config.policy.approvals[1].need = 2;
  EXPECT_EQ(both().need, 2);
  EXPECT_THAT(both().from, ElementsAre("carol")) << "however many the other wants";
  auto of = change();
  of.quorum = both();
  EXPECT_FALSE(count("bob", of).counts) << "a yes of staging's alone";
  EXPECT_FALSE(count("dan", of).counts) << "a yes of production's alone";
  EXPECT_TRUE(count("carol", of).counts);
}

TEST_F(TwoPlaces, NobodyInCommonIsNobodyAndNotEverybody) {
  config.policy.approvals[1].from = {"bob"};
  auto of = change();
  of.quorum = both();
  for (const auto* who : {"bob", "carol", "dan"}) EXPECT_FALSE(count(who, of).counts) << who;
  EXPECT_THAT(too_few_can(config, of.quorum, app(), "alice"), HasSubstr("nobody but alice"));
  config.policy.approvals[1].from = {"carol", "dan"};
  config.policy.approvals[1].need = 2;
  EXPECT_EQ(too_few_can(config, both(), app(), "alice"), "");
  EXPECT_THAT(too_few_can(config, both(), app(), "dan"), HasSubstr("only carol"));
}

TEST_F(TwoPlaces, OneRuleForBothIsKeptAsItIsWritten) {
  config.policy.approvals[1].from = {"sre"};
  EXPECT_THAT(both().from, ElementsAre("sre"));
}

TEST_F(TwoPlaces, APlaceThatNeedsNobodyHasNoSayInWhoItIs) {
  config.policy.approvals[1].need = 0;
  EXPECT_THAT(both().from, ElementsAre("carol", "dan"));
  EXPECT_EQ(both().need, 1);
}

TEST_F(QuorumTest, AChosenNameMakesANewAppNoEasier) {
  ApprovalRule toys;
  toys.apps = {"toy-*"};
  toys.need = 0;
  config.policy.approvals.push_back(toys);
  auto toy = app();
  toy.name = "toy-1";
  EXPECT_EQ(quorum_of(config, toy, facts()).need, 0);
  EXPECT_EQ(quorum_of(config, toy, facts(ChangeVerb::CreateApp)).need, 1);
  config.policy.approvals.back().verbs = {"create-app"};
  EXPECT_EQ(quorum_of(config, toy, facts(ChangeVerb::CreateApp)).need, 0) << "it is said of making Apps";
}

TEST_F(QuorumTest, AnAuthorOfItsCommitsNeverCounts) {
  auto made = facts();
  made.commit_authors = {"bob", "alice", "U0bob", ""};
  auto of = change();
  of.quorum = quorum_of(config, app(), made);
  EXPECT_THAT(of.quorum.excluded, ElementsAre("bob")) << "the requester is out anyway";
  EXPECT_EQ(count("bob", of).why_not, "commits of bob are part of it: somebody else has to approve");
  EXPECT_TRUE(count("carol", of).counts);
}

TEST_F(QuorumTest, NeitherDoStrangersAndBots) {
  EXPECT_THAT(count("eve", change()).why_not, HasSubstr("eve isn't linked to the forge: `link LOGIN`")) << "though the rule names her";
  EXPECT_THAT(count("U0STRANGER", change()).why_not, HasSubstr("`link LOGIN`"));
  EXPECT_FALSE(count("", change()).counts);
  EXPECT_THAT(count("driftwarden", change()).why_not, HasSubstr("bots don't approve"));
  config.people.push_back(person("renovate", "renovate[bot]"));
  config.policy.approvals[0].from = {"renovate"};
  EXPECT_THAT(count("renovate", change()).why_not, HasSubstr("bots don't approve"));
}

TEST_F(QuorumTest, OnlyThoseWhomTheRuleNames) {
  config.policy.approvals[0].from = {"sre"};
  EXPECT_EQ(count("bob", change()).why_not, "bob isn't among those who approve this (sre)");
  EXPECT_TRUE(count("dan", change()).counts);
}

TEST_F(QuorumTest, ADelegateSitsInTheSeat) {
  config.policy.approvals[0].from = {"sre"};
  const auto verdict = count("bob", change(), {delegation("carol", "bob")});
  EXPECT_TRUE(verdict.counts);
  EXPECT_EQ(verdict.in_place_of, "carol");
  EXPECT_EQ(count("dan", change(), {delegation("carol", "dan")}).in_place_of, "") << "their own seat comes first";
}

TEST_F(QuorumTest, ADelegationEnds) {
  config.policy.approvals[0].from = {"sre"};
  auto past = delegation("carol", "bob");
  past.until = kNow;
  EXPECT_EQ(count("bob", change(), {past}).why_not, "the delegation by carol is over");
  auto later = delegation("carol", "bob");
  later.since = kNow + std::chrono::minutes{1};
  EXPECT_FALSE(count("bob", change(), {later}).counts);
  auto ended = delegation("carol", "bob");
  ended.ended_at = kNow;
  EXPECT_FALSE(may_count(config, "bob", change(), app(), {ended}).counts) << "even where nobody says what time it is";
}

TEST_F(QuorumTest, ADelegationGivesNoMoreThanItsGiverHas) {
  config.policy.approvals[0].from = {"sre"};
  EXPECT_FALSE(count("bob", change("bob"), {delegation("carol", "bob")}).counts) << "the delegate asked for it";
  EXPECT_FALSE(count("bob", change("carol"), {delegation("carol", "bob")}).counts) << "the giver asked for it";
  EXPECT_FALSE(count("bob", change(), {delegation("alice", "bob")}).counts) << "the giver may not approve";
  EXPECT_FALSE(count("eve", change(), {delegation("carol", "eve")}).counts) << "the delegate isn't linked";
  EXPECT_FALSE(count("bob", change(), {delegation("carol", "alice"), delegation("alice", "bob")}).counts) << "it isn't handed on";
  auto of = change();
  of.quorum.excluded = {"carol"};
  EXPECT_FALSE(count("bob", of, {delegation("carol", "bob")}).counts) << "the giver wrote the commits";
}

TEST_F(QuorumTest, ASeatIsTakenOnce) {
  config.policy.approvals[0].from = {"sre"};
  auto of = change();
  of.approvals = {yes("carol")};
  EXPECT_EQ(count("bob", of, {delegation("carol", "bob")}).why_not, "carol has approved already, so that seat is taken");
  of.approvals[0].of.head_sha = "older";
  EXPECT_TRUE(count("bob", of, {delegation("carol", "bob")}).counts) << "but not by a yes to older content";
  of.approvals = {yes("bob")};
  of.approvals[0].in_place_of = "carol";
  EXPECT_EQ(count("carol", of).why_not, "bob has approved in place of carol");
  of.approvals[0].of.head_sha = "older";
  EXPECT_TRUE(count("carol", of).counts) << "a yes to older content takes no seat";
}

TEST_F(QuorumTest, CodeOwnersCount) {
  config.policy.approvals[0].from = {"codeowners"};
  auto made = facts();
  made.code_owners = {"dan"};
  auto of = change();
  of.quorum = quorum_of(config, app(), made);
  EXPECT_TRUE(count("dan", of).counts);
  EXPECT_FALSE(count("carol", of).counts);
  EXPECT_THAT(approvers_of(config, of.quorum, app(), "alice"), ElementsAre("dan"));
}

TEST_F(QuorumTest, WhereNoCodeOwnerCanTheOwnersAre) {
  config.policy.approvals[0].from = {"codeowners"};
  auto of = change();
  auto made = facts();
  for (const auto& owners : std::vector<std::vector<PersonId>>{{}, {"alice"}, {"alice", "carol"}}) {
    made.code_owners = owners;
    made.commit_authors = {"carol"};
    of.quorum = quorum_of(config, app(), made);
    EXPECT_THAT(of.quorum.from, ElementsAre("owners"));
    EXPECT_THAT(of.quorum.rule, HasSubstr("no code owner of the touched paths can"));
    EXPECT_TRUE(count("bob", of).counts);
  }
  config.policy.approvals[0].from = {"sre", "codeowners"};
  EXPECT_THAT(quorum_of(config, app(), made).from, ElementsAre("sre", "codeowners")) << "the others can";
}

TEST_F(QuorumTest, TheMostSpecialRuleDecides) {
  auto rule = [](int need) {
    ApprovalRule made;
    made.need = need;
    return made;
  };
  auto first = rule(1);
  auto named_app = rule(3);
  named_app.apps = {"check*"};
  auto named_verb = rule(4);
  named_verb.verbs = {"rollback"};
  auto named_risk = rule(5);
  named_risk.risk = {RiskTier::High};
  config.policy.approvals = {first, named_app, named_verb, named_risk};
  EXPECT_EQ(quorum_of(config, app(), facts()).need, 3);
  EXPECT_EQ(quorum_of(config, app("search"), facts()).need, 1);
  EXPECT_EQ(quorum_of(config, app(), facts(ChangeVerb::Rollback)).need, 4);
  EXPECT_EQ(quorum_of(config, app(), facts(ChangeVerb::Rollback, RiskTier::High)).need, 5);
  EXPECT_THAT(quorum_of(config, app(), facts(ChangeVerb::Rollback, RiskTier::High)).rule, HasSubstr("policy.approvals[3]"));
}

TEST_F(QuorumTest, WhatDestroysNeedsMore) {
  config.policy.approvals[0].need = 0;
  const auto quorum = quorum_of(config, app(), facts(ChangeVerb::Sync, RiskTier::Destructive));
  EXPECT_EQ(quorum.need, 2);
  EXPECT_TRUE(quorum.typed_name);
  EXPECT_THAT(quorum.rule, HasSubstr("policy.destructive needs 2"));
  EXPECT_FALSE(quorum_of(config, app(), facts(ChangeVerb::Sync, RiskTier::High)).typed_name);
  config.policy.destructive.typed_name = false;
  config.policy.approvals[0].need = 3;
  EXPECT_EQ(quorum_of(config, app(), facts(ChangeVerb::Sync, RiskTier::Destructive)).need, 3) << "never lowered";
  EXPECT_FALSE(quorum_of(config, app(), facts(ChangeVerb::Sync, RiskTier::Destructive)).typed_name);
}

TEST_F(QuorumTest, BreakGlassNeedsNobody) {
  auto made = facts(ChangeVerb::Sync, RiskTier::Destructive);
  made.break_glass = true;
  EXPECT_EQ(quorum_of(config, app(), made).need, 0);
}

TEST_F(QuorumTest, StepsUp) {
  config.policy.approvals[0].step_up = StepUp::Totp;
  const auto totp = quorum_of(config, app(), facts());
  EXPECT_EQ(totp.step_up, StepUp::Totp);
  EXPECT_THAT(step_up_missing(totp, yes("bob")), HasSubstr("one-time code"));
  auto with_code = yes("bob");
  with_code.stepped_up = true;
  EXPECT_EQ(step_up_missing(totp, with_code), "");
  EXPECT_EQ(step_up_missing(totp, yes("bob", "forge")), "") << "a review there is its own step-up";
  config.policy.approvals[0].step_up = StepUp::Forge;
  const auto forge = quorum_of(config, app(), facts());
  EXPECT_THAT(step_up_missing(forge, with_code), HasSubstr("only a review on the forge"));
  EXPECT_EQ(step_up_missing(forge, yes("bob", "forge")), "");
  EXPECT_EQ(step_up_missing(Quorum{}, yes("bob")), "");
}

TEST_F(QuorumTest, WithoutARuleTheOwnersAgree) {
  const auto quorum = quorum_of(config, app("search"), facts());
  EXPECT_EQ(quorum.need, 1);
  EXPECT_THAT(quorum.from, IsEmpty());
  EXPECT_THAT(approvers_of(config, quorum, app("search"), "alice"), ElementsAre("bob", "carol", "dan")) << "sre may do everything";
}

TEST_F(QuorumTest, WhatAModelDraftedNeedsSomebodysYesInAnyCase) {
  config.policy.approvals[0].need = 0;
  EXPECT_EQ(quorum_of(config, app(), facts(ChangeVerb::Set)).need, 0);
  auto drafted = facts(ChangeVerb::Propose);
  EXPECT_EQ(quorum_of(config, app(), drafted).need, 1);
  EXPECT_THAT(quorum_of(config, app(), drafted).rule, HasSubstr("what a model drafted needs somebody's yes"));
  drafted.break_glass = true;
  EXPECT_EQ(quorum_of(config, app(), drafted).need, 1) << "no broken glass, either";
  config.policy.approvals[0].need = 2;
  EXPECT_EQ(quorum_of(config, app(), drafted).need, 2);
}

}  // namespace
}  // namespace driftwarden
