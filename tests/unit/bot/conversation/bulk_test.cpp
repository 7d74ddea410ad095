// All Apps of a group at once, several Changes at once: each judged by itself.
#include "bot/conversation/bulk.hpp"
#include "tests/support/block_kit.hpp"
#include "tests/unit/bot/conversation/fleet_talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Bulk : testing::Test {
  FleetTalk talk;
  std::int64_t leader = talk.drift_together();
  std::string of_it(const std::string& verb) const { return fmt::format("{} incident {}", verb, leader); }
  const test::PostedMessage* waiting() const {
    const auto found = talk.slack.with_key("bulk:");
    return found.empty() ? nullptr : found.back();
  }
};

TEST_F(Bulk, AckMeansAllOfThem) {
  talk.say("U0alice", of_it("ack"));
  for (const auto& member : talk.members(leader)) {
    EXPECT_EQ(member.state, IncidentState::Acknowledged) << member.app;
    EXPECT_EQ(member.acknowledged_by, "alice");
  }
}

TEST_F(Bulk, SnoozeMeansAllOfThemForAsLong) {
  talk.say("U0alice", of_it("snooze") + " 2h");
  for (const auto& member : talk.members(leader)) EXPECT_EQ(member.state, IncidentState::Snoozed) << member.app;
}

TEST_F(Bulk, WhoMayNotIsRefusedForEach) {
  talk.say("U0carol", of_it("ack"));
  for (const auto& member : talk.members(leader)) EXPECT_EQ(member.state, IncidentState::Open);
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("*cart*"), HasSubstr("*checkout*"), HasSubstr("*search*"), HasSubstr("0 of 3")));
  EXPECT_EQ(talk.refusals().size(), 3U);
}

TEST_F(Bulk, DiffShowsWhatTheyHaveInCommonOnce) {
  talk.say("U0carol", of_it("diff"));
  const auto& message = talk.slack.with_key("reply:").back()->now();
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  EXPECT_THAT(message.text, AllOf(HasSubstr("3 Apps"), HasSubstr("`.spec.replicas` of Deployment `2` \u2192 `5`"), HasSubstr("*cart*"), HasSubstr("*search*")));
  EXPECT_EQ(message.text.find(".spec.replicas", message.text.find(".spec.replicas") + 1), std::string::npos) << "said once: " << message.text;
}

TEST_F(Bulk, SyncAsksForAChangeForEachAndSaysSoOnce) {
  talk.say("U0alice", of_it("sync"));
  talk.clock.advance(30s);
  const auto changes = talk.all_changes();
  ASSERT_EQ(changes.size(), 3U);
  const auto thread = talk.members(leader).front().message;
  ASSERT_TRUE(thread);
  for (const auto& change : changes) {
    EXPECT_EQ(change.thread_ts, thread->ts) << "the card stands in the incident's thread";
    EXPECT_EQ(change.state, ChangeState::Proposed) << change.failure;
  }
  ASSERT_EQ(talk.slack.with_key("bulk:").size(), 1U);
  EXPECT_THAT(waiting()->now().text, HasSubstr("3 Changes wait"));
  EXPECT_THAT(test::block_kit_faults(waiting()->now()), IsEmpty());
  EXPECT_EQ(waiting()->thread_ts, "") << "in the channel, where somebody sees it";

  talk.press("U0bob", *waiting(), "approve");
  EXPECT_THAT(talk.answers().back(), HasSubstr("3 of 3 Changes approved"));
  talk.clock.advance(2min);
  for (const auto& change : talk.all_changes()) EXPECT_THAT(std::vector<ChangeState>({change.state}), Each(testing::AnyOf(ChangeState::Merged, ChangeState::Verifying, ChangeState::Done, ChangeState::Applying))) << change.app << change.failure;
}

TEST_F(Bulk, SyncLeavesOutWhatIsNotTheirsOrNotOut) {
  talk.scale("cart", 2);
  talk.clock.advance(5s);
  talk.config.policy.rules.front().apps = {"checkout", "cart"};
  talk.say("U0alice", of_it("sync"));
  talk.clock.advance(10s);
  ASSERT_EQ(talk.all_changes().size(), 1U);
  EXPECT_EQ(talk.all_changes().front().app, "checkout");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("1 of"), HasSubstr("*search*: :no_entry: You may not sync search")));
}

