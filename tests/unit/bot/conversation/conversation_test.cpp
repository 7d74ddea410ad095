// From an envelope to its answer, across crashes: everything real but Slack, forge and cluster.
#include "tests/support/block_kit.hpp"
#include "tests/support/fakes/talk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Conversation, AnswersWhereItWasAsked) {
  Talk talk;
  talk.say("U0alice", "status");
  ASSERT_EQ(talk.answers().size(), 1U);
  EXPECT_THAT(talk.answers().front(), HasSubstr("*1 App*: 1 in sync"));
  EXPECT_EQ(talk.slack.messages.front().thread_ts, "1900000000.000001");
}

TEST(Conversation, ARedeliveryIsAnsweredOnce) {
  Talk talk;
  const auto envelope = talk.mention("U0alice", "status");
  EXPECT_TRUE(talk.accept(envelope));
  auto again = envelope;
  again.envelope_id = "another";
  again.retry_attempt = 1;
  EXPECT_TRUE(talk.accept(again));
  talk.clock.advance(10s);
  EXPECT_TRUE(talk.accept(envelope));
  talk.clock.advance(10s);
  EXPECT_EQ(talk.answers().size(), 1U);
}

TEST(Conversation, WhatIsNotStoredIsNotAcknowledged) {
  Talk talk;
  talk.store.crash_at(1, test::WatchedStore::Crash::BeforeCommit);
  EXPECT_FALSE(talk.accept(talk.mention("U0alice", "status")));
}

class CrashWhileAnswering : public testing::TestWithParam<std::tuple<test::WatchedStore::Crash, int>> {};
TEST_P(CrashWhileAnswering, AnswersOnceAndDoesItOnce) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.store.crash_at(std::get<1>(GetParam()), std::get<0>(GetParam()));
  const auto status = talk.mention("U0alice", "status");
  const auto sync = talk.mention("U0alice", "sync checkout because the test is over");
  for (const auto& envelope : {status, sync}) {
    // Slack delivers again what was not acknowledged.
    for (int tries = 0; tries < 3 && !talk.accept(envelope); ++tries) talk.reopen();
    talk.clock.advance(2s);
    if (talk.store.crashed()) talk.reopen();
    talk.clock.advance(20s);
    if (talk.store.crashed()) talk.reopen();
  }
  talk.clock.advance(1min);
  EXPECT_EQ(talk.answers().size(), 1U);
  EXPECT_EQ(talk.change().state, ChangeState::Proposed) << talk.change().failure;
  const auto changes = talk.look<std::vector<Change>>([](storage::Transaction& tx) { return tx.changes({"", false, 10}); });
  EXPECT_EQ(changes.size(), 1U);
  EXPECT_EQ(talk.forge_state.entries.size(), 1U);
  EXPECT_EQ(talk.slack.with_key("change:1").size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(Transactions, CrashWhileAnswering,
                         testing::Combine(testing::Values(test::WatchedStore::Crash::BeforeCommit, test::WatchedStore::Crash::AfterCommit), testing::Range(1, 16)),
                         [](const auto& row) { return fmt::format("{}Commit{}", std::get<0>(row.param) == test::WatchedStore::Crash::BeforeCommit ? "Before" : "After", std::get<1>(row.param)); });

TEST(Conversation, TheWholeLoopByButtons) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  const auto alert = *talk.slack.with_key("incident:").front();
  talk.press("U0alice", alert, "sync");
  talk.clock.advance(5s);
  const auto card = *talk.slack.with_key("change:1").front();
  EXPECT_THAT(test::block_kit_faults(card.now()), IsEmpty());
  talk.press("U0alice", card, "approve");
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
  ASSERT_EQ(talk.answers().size(), 1U);
  EXPECT_THAT(talk.answers().front(), HasSubstr("somebody else must approve it"));
  ASSERT_EQ(talk.refusals().size(), 1U);
  EXPECT_EQ(talk.refusals().front().entry.actor, "alice");
  EXPECT_EQ(talk.refusals().front().entry.subject, "C-1");
  talk.press("U0bob", card, "approve");
  talk.clock.advance(20s);
  EXPECT_EQ(talk.change().state, ChangeState::Done) << talk.change().failure;
  EXPECT_EQ(talk.change().approvals.front().by, "bob");
  EXPECT_EQ(talk.incidents_of("checkout").front().state, IncidentState::Resolved);
}

TEST(Conversation, ApprovingInWordsTakesARemark) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0alice", "sync checkout");
  talk.clock.advance(5s);
  talk.say("U0bob", "approve C-1 looks good to me");
  talk.clock.advance(20s);
  EXPECT_EQ(talk.change().state, ChangeState::Done) << talk.change().failure;
}

