// waive, waivers, unwaive: said by owners of the gate, by others, and by who asked for the Change.
#include "tests/support/block_kit.hpp"
#include "tests/support/fakes/gates.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct WaiveTest : testing::Test {
  WaiveTest() {
    talk.config.gates.owners = {"carol", "alice"};
    GateConfig tool;
    tool.name = "policy";
    tool.owners = {"bob"};
    talk.config.gates.tools.push_back(tool);
    talk.config.people.push_back(talk.config.people.front());
    talk.config.people.back().name = "dan";
    talk.config.people.back().slack = "U0dan";
    talk.config.people.back().forge = "";
    talk.config.people.back().emails = {"dan@example.org"};
    talk.reopen();
  }
  /// A Change of alice's in which the gates found this.
  void judged(const std::vector<std::pair<std::string, std::string>>& rules) {
    talk.proposed();
    EXPECT_TRUE(talk.transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(auto change, tx.find_change(1));
      test::FakeGates gates;
      for (const auto& [gate, rule] : rules) gates.find(gate, rule, "Deployment shop/checkout");
      change->gates = gates.answer;
      return tx.save_change(*change);
    }));
  }
  std::vector<Waiver> waivers() {
    return talk.look<std::vector<Waiver>>([](storage::Transaction& tx) { return tx.open_waivers(); });
  }
  std::string last() { return talk.answers().back(); }
  Talk talk;
};

TEST_F(WaiveTest, IsBegunListedAndEnded) {
  judged({{"built-in", "privileged"}});
  talk.say("U0carol", "waive C-1 because the vendor <!channel>");
  EXPECT_THAT(last(), AllOf(HasSubstr("let pass"), HasSubstr("`built-in/privileged` of `Deployment shop/checkout` on *checkout*"), HasSubstr("the vendor"), Not(HasSubstr("<!channel>"))));
  ASSERT_THAT(waivers(), SizeIs(1));
  EXPECT_EQ(waivers()[0].owner, "carol");
  EXPECT_EQ(waivers()[0].until - waivers()[0].since, 24h * 7);
  EXPECT_EQ(waivers()[0].object, "Deployment shop/checkout");
  EXPECT_EQ(waivers()[0].change, 1);
  EXPECT_THAT(test::BlockKitCheck(talk.slack.with_key("reply:").back()->now()).faults, IsEmpty());
  talk.say("U0bob", "waivers");
  EXPECT_THAT(last(), AllOf(HasSubstr("1 waiver is in force"), HasSubstr("(C-1), by carol")));
  EXPECT_THAT(test::BlockKitCheck(talk.slack.with_key("reply:").back()->now()).faults, IsEmpty());
  talk.say("U0bob", "unwaive 1");
  EXPECT_THAT(last(), HasSubstr("may be waived by carol, alice"));
  talk.say("U0alice", "unwaive 1");
  EXPECT_THAT(last(), HasSubstr("*alice* ended waiver 1"));
  EXPECT_THAT(waivers(), IsEmpty());
  EXPECT_THAT(talk.audit_actions(), AllOf(Contains("waiver.begun"), Contains("waiver.ended")));
  talk.say("U0alice", "unwaive 1");
  EXPECT_THAT(last(), HasSubstr("There is no waiver 1 in force"));
  talk.say("U0alice", "waivers checkout");
  EXPECT_THAT(last(), HasSubstr("Nothing is waived"));
}

TEST_F(WaiveTest, WhatCouldNotBeJudgedIsWaivedByItsNameAlone) {
  judged({});
  EXPECT_TRUE(talk.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(auto change, tx.find_change(1));
    change->gates = {{.gate = "built-in", .trouble = "it took too long"}};
    return tx.save_change(*change);
  }));
  talk.say("U0carol", "waive C-1 because it is slow today");
  EXPECT_THAT(last(), HasSubstr("`built-in/unjudged` is waived by its name alone"));
  EXPECT_THAT(waivers(), IsEmpty());
  talk.say("U0carol", "waive C-1 unjudged because it is slow today");
  ASSERT_THAT(waivers(), SizeIs(1));
  EXPECT_EQ(waivers()[0].rule, "unjudged");
}

TEST_F(WaiveTest, NeverForOnesOwnChange) {
  judged({{"built-in", "privileged"}});
  talk.say("U0alice", "waive C-1 because I say so");
  EXPECT_THAT(last(), HasSubstr("C-1 is your own"));
  EXPECT_THAT(waivers(), IsEmpty());
  ASSERT_THAT(talk.refusals(), SizeIs(1));
  EXPECT_THAT(talk.refusals()[0].entry.detail, HasSubstr("waiver for one's own Change"));
}