TEST_F(Bulk, TheRequestersOwnYesCountsForNone) {
  talk.say("U0alice", of_it("sync"));
  talk.clock.advance(30s);
  talk.press("U0alice", *waiting(), "approve");
  EXPECT_THAT(talk.answers().back(), HasSubstr("0 of 3 Changes approved"));
  for (const auto& change : talk.all_changes()) EXPECT_TRUE(change.approvals.empty());
}

TEST_F(Bulk, WhatNeedsMoreThanAClickIsLeftOutAndNamed) {
  talk.say("U0alice", of_it("sync"));
  talk.clock.advance(30s);
  auto change = talk.change(2);
  change.quorum.typed_name = true;
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) { return tx.save_change(change); }));
  change = talk.change(3);
  change.quorum.step_up = StepUp::Forge;
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) { return tx.save_change(change); }));
  talk.say("U0bob", "approve C-1 C-2 C-3 C-99");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("1 of 4 Changes approved"), HasSubstr("needs the App's name typed"), HasSubstr("counts only reviews on the forge"),
                                           HasSubstr("*C-99*: there is no such Change")));
  EXPECT_EQ(talk.change(1).approvals.size(), 1U);
  EXPECT_TRUE(talk.change(2).approvals.empty());
  EXPECT_TRUE(talk.change(3).approvals.empty());
  EXPECT_TRUE(talk.slack.views.empty());
}

TEST_F(Bulk, WhatMovedSinceItWasShownIsLeftOut) {
  talk.say("U0alice", of_it("sync"));
  talk.clock.advance(30s);
  auto change = talk.change(3);
  change.state = ChangeState::Requested;
  const auto moved = talk.change(2).app;
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) -> Result<void> {
    CHECK_OK(tx.save_change(change));
    auto row = tx.append_audit({"driftwarden", "change.content-moved", moved, "C-2", "{}"});
    if (!row) return row.error();
    return Result<void>{};
  }));
  talk.press("U0bob", *waiting(), "approve");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("1 of 3 Changes approved"), HasSubstr("it has moved since it was proposed"), HasSubstr("wait for its card")));
  EXPECT_TRUE(talk.change(2).approvals.empty());
  talk.say("U0bob", "approve C-2");
  EXPECT_EQ(talk.change(2).approvals.size(), 1U);
}

TEST_F(Bulk, FiftyAtOnceAreTheMost) {
  std::string many;
  for (int i = 1; i <= 51; ++i) many += fmt::format(" C-{}", i);
  for (const auto* verb : {"approve", "reject"}) {
    talk.say("U0bob", verb + many);
    EXPECT_THAT(talk.answers().back(), HasSubstr("50 at once are the most"));
  }
}

TEST_F(Bulk, WhereOneOfThemMayNotBeSpokenOfTheAnswerIsPrivate) {
  Team team;
  team.name = "cart";
  team.apps = {"cart"};
  team.channels = {"#cart-internal"};
  talk.config.teams.push_back(team);
  talk.say("U0carol", of_it("diff"));
  EXPECT_THAT(talk.last_ephemeral("U0carol"), HasSubstr("*cart*"));
}

TEST_F(Bulk, SeveralAreRejectedWithOneReason) {
  talk.say("U0alice", of_it("sync"));
  talk.clock.advance(30s);
  talk.say("U0bob", "reject C-1 C-2 not before the weekend");
  EXPECT_THAT(talk.answers().back(), HasSubstr("2 of 2 Changes rejected"));
  for (const auto id : {1, 2}) {
    EXPECT_EQ(talk.change(id).state, ChangeState::Rejected);
    EXPECT_EQ(talk.change(id).failure, "not before the weekend");
  }
  EXPECT_EQ(talk.change(3).state, ChangeState::Proposed);
}

TEST_F(Bulk, AnIncidentThatIsOverOrNeverWas) {
  talk.say("U0alice", "ack incident 999");
  EXPECT_THAT(talk.answers().back(), HasSubstr("There is no incident 999"));
  for (const auto* name : {"checkout", "cart", "search"}) talk.scale(name, 2);
  talk.clock.advance(5min);
  talk.say("U0alice", of_it("sync"));
  EXPECT_THAT(talk.answers().back(), HasSubstr("Nothing of incident"));
  EXPECT_TRUE(talk.all_changes().empty());
}