TEST(Conversation, AnApprovalOfAnOlderHeadDoesNotCount) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0alice", "sync checkout");
  talk.clock.advance(5s);
  const auto card = *talk.slack.with_key("change:1").front();
  talk.commit(9, "driftwarden/c-1-sync-checkout");
  talk.changes->nudge();
  talk.clock.advance(2s);
  talk.press("U0bob", card, "approve");
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
  ASSERT_FALSE(talk.answers().empty());
  EXPECT_THAT(talk.answers().back(), HasSubstr("has moved"));
}

TEST(Conversation, AStrangerMayReadAndIsRefusedAndAuditedOtherwise) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0EVE", "status");
  talk.say("U0EVE", "sync checkout");
  ASSERT_EQ(talk.answers().size(), 2U);
  EXPECT_THAT(talk.answers().front(), HasSubstr("1 OutOfSync"));
  EXPECT_THAT(talk.answers().back(), HasSubstr("I don't know who you are"));
  ASSERT_EQ(talk.refusals().size(), 1U);
  EXPECT_EQ(talk.refusals().front().entry.actor, "U0EVE");
  EXPECT_EQ(talk.refusals().front().entry.app, "checkout");
  EXPECT_TRUE(talk.look<std::vector<Change>>([](storage::Transaction& tx) { return tx.changes({"", false, 10}); }).empty());
}

TEST(Conversation, WhoMayNotApproveIsRefusedAndAudited) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0alice", "sync checkout");
  talk.clock.advance(5s);
  talk.say("U0carol", "approve C-1");
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
  ASSERT_EQ(talk.refusals().size(), 1U);
  EXPECT_EQ(talk.refusals().front().entry.actor, "carol");
  talk.say("U0bob", "reject C-1 not today");
  talk.clock.advance(5s);
  EXPECT_EQ(talk.change().state, ChangeState::Rejected);
  EXPECT_EQ(talk.change().failure, "not today");
  EXPECT_EQ(talk.forge_state.find(1)->pull_request.state, forge::PullRequestState::Closed);
  EXPECT_THAT(talk.audit_actions(), Contains("change.rejected"));
}

TEST(Conversation, TheSameRequestTwiceIsOneChange) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0alice", "sync checkout");
  talk.say("U0bob", "sync checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("C-1 asks for the same"));
  talk.say("U0bob", "adopt checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("decide that one first"));
}

TEST(Conversation, AThreadOfAnAlertSaysWhichAppIsMeant) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  const auto alert = talk.slack.with_key("incident:").front()->at;
  talk.say("U0alice", "ack", alert.ts);
  EXPECT_EQ(talk.incidents_of("checkout").front().state, IncidentState::Acknowledged);
  EXPECT_EQ(talk.incidents_of("checkout").front().acknowledged_by, "alice");
  talk.say("U0alice", "diff", alert.ts);
  EXPECT_THAT(talk.answers().back(), HasSubstr(".spec.replicas"));
}

