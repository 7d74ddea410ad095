// A rise in cost wants people of its own.
#include "tests/unit/bot/policy/fixture.hpp"

#include "bot/policy/policy_cases.hpp"
#include "gitops/model/seats.hpp"

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kEuro = 1'000'000;

class MoneyTest : public GateTest {
 protected:
  MoneyTest() {
    for (const auto* name : {"fin", "fay"}) config.people.push_back(person(name, name));
    config.groups.push_back({.name = "finops", .members = {"fin", "fay", "carol"}, .slack_usergroup = {}});
    CostThreshold threshold;
    threshold.environments = {"prod*"};
    threshold.above = 200 * kEuro;
    threshold.from = {"finops"};
    config.cost.thresholds = {threshold};
  }
  QuorumFacts facts(std::int64_t euros) const {
    QuorumFacts made;
    made.requester = "alice";
    made.risk.tier = RiskTier::Low;
    made.cost.emplace();
    made.cost->currency = "EUR";
    made.cost->before.micros = 100 * kEuro;
    made.cost->after.micros = (100 + euros) * kEuro;
    return made;
  }
  Change dear(std::int64_t euros = 212) const {
    auto made = change();
    made.state = ChangeState::Proposed;
    made.quorum = quorum_of(config, app(), facts(euros));
    return made;
  }
  ApproverVerdict count(const PersonId& who, const Change& of, const std::vector<Delegation>& delegations = {}) const { return may_count(config, who, of, app(), delegations, kNow); }
  static Delegation delegation(const PersonId& from, const PersonId& to) {
    return {.id = 1, .from = from, .to = to, .since = kNow - std::chrono::hours{1}, .until = kNow + std::chrono::hours{1}, .ended_at = {}};
  }
  /// As a yes of theirs would be kept.
  static Approval yes_by(const PersonId& who, const ApproverVerdict& verdict) {
    auto made = yes(who);
    made.in_place_of = verdict.in_place_of;
    made.extra_only = verdict.extra_only;
    return made;
  }
  int open(const Change& of) const { return open_seats(of.quorum, yeses_of(of)).all(); }
};

TEST_F(MoneyTest, ARiseAboveTheThresholdWantsOneMore) {
  const auto quorum = quorum_of(config, app(), facts(212));
  EXPECT_EQ(quorum.need, 1) << "the rule's own stays what it is";
  EXPECT_EQ(quorum.extra.need, 1);
  EXPECT_THAT(quorum.extra.from, ElementsAre("fin", "fay", "carol"));
  EXPECT_THAT(quorum.extra.why, HasSubstr("cost.thresholds[0]"));
  EXPECT_EQ(quorum_of(config, app(), facts(200)).extra, ExtraApprovals{});
  EXPECT_EQ(quorum_of(config, app(), facts(-500)).extra, ExtraApprovals{});
  EXPECT_EQ(quorum_of(config, app("search"), facts(212)).extra, ExtraApprovals{}) << "staging may cost what it likes";
  auto unknown = facts(212);
  unknown.cost.reset();
  EXPECT_EQ(quorum_of(config, app(), unknown).extra, ExtraApprovals{});
  unknown.cost_trouble = "Infracost took too long";
  EXPECT_EQ(quorum_of(config, app(), unknown).extra.need, 1) << "it may be any rise";
  EXPECT_THAT(quorum_of(config, app(), unknown).extra.why, HasSubstr("its cost isn't known: Infracost took too long"));
  EXPECT_EQ(quorum_of(config, app("search"), unknown).extra, ExtraApprovals{});
}

TEST_F(MoneyTest, ARiseInSlicesIsOneRise) {
  auto sliced = facts(60);
  sliced.risen_lately = 152 * kEuro;
  EXPECT_EQ(quorum_of(config, app(), sliced).extra.need, 1);
  EXPECT_EQ(quorum_of(config, app(), sliced).extra.why, "60 EUR more a month, 212 EUR with the App's other changes of the last 7 days (cost.thresholds[0]: above 200 EUR)");
  sliced.risen_lately = 140 * kEuro;
  EXPECT_EQ(quorum_of(config, app(), sliced).extra, ExtraApprovals{});
  auto falling = facts(-1);
  falling.risen_lately = 500 * kEuro;
  EXPECT_EQ(quorum_of(config, app(), falling).extra, ExtraApprovals{}) << "what saves money waits for nobody";
}