TEST_F(Bulk, TheButtonGoesOnceNothingIsLeftToApprove) {
  talk.say("U0alice", of_it("sync"));
  talk.clock.advance(30s);
  EXPECT_EQ(waiting()->versions.size(), 1U) << "what says the same isn't said again";
  talk.press("U0bob", *waiting(), "approve");
  talk.clock.advance(10s);
  EXPECT_THAT(waiting()->now().text, AllOf(HasSubstr("none waits any more"), HasSubstr("C-1 cart: approved by bob"), HasSubstr("C-3")));
  EXPECT_THAT(waiting()->now().blocks->dump(), Not(HasSubstr("actions")));
  talk.clock.advance(10min);
  EXPECT_EQ(talk.slack.with_key("bulk:").size(), 1U);
  EXPECT_EQ(talk.look<std::optional<std::string>>([](storage::Transaction& tx) { return tx.setting("together"); }), "") << "nothing is kept of what is over";
}

TEST_F(Bulk, WhatIsDecidedOneByOneLeavesTheButton) {
  talk.say("U0alice", of_it("sync"));
  talk.clock.advance(30s);
  talk.say("U0bob", "reject C-1 not now");
  EXPECT_THAT(waiting()->now().text, AllOf(HasSubstr("2 of 3 Changes wait"), HasSubstr("C-1 cart: rejected by bob")));
  EXPECT_THAT(waiting()->now().blocks->dump(), HasSubstr(R"("value":"approve C-2 C-3")"));
  talk.say("U0bob", "approve C-2");
  talk.clock.advance(5s);
  EXPECT_THAT(waiting()->now().blocks->dump(), HasSubstr(fmt::format(R"("value":"approve C-3 {}")", talk.change(3).content.head_sha.substr(0, 7))));
  talk.say("U0alice", "cancel C-3");
  talk.clock.advance(5s);
  EXPECT_THAT(waiting()->now().text, AllOf(HasSubstr("none waits any more"), HasSubstr("C-3 search: withdrawn by alice")));
  EXPECT_THAT(waiting()->now().blocks->dump(), Not(HasSubstr("actions")));
}

TEST_F(Bulk, AMessageThatCanNotBeChangedAnyMoreIsLeftAsItIs) {
  talk.say("U0alice", of_it("sync"));
  talk.clock.advance(30s);
  talk.slack.unwritable[waiting()->at.channel] = "is_archived";
  talk.say("U0bob", "reject C-1 C-2 C-3 never");
  talk.clock.advance(1min);
  EXPECT_EQ(waiting()->versions.size(), 1U);
  EXPECT_EQ(talk.look<std::optional<std::string>>([](storage::Transaction& tx) { return tx.setting("together"); }), "") << "nothing is kept of what is over";
  for (const auto* told : talk.slack.with_key("undelivered:")) EXPECT_THAT(told->now().text, Not(HasSubstr("bulk:"))) << "nobody is troubled with it";
}

/// The press is stored; then the process dies at its n-th write.
class CrashAfterApproveAll : public testing::TestWithParam<std::tuple<test::WatchedStore::Crash, int>> {};
TEST_P(CrashAfterApproveAll, TheButtonGoesAfterAll) {
  FleetTalk talk;
  const auto leader = talk.drift_together();
  talk.say("U0alice", fmt::format("sync incident {}", leader));
  talk.clock.advance(30s);
  talk.store.crash_at(std::get<1>(GetParam()), std::get<0>(GetParam()));
  talk.press("U0bob", *talk.slack.with_key("bulk:").back(), "approve");
  for (int life = 0; life < 3; ++life) {
    if (talk.store.crashed()) talk.reopen();
    talk.clock.advance(20s);
  }
  ASSERT_EQ(talk.slack.with_key("bulk:").size(), 1U);
  EXPECT_THAT(talk.slack.with_key("bulk:").back()->now().text, HasSubstr("none waits any more"));
  EXPECT_THAT(talk.slack.with_key("bulk:").back()->now().blocks->dump(), Not(HasSubstr("actions")));
}
INSTANTIATE_TEST_SUITE_P(Transactions, CrashAfterApproveAll,
                         testing::Combine(testing::Values(test::WatchedStore::Crash::BeforeCommit, test::WatchedStore::Crash::AfterCommit), testing::Values(2, 3, 4, 6, 9)),
                         [](const auto& row) { return fmt::format("{}Commit{}", std::get<0>(row.param) == test::WatchedStore::Crash::BeforeCommit ? "Before" : "After", std::get<1>(row.param)); });

}  // namespace
}  // namespace driftwarden