TEST(Conversation, IgnoringByButtonIsAReviewedRule) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  const auto alert = *talk.slack.with_key("incident:").front();
  talk.press("U0alice", alert, "ignore");
  talk.clock.advance(5s);
  EXPECT_EQ(talk.change().verb, ChangeVerb::Ignore);
  EXPECT_EQ(talk.change().state, ChangeState::Proposed) << talk.change().failure;
  const auto card = *talk.slack.with_key("change:1").front();
  EXPECT_THAT(test::block_kit_faults(card.now()), IsEmpty());
  EXPECT_THAT(card.now().text, HasSubstr("say nothing of `.spec.replicas` of `Deployment shop/checkout`"));
  talk.press("U0bob", card, "approve");
  talk.clock.advance(20s);
  EXPECT_EQ(talk.change().state, ChangeState::Done) << talk.change().failure;
  EXPECT_EQ(talk.incidents_of("checkout").front().state, IncidentState::Resolved);
  talk.say("U0bob", "ignores checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr(".spec.replicas of Deployment shop/checkout"));
  EXPECT_THAT(talk.answers().back(), HasSubstr("alice"));
  EXPECT_THAT(talk.answers().back(), HasSubstr("hides 1 field"));
  talk.say("U0bob", "history checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("ignored since C-1 by alice"));
  talk.say("U0bob", "stats");
  EXPECT_THAT(talk.answers().back(), HasSubstr("*checkout*"));
  EXPECT_THAT(talk.answers().back(), HasSubstr("1 incident"));
}

TEST(Conversation, WhatDoesNotDriftIsNotIgnored) {
  Talk talk;
  talk.say("U0alice", "ignore checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("no field that drifts"));
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0alice", "ignore checkout .spec.replica");
  EXPECT_THAT(talk.answers().back(), HasSubstr("`.spec.replica` does not drift"));
  EXPECT_THAT(talk.answers().back(), HasSubstr("`.spec.replicas` of `Deployment shop/checkout`"));
  talk.say("U0EVE", "ignore checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("I don't know who you are"));
  EXPECT_TRUE(talk.look<std::vector<Change>>([](storage::Transaction& tx) { return tx.changes({"", false, 10}); }).empty());
}

TEST(Conversation, AnIgnoreAndASyncDoNotWaitForEachOther) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0alice", "ignore checkout .spec.replicas for 7d because KEDA");
  talk.clock.advance(5s);
  talk.say("U0bob", "ignore checkout .spec.replicas");
  EXPECT_THAT(talk.answers().back(), HasSubstr("C-1 asks for the same"));
  talk.say("U0bob", "sync checkout");
  talk.clock.advance(5s);
  EXPECT_EQ(talk.change(2).verb, ChangeVerb::Sync);
  EXPECT_EQ(talk.change(2).state, ChangeState::Proposed) << talk.change(2).failure;
}

TEST(Conversation, OrphansAreReadAndTendedButNeverSynced) {
  Talk talk;
  talk.close();
  talk.config.clusters.front().orphans = {"shop"};
  talk.open();
  talk.clock.advance(2s);
  for (const auto* text : {"sync orphans-prod-eu-shop", "rollback orphans-prod-eu-shop to HEAD", "adopt orphans-prod-eu-shop", "ignore orphans-prod-eu-shop"}) {
    talk.say("U0alice", text);
    EXPECT_THAT(talk.answers().back(), HasSubstr("what no Git knows in namespace *shop*")) << text;
  }
  for (const auto* text : {"status orphans-prod-eu-shop", "diff orphans-prod-eu-shop", "why orphans-prod-eu-shop", "history orphans-prod-eu-shop", "ignores orphans-prod-eu-shop", "stats orphans-prod-eu-shop"}) {
    SCOPED_TRACE(text);
    const auto before = talk.answers().size();
    talk.say("U0alice", text);
    ASSERT_EQ(talk.answers().size(), before + 1);
    EXPECT_THAT(talk.answers().back(), testing::Not(HasSubstr(":x:")));
  }
}

TEST(Conversation, AGuestFromAnotherWorkspaceIsSentAway) {
  Talk talk;
  auto envelope = talk.mention("U0bob", "approve C-1");
  auto payload = *envelope.payload;
  payload["event"]["user_team"] = "T2";
  envelope.payload = std::make_shared<const nlohmann::json>(payload);
  EXPECT_TRUE(talk.accept(envelope));
  talk.clock.advance(2s);
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("another workspace"));
}

TEST(Conversation, EveryReadingCommandAnswersWithinSlacksLimits) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  for (const auto* text : {"help", "status", "status checkout", "apps", "diff checkout", "why checkout", "history checkout", "audit", "audit checkout", "whoami", "ignores", "ignores checkout", "ignore list", "stats", "stats checkout", "snyc checkout", "sync chekout", "",
                           "rollback checkout to nosuch"}) {
    SCOPED_TRACE(text);
    const auto before = talk.answers().size();
    talk.say("U0alice", text);
    ASSERT_EQ(talk.answers().size(), before + 1);
    EXPECT_THAT(test::block_kit_faults(talk.slack.with_key("reply:").back()->now()), IsEmpty());
  }
}

TEST(Conversation, ASlashCommandIsAnsweredToItsWriterOnly) {
  Talk talk;
  slack::Envelope envelope;
  envelope.envelope_id = "slash1";
  envelope.type = "slash_commands";
  envelope.payload = std::make_shared<const nlohmann::json>(
      nlohmann::json{{"team_id", "T1"}, {"user_id", "U0alice"}, {"channel_id", "C1"}, {"command", "/warden"}, {"text", "status"}, {"trigger_id", "t1"}});
  EXPECT_TRUE(talk.accept(envelope));
  talk.clock.advance(2s);
  ASSERT_EQ(talk.slack.posts(), 1U);
  EXPECT_EQ(talk.slack.messages.front().user, "U0alice");
}

}  // namespace
}  // namespace driftwarden