TEST_F(MoneyTest, BehindABrokenGlassNobodyIsAsked) {
  auto broken = facts(212);
  broken.break_glass = true;
  EXPECT_EQ(seats_of(quorum_of(config, app(), broken)), 0);
}

TEST_F(MoneyTest, TheRequesterAndTheAuthorsAreNotAmongThem) {
  auto made = facts(212);
  made.requester = "fin";
  made.commit_authors = {"fay"};
  EXPECT_THAT(quorum_of(config, app(), made).extra.from, ElementsAre("carol"));
  made.commit_authors = {"fay", "carol"};
  const auto nobody = quorum_of(config, app(), made);
  EXPECT_EQ(nobody.extra.need, 1) << "it is not let pass for that";
  EXPECT_THAT(nobody.extra.why, HasSubstr("none of those whom it names can agree to it"));
  auto of = change("fin");
  of.quorum = nobody;
  for (const auto* who : {"alice", "bob", "carol", "dan", "fin", "fay"}) {
    const auto verdict = count(who, of);
    EXPECT_FALSE(verdict.counts && is_extra(of.quorum, yes_by(who, verdict))) << who;
  }
  EXPECT_THAT(too_few_can(config, nobody, app(), "fin"), HasSubstr("it needs 1 more of nobody"));
}

TEST_F(MoneyTest, WhoCannotSeeTheAppIsNotAsked) {
  Team shop;
  shop.name = "shop";
  shop.apps = {"checkout"};
  shop.members = {"alice", "bob", "carol", "dan", "fay"};
  shop.is_private = true;
  config.teams = {shop};
  EXPECT_THAT(quorum_of(config, app(), facts(212)).extra.from, ElementsAre("fay", "carol"));
}

TEST_F(MoneyTest, ThoseAskedForTheMoneyCountForThatAlone) {
  const auto of = dear();
  const auto fin = count("fin", of);
  EXPECT_TRUE(fin.counts);
  EXPECT_TRUE(fin.extra_only);
  const auto bob = count("bob", of);
  EXPECT_TRUE(bob.counts);
  EXPECT_FALSE(bob.extra_only);
  EXPECT_FALSE(count("carol", of).extra_only) << "of both";
  EXPECT_TRUE(may_approve(config, "fin", of.quorum, app()));
  EXPECT_FALSE(count("fin", change()).counts) << "where nothing gets dearer they have no say";
}

TEST_F(MoneyTest, NobodySitsOnTwoSeats) {
  auto of = dear();
  EXPECT_EQ(open(of), 2);
  of.approvals = {yes_by("carol", count("carol", of))};
  EXPECT_EQ(open(of), 1) << "carol is of both, and one person";
  EXPECT_TRUE(count("bob", of).open_seat) << "then carol's is for the money";
  EXPECT_TRUE(count("fin", of).open_seat);
  auto with_bob = of;
  with_bob.approvals.push_back(yes_by("bob", count("bob", of)));
  EXPECT_EQ(open(with_bob), 0);
  of.approvals.push_back(yes_by("fin", count("fin", of)));
  EXPECT_EQ(open(of), 0);
}

TEST_F(MoneyTest, AYesThatFillsNothingIsTold) {
  auto of = dear();
  of.approvals = {yes_by("bob", count("bob", of))};
  const auto dan = count("dan", of);
  EXPECT_TRUE(dan.counts);
  EXPECT_FALSE(dan.open_seat) << "what is missing is for the money";
  EXPECT_THAT(approvers_left(config, of, app(), {"bob"}), ElementsAre("carol", "fin", "fay"));
  EXPECT_THAT(approvers_left(config, dear(), app(), {}), ElementsAre("bob", "carol", "dan", "fin", "fay"));
}

TEST_F(MoneyTest, ADelegateSitsInTheSeatThatIsOpen) {
  auto of = dear();
  const std::vector<Delegation> delegations{delegation("fin", "dan")};
  EXPECT_EQ(count("dan", of, delegations).in_place_of, "") << "their own first";
  of.approvals = {yes_by("bob", count("bob", of))};
  const auto dan = count("dan", of, delegations);
  EXPECT_EQ(dan.in_place_of, "fin");
  EXPECT_TRUE(dan.extra_only);
  of.approvals.push_back(yes_by("dan", dan));
  EXPECT_EQ(open(of), 0);
  EXPECT_FALSE(count("fin", of, delegations).counts) << "that seat is taken";
}