TEST_F(WaiveTest, OnlyByAnOwnerOfTheGate) {
  judged({{"built-in", "privileged"}});
  talk.say("U0bob", "waive C-1 because I say so");
  EXPECT_THAT(last(), HasSubstr("What the gate built-in finds may be waived by carol, alice"));
  talk.say("U0stranger", "waive C-1 because I say so");
  EXPECT_THAT(last(), HasSubstr("I don't know who you are"));
  talk.config.gates.owners = {"dan"};
  talk.say("U0dan", "waive C-1 because I say so");
  EXPECT_THAT(last(), HasSubstr("isn't linked to the forge"));
  talk.config.gates.owners.clear();
  talk.say("U0carol", "waive C-1 because I say so");
  EXPECT_THAT(last(), HasSubstr("the config gives the gate built-in no owners"));
  EXPECT_THAT(waivers(), IsEmpty());
  EXPECT_THAT(talk.refusals(), SizeIs(4));
}

TEST_F(WaiveTest, EachGateHasItsOwners) {
  judged({{"built-in", "privileged"}, {"policy", "deny-latest"}});
  talk.say("U0carol", "waive C-1 because it is known");
  EXPECT_THAT(last(), AllOf(HasSubstr("built-in/privileged"), HasSubstr("still held back by `policy/deny-latest of Deployment shop/checkout`: that is for bob")));
  EXPECT_THAT(waivers(), SizeIs(1));
  talk.say("U0bob", "waive C-1 deny-latest for 1d because it is known");
  EXPECT_THAT(last(), HasSubstr("policy/deny-latest"));
  EXPECT_THAT(waivers(), SizeIs(2));
  talk.say("U0bob", "waive C-1 because it is known");
  EXPECT_THAT(last(), HasSubstr("No gate holds *C-1* back: what was found is let pass"));
}

TEST_F(WaiveTest, NeedsAReasonAndAnEndThatIsNotTooFar) {
  judged({{"built-in", "privileged"}});
  talk.say("U0carol", "waive C-1");
  EXPECT_THAT(last(), HasSubstr("Why?"));
  talk.say("U0carol", "waive C-1 privileged for 31d because vendor");
  EXPECT_THAT(last(), HasSubstr("A waiver lasts from 1m to 30d"));
  EXPECT_THAT(talk.slack.with_key("reply:").back()->now().blocks->dump(), HasSubstr("waive C-1 privileged for 30d because vendor")) << "it waives no more than was meant";
  talk.config.gates.longest_waiver = 48h;
  talk.say("U0carol", "waive C-1 because vendor");
  ASSERT_THAT(waivers(), SizeIs(1));
  EXPECT_EQ(waivers()[0].until - waivers()[0].since, 48h) << "the usual week, but no longer than the config allows";
}

TEST_F(WaiveTest, SaysWhatHoldsItInsteadOfWhatWasNamed) {
  judged({{"built-in", "privileged"}});
  talk.say("U0carol", "waive C-1 host-path because vendor");
  EXPECT_THAT(last(), HasSubstr("That isn't what holds *C-1* back: it is `built-in/privileged of Deployment shop/checkout`"));
  talk.say("U0carol", "waive C-1 privileged on web because vendor");
  EXPECT_THAT(last(), HasSubstr("That isn't what holds"));
  talk.say("U0carol", "waive C-7 because vendor");
  EXPECT_THAT(last(), HasSubstr("There is no Change C-7"));
  talk.say("U0carol", "waive C-1 Privileged on checkout because vendor");
  EXPECT_THAT(waivers(), SizeIs(1));
}

TEST_F(WaiveTest, OfAnAppBeforeThereIsAChange) {
  talk.say("U0carol", "waive checkout floating-tag for 3d because the vendor has no other");
  EXPECT_THAT(last(), HasSubstr("`built-in/floating-tag` on *checkout*"));
  ASSERT_THAT(waivers(), SizeIs(1));
  EXPECT_EQ(waivers()[0].gate, "built-in");
  EXPECT_EQ(waivers()[0].object, "");
  EXPECT_EQ(waivers()[0].change, 0);
  talk.say("U0bob", "waive checkout deny-latest because vendor");
  EXPECT_THAT(last(), AllOf(HasSubstr("No gate has told of a rule \"deny-latest\"."), HasSubstr("floating-tag"), HasSubstr("write GATE/RULE")));
  talk.say("U0bob", "waive checkout floating-tog for 1d because vendor");
  EXPECT_THAT(talk.slack.with_key("reply:").back()->now().blocks->dump(), HasSubstr("waive checkout floating-tag for 1d because vendor"));
  EXPECT_THAT(waivers(), SizeIs(1));
  talk.say("U0bob", "waive checkout policy/deny-latest on Deployment/checkout because vendor");
  ASSERT_THAT(waivers(), SizeIs(2));
  EXPECT_EQ(waivers()[1].object, "Deployment shop/checkout");
  talk.say("U0bob", "waive checkout nothing/deny-latest because vendor");
  EXPECT_THAT(last(), HasSubstr("There is no gate `nothing` that blocks"));
  talk.say("U0bob", "waive checkout policy/deny-latest on cart because vendor");
  EXPECT_THAT(last(), HasSubstr("*checkout* has no object `cart`"));
}