TEST_F(MoneyTest, OneHumanUnderTwoNamesIsOne) {
  auto twin = person("fin2", "FIN");
  twin.emails.clear();
  config.people.push_back(twin);
  config.groups.back().members.push_back("fin2");
  auto of = dear();
  of.approvals = {yes_by("fin", count("fin", of))};
  EXPECT_FALSE(count("fin2", of).counts);
}

TEST_F(MoneyTest, TheyMayApproveAndRejectAndNothingElse) {
  for (const auto* verb : {"approve", "reject", "delegate"}) {
    EXPECT_TRUE(may(config, "fin", verb, app()).allowed) << verb;
    EXPECT_FALSE(may(config, "fin", verb, app("search")).allowed) << verb << " where no threshold names them";
  }
  for (const auto* verb : {"lock", "silence", "ack", "cancel", "sync", "break-glass", "halt"}) EXPECT_FALSE(may(config, "fin", verb, app()).allowed) << verb;
}

TEST_F(MoneyTest, OfTwoPlacesWhoCountsInBoth) {
  auto there = app();
  there.environment = "staging";
  const auto here = quorum_of(config, app(), facts(212));
  const auto cheap = quorum_of(config, there, facts(212));
  EXPECT_EQ(stricter(config, here, app(), cheap, there).extra, here.extra) << "one place wants nobody";
  EXPECT_EQ(stricter(config, cheap, there, here, app()).extra, here.extra);
  CostThreshold staging;
  staging.environments = {"staging"};
  staging.above = 0;
  staging.need = 2;
  staging.from = {"fay", "carol"};
  config.cost.thresholds.push_back(staging);
  const auto dear_there = quorum_of(config, there, facts(212));
  const auto both = stricter(config, here, app(), dear_there, there);
  EXPECT_EQ(both.extra.need, 2);
  EXPECT_THAT(both.extra.from, ElementsAre("fay", "carol"));
}

TEST_F(MoneyTest, ATeamsOwnCasesMaySpeakOfIt) {
  const auto passes = [&](const std::string& fields) {
    const auto results = run_policy_cases(config, "cases:\n  - {" + fields + "}\n", "cases.yaml", kNow);
    if (!results) return results.error().message;
    return (results->front().passed ? "passed: " : "failed: ") + results->front().said + " -> " + results->front().got;
  };
  EXPECT_THAT(passes("who: alice, may: sync, app: checkout, more_a_month: 212, expect: {need: 1, for_cost: 1}"),
              testing::AllOf(testing::StartsWith("passed: alice may sync checkout at 212 more a month: need 1, for_cost 1"), HasSubstr("for_cost 1 from fin, fay, carol")));
  EXPECT_THAT(passes("who: alice, may: sync, app: checkout, more_a_month: 200, expect: {for_cost: 1}"), testing::StartsWith("failed"));
  EXPECT_THAT(passes("who: alice, may: sync, app: checkout, expect: {for_cost: 0}"), testing::StartsWith("passed"));
  EXPECT_THAT(passes("who: fin, approves: sync, app: checkout, by: alice, more_a_month: 212, expect: counts, rule: cost.thresholds"), testing::StartsWith("passed"));
  EXPECT_THAT(passes("who: fin, approves: sync, app: checkout, by: alice, expect: refused"), testing::StartsWith("passed"));
  EXPECT_THAT(passes("who: alice, may: sync, app: checkout, more_a_month: much, expect: {for_cost: 1}"), HasSubstr("expected a whole amount"));
}

TEST_F(MoneyTest, ItIsExplained) {
  const auto words = explain_policy(config, "alice", "sync", app(), {}, kNow);
  EXPECT_THAT(words, HasSubstr("a month needs 1 more approval by fin, fay, carol."));
  EXPECT_THAT(words, HasSubstr("A rise of more than 200"));
  EXPECT_THAT(explain_policy(config, "alice", "sync", app("search"), {}, kNow), testing::Not(HasSubstr("A rise of")));
}

}  // namespace
}  // namespace driftwarden