TEST_F(WaiveTest, ARuleMayHaveASlashOfItsOwn) {
  judged({{"policy", "images/deny-latest"}});
  talk.say("U0bob", "waive checkout images/deny-latest because vendor");
  ASSERT_THAT(waivers(), SizeIs(1));
  EXPECT_EQ(waivers()[0].gate, "policy");
  EXPECT_EQ(waivers()[0].rule, "images/deny-latest");
  talk.say("U0bob", "unwaive 1");
  talk.say("U0bob", "waive C-1 images/deny-latest because vendor");
  EXPECT_THAT(waivers(), SizeIs(1));
  talk.say("U0bob", "unwaive 2");
  talk.say("U0bob", "waive C-1 policy/images/deny-latest because vendor");
  EXPECT_THAT(waivers(), SizeIs(1));
}

TEST_F(WaiveTest, ARepeatedEnvelopeGivesOneWaiver) {
  judged({{"built-in", "privileged"}});
  auto envelope = talk.mention("U0carol", "waive C-1 because vendor");
  EXPECT_TRUE(talk.accept(envelope));
  talk.clock.advance(1s);
  (void)talk.accept(envelope);
  talk.clock.advance(1s);
  EXPECT_THAT(waivers(), SizeIs(1));
}

TEST_F(WaiveTest, PendingNamesTheOwnersAndWhatTheCallerMayWaive) {
  judged({{"built-in", "privileged"}, {"built-in", "host-path"}, {"policy", "deny-latest"}});
  talk.say("U0carol", "pending");
  EXPECT_THAT(last(), AllOf(HasSubstr("*1 waits for you*"), HasSubstr(":point_right:"), HasSubstr("waits for 1 approval by bob"), HasSubstr("; then waits for carol, alice to waive `built-in/privileged` and 1 more, and for bob to waive `policy/deny-latest`"),
                            HasSubstr("`waive C-1 because ...`")));
  EXPECT_THAT(test::BlockKitCheck(talk.slack.with_key("reply:").back()->now()).faults, IsEmpty());
  talk.say("U0alice", "pending");
  EXPECT_THAT(last(), AllOf(HasSubstr("none waits for you"), HasSubstr("to waive"), Not(HasSubstr("waive C-1")))) << "it is their own";
  talk.say("U0carol", "waive C-1 because vendor");
  talk.say("U0carol", "pending");
  EXPECT_THAT(last(), AllOf(HasSubstr("none waits for you"), HasSubstr("then waits for bob to waive `policy/deny-latest`"), Not(HasSubstr("built-in"))));
  talk.say("U0bob", "approve C-1");
  talk.clock.advance(10s);
  ASSERT_EQ(talk.change().state, ChangeState::Approved);
  talk.say("U0bob", "pending");
  EXPECT_THAT(last(), AllOf(HasSubstr("*1 waits for you*"), HasSubstr("ago, waits for bob to waive `policy/deny-latest`"), HasSubstr("`waive C-1 because ...`")));
  talk.config.gates.tools.front().owners.clear();
  talk.config.gates.owners.clear();
  talk.say("U0bob", "pending");
  EXPECT_THAT(last(), AllOf(HasSubstr("none waits for you"), HasSubstr("waits for `built-in/privileged` and 1 more to be mended, which nobody may waive")));
}

TEST_F(WaiveTest, PendingNamesWhatNobodyJudged) {
  judged({});
  EXPECT_TRUE(talk.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(auto change, tx.find_change(1));
    change->gates = {{.gate = "built-in", .trouble = "it took too long"}};
    return tx.save_change(*change);
  }));
  talk.say("U0carol", "pending");
  EXPECT_THAT(last(), HasSubstr("`waive C-1 built-in/unjudged because ...`"));
}

TEST_F(WaiveTest, TheListSaysWhichCountNoMore) {
  talk.say("U0carol", "waive checkout floating-tag for 3d because the vendor has no other");
  talk.say("U0bob", "waivers");
  EXPECT_THAT(last(), Not(HasSubstr("doesn't count")));
  talk.config.gates.owners = {"alice"};
  talk.say("U0bob", "waivers");
  EXPECT_THAT(last(), HasSubstr(":warning: it doesn't count: carol isn't an owner of that gate any more"));
  EXPECT_THAT(test::BlockKitCheck(talk.slack.with_key("reply:").back()->now()).faults, IsEmpty());
  talk.say("U0carol", "unwaive 1");
  EXPECT_THAT(waivers(), IsEmpty()) << "their own they may end";
}

TEST_F(WaiveTest, WhatMovedMeanwhileIsLookedAtAgain) {
  judged({{"built-in", "privileged"}});
  talk.say("U0carol", "waive C-1 because vendor");
  EXPECT_THAT(waivers(), SizeIs(1));
  EXPECT_THAT(talk.card().now().text, HasSubstr("let pass by *carol*")) << "the card says so at once";
}

}  // namespace
}  // namespace driftwarden
