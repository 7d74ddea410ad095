#include "bot/change/change_steps.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace driftwarden {
namespace {

const Content kHead{"aaaa", "d1"};
const Content kStale{"0000", "d0"};
const WallTime kNow{std::chrono::seconds{1'800'000'000}};

Change proposed(int need) {
  Change change;
  change.id = 12;
  change.app = "checkout";
  change.state = ChangeState::Proposed;
  change.requester = "ann";
  change.content = kHead;
  change.quorum.need = need;
  change.pull_request = 3;
  return change;
}

Approval yes(const PersonId& by, const Content& of, const std::string& via = "chat") { return {.by = by, .of = of, .at = {}, .via = via}; }

Proposal proposal(int need = 1) {
  Proposal made;
  made.branch = "driftwarden/c-12";
  made.base_sha = "base";
  made.content = kHead;
  made.diff = "diff";
  made.quorum.need = need;
  made.pull_request = 3;
  made.pull_request_url = "http://forge/3";
  return made;
}

bool has(const ChangeStep& step, ChangeEffect effect) { return std::ranges::find(step.effects, effect) != step.effects.end(); }

Change dear(int need) {
  auto change = proposed(need);
  change.quorum.extra = {1, {"fin", "fay"}, "212 EUR more a month"};
  return change;
}

Approval for_money(const PersonId& by) {
  auto made = yes(by, kHead);
  made.extra_only = true;
  return made;
}

TEST(Money, WantsSomebodyElseBesideTheRule) {
  auto change = on_approval(dear(1), yes("bob", kHead), kNow).next;
  EXPECT_EQ(change.state, ChangeState::Proposed);
  change = on_approval(change, yes("cy", kHead), kNow).next;
  EXPECT_EQ(change.state, ChangeState::Proposed) << "another one of the rule's";
  const auto step = on_approval(change, for_money("fin"), kNow);
  EXPECT_EQ(step.next.state, ChangeState::Approved);
  EXPECT_TRUE(has(step, ChangeEffect::Merge));
  EXPECT_NE(step.audit->detail.find("\"extra_only\":true"), std::string::npos);
}

TEST(Money, DoesNotFillTheRule) {
  auto change = on_approval(dear(1), for_money("fin"), kNow).next;
  change = on_approval(change, for_money("fay"), kNow).next;
  EXPECT_EQ(change.state, ChangeState::Proposed);
  EXPECT_FALSE(on_approval(change, for_money("fay"), kNow).refusal.empty()) << "nobody says yes twice";
}

TEST(Money, IsAskedWhereNobodyElseIs) {
  Change change;
  change.id = 12;
  change.requester = "ann";
  auto made = proposal(0);
  made.quorum.extra = {1, {"fin"}, "212 EUR more a month"};
  const auto step = on_proposed(change, made, kNow);
  EXPECT_EQ(step.next.state, ChangeState::Proposed);
  EXPECT_FALSE(has(step, ChangeEffect::Merge));
  EXPECT_EQ(on_approval(step.next, for_money("fin"), kNow).next.state, ChangeState::Approved);
}

TEST(Money, IsAskedOfWhatIsMergedOnTheForgeToo) {
  const auto change = on_approval(dear(1), yes("bob", kHead), kNow).next;
  EXPECT_EQ(on_merged_elsewhere(change, "cccc", true, true, kNow).next.state, ChangeState::Failed);
  const auto agreed = on_approval(on_approval(dear(1), for_money("fin"), kNow).next, yes("bob", kHead), kNow).next;
  EXPECT_EQ(on_merged_elsewhere(agreed, "cccc", true, true, kNow).next.state, ChangeState::Merged);
}

struct QuorumRow {
  std::string name;
  std::vector<Approval> given;
  bool approved;
  friend void PrintTo(const QuorumRow& row, std::ostream* out) { *out << row.name; }
};
class QuorumTable : public testing::TestWithParam<QuorumRow> {};

TEST_P(QuorumTable, Decides) {
  Change change = proposed(2);
  for (const auto& approval : GetParam().given) change = on_approval(change, approval, kNow).next;
  EXPECT_EQ(change.state == ChangeState::Approved, GetParam().approved);
}

INSTANTIATE_TEST_SUITE_P(TwoPeople, QuorumTable,
                         testing::Values(QuorumRow{"TwoOthersAreEnough", {yes("bob", kHead), yes("cy", kHead)}, true},
                                         QuorumRow{"OnePersonTwiceIsOne", {yes("bob", kHead), yes("bob", kHead)}, false},
                                         QuorumRow{"TheRequesterDoesNotCount", {yes("ann", kHead), yes("bob", kHead)}, false},
                                         QuorumRow{"YesToOlderContentIsNoYes", {yes("bob", kStale), yes("cy", kHead)}, false}),
                         [](const auto& row) { return row.param.name; });

TEST(ChangeSteps, WalksFromRequestToDone) {
  Change draft = proposed(1);
  draft.state = ChangeState::Requested;
  draft.content = {};
  auto step = on_requested(draft, kNow);
  EXPECT_EQ(step.effects, std::vector{ChangeEffect::Propose});
  EXPECT_EQ(step.audit->action, "change.requested");
  step = on_proposed(step.next, proposal(), kNow);
  EXPECT_EQ(step.next.state, ChangeState::Proposed);
  EXPECT_TRUE(has(step, ChangeEffect::ShowCard));
  EXPECT_TRUE(has(step, ChangeEffect::ShowOnForge));
  EXPECT_FALSE(has(step, ChangeEffect::Merge));
  step = on_approval(step.next, yes("bob", kHead), kNow);
  EXPECT_EQ(step.next.state, ChangeState::Approved);
  EXPECT_TRUE(has(step, ChangeEffect::Merge));
  EXPECT_EQ(step.audit->actor, "bob");
  step = on_merged(step.next, "merged", "driftwarden", true, kNow);
  EXPECT_TRUE(has(step, ChangeEffect::Apply));
  step = on_applied(step.next, 4, kNow);
  EXPECT_EQ(step.next.state, ChangeState::Verifying);
  EXPECT_TRUE(has(step, ChangeEffect::Verify));
  step = on_verified(step.next, kNow);
  EXPECT_EQ(step.next.state, ChangeState::Done);
}

TEST(ChangeSteps, WithoutAQuorumItGoesOnByItself) {
  Change draft = proposed(0);
  draft.state = ChangeState::Requested;
  const auto step = on_proposed(draft, proposal(0), kNow);
  EXPECT_EQ(step.next.state, ChangeState::Approved);
  EXPECT_TRUE(has(step, ChangeEffect::Merge));
}

TEST(ChangeSteps, ARefusedApprovalChangesNothingAndSaysWhy) {
  const auto change = proposed(1);
  const auto step = on_approval(change, yes("ann", kHead), kNow);
  EXPECT_EQ(step.next, change);
  EXPECT_TRUE(step.effects.empty());
  EXPECT_NE(step.refusal.find("somebody else"), std::string::npos);
}

TEST(ChangeSteps, MovedContentVoidsApprovals) {
  auto change = on_approval(proposed(2), yes("bob", kHead), kNow).next;
  auto moved = proposal(2);
  moved.content = {"bbbb", "d2"};
  moved.quorum.excluded = {"cy"};
  auto step = on_content_moved(change, moved, kNow);
  EXPECT_TRUE(counted_approvers(step.next).empty());
  EXPECT_EQ(step.next.state, ChangeState::Proposed);
  EXPECT_TRUE(has(step, ChangeEffect::ShowCard));
  EXPECT_NE(step.next.notes.front().find("bob"), std::string::npos) << "whose yes is void";
  EXPECT_FALSE(on_approval(step.next, yes("cy", moved.content), kNow).refusal.empty()) << "who pushed can't approve";
  EXPECT_FALSE(on_content_moved(step.next, moved, kNow).refusal.empty()) << "told once";
}

TEST(ChangeSteps, RejectingClosesThePullRequest) {
  const auto step = on_rejected(proposed(1), "bob", "too risky", kNow);
  EXPECT_EQ(step.next.state, ChangeState::Rejected);
  EXPECT_TRUE(has(step, ChangeEffect::ClosePullRequest));
  EXPECT_FALSE(on_rejected(step.next, "cy", "", kNow).refusal.empty());
}

TEST(ChangeSteps, NothingIsMergedTwice) {
  auto change = proposed(1);
  change.state = ChangeState::Verifying;
  EXPECT_TRUE(on_merged(change, "m", "driftwarden", true, kNow).effects.empty());
}

TEST(ChangeSteps, ExpiresOnlyWhenItsTimeHasCome) {
  auto change = proposed(1);
  change.expires_at = kNow + std::chrono::seconds{1};
  EXPECT_EQ(on_expired(change, kNow).next.state, ChangeState::Proposed);
  EXPECT_EQ(on_expired(change, kNow + std::chrono::seconds{1}).next.state, ChangeState::Expired);
}

TEST(ChangeSteps, AFailureAfterTheMergeLeavesThePullRequestAlone) {
  auto change = proposed(1);
  change.state = ChangeState::Verifying;
  change.merged_sha = "m";
  EXPECT_FALSE(has(on_failed(change, "not healthy", kNow), ChangeEffect::ClosePullRequest));
  EXPECT_TRUE(has(on_failed(proposed(1), "refused", kNow), ChangeEffect::ClosePullRequest));
}

TEST(ChangeSteps, EffectNamesRoundTrip) {
  for (const auto effect : {ChangeEffect::Propose, ChangeEffect::ShowOnForge, ChangeEffect::Merge, ChangeEffect::Apply, ChangeEffect::Verify,
                            ChangeEffect::ClosePullRequest, ChangeEffect::ShowCard, ChangeEffect::Remind, ChangeEffect::FollowUp}) {
    EXPECT_EQ(change_effect_from(to_string(effect)), effect);
  }
  EXPECT_FALSE(change_effect_from("nonsense"));
}

struct RefusedRow {
  std::string name;
  std::function<void(Change&, Approval&)> but;
  std::string why;
  friend void PrintTo(const RefusedRow& row, std::ostream* out) { *out << row.name; }
};
class RefusedApproval : public testing::TestWithParam<RefusedRow> {};

TEST_P(RefusedApproval, CountsForNothing) {
  auto change = proposed(1);
  change.expires_at = kNow + std::chrono::hours{1};
  auto approval = yes("bob", kHead);
  GetParam().but(change, approval);
  const auto step = on_approval(change, approval, kNow);
  EXPECT_EQ(step.next, change);
  EXPECT_TRUE(step.effects.empty());
  EXPECT_FALSE(step.audit);
  EXPECT_NE(step.refusal.find(GetParam().why), std::string::npos) << step.refusal;
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedApproval,
    testing::Values(RefusedRow{"TheRequesters", [](Change&, Approval& approval) { approval.by = "ann"; }, "somebody else"},
                    RefusedRow{"TheRequestersOnTheForge",
                               [](Change&, Approval& approval) {
                                 approval.by = "ann";
                                 approval.via = "forge";
                               },
                               "somebody else"},
                    RefusedRow{"AnAuthorsOfWhatItPutsInForce", [](Change& change, Approval&) { change.quorum.excluded = {"bob"}; }, "your own commits"},
                    RefusedRow{"OfAnotherHead", [](Change&, Approval& approval) { approval.of.head_sha = "0000"; }, "has moved"},
                    RefusedRow{"OfAnotherRendering", [](Change&, Approval& approval) { approval.of.diff_digest = "d0"; }, "has moved"},
                    RefusedRow{"OfNothing", [](Change&, Approval& approval) { approval.of = {}; }, "has moved"},
                    RefusedRow{"TooLate", [](Change& change, Approval&) { change.expires_at = kNow; }, "expired"},
                    RefusedRow{"TooEarly", [](Change& change, Approval&) { change.state = ChangeState::Requested; }, "no pull request yet"},
                    RefusedRow{"AfterItWasRejected", [](Change& change, Approval&) { change.state = ChangeState::Rejected; }, "rejected"},
                    RefusedRow{"AfterItWasDone", [](Change& change, Approval&) { change.state = ChangeState::Done; }, "done already"},
                    RefusedRow{"WithoutTheOneTimeCode", [](Change& change, Approval&) { change.quorum.step_up = StepUp::Totp; }, "one-time code"},
                    RefusedRow{"InChatWhereOnlyAReviewCounts",
                               [](Change& change, Approval& approval) {
                                 change.quorum.step_up = StepUp::Forge;
                                 approval.stepped_up = true;
                               },
                               "review of its pull request"},
                    RefusedRow{"Twice", [](Change& change, Approval&) { change.approvals = {yes("bob", kHead)}; }, "already"}),
    [](const auto& row) { return row.param.name; });

TEST(ChangeSteps, AStepUpIsACodeOrAReview) {
  auto change = proposed(2);
  change.quorum.step_up = StepUp::Totp;
  auto with_code = yes("bob", kHead);
  with_code.stepped_up = true;
  change = on_approval(change, with_code, kNow).next;
  change = on_approval(change, yes("cy", kHead, "forge"), kNow).next;
  EXPECT_EQ(change.state, ChangeState::Approved);
}

TEST(ChangeSteps, APolicyThatGrowsStricterForgetsTheWeakerYes) {
  auto change = on_approval(proposed(2), yes("bob", kHead), kNow).next;
  change.quorum.step_up = StepUp::Forge;
  EXPECT_TRUE(counted_approvers(change).empty());
}

TEST(ChangeSteps, ARestartHasNothingToMerge) {
  auto change = proposed(1);
  change.verb = ChangeVerb::Restart;
  auto step = on_approval(change, yes("bob", kHead), kNow);
  EXPECT_TRUE(has(step, ChangeEffect::Apply));
  EXPECT_FALSE(has(step, ChangeEffect::Merge));
  step = on_applied(step.next, 1, kNow);
  EXPECT_EQ(step.next.state, ChangeState::Verifying);
  EXPECT_FALSE(on_applied(step.next, 1, kNow).refusal.empty()) << "a second time";
}

TEST(ChangeSteps, OnlyWhatGitHasIsAppliedOtherwise) {
  auto change = proposed(1);
  change.state = ChangeState::Approved;
  EXPECT_FALSE(on_applied(change, 1, kNow).refusal.empty()) << "approved is not merged";
}

TEST(ChangeSteps, WhatMovedIsSaidWithWhoseYesIsVoid) {
  auto change = on_approval(proposed(1), yes("bob", kHead), kNow).next;
  ASSERT_EQ(change.state, ChangeState::Approved);
  auto step = on_base_moved(change, "apps/checkout (by dave: abc1234 hotfix) moved", kNow);
  EXPECT_EQ(step.next.state, ChangeState::Requested);
  EXPECT_TRUE(has(step, ChangeEffect::Propose));
  auto again = proposal();
  again.base_sha = "newer";
  again.content = {"bbbb", "d2"};
  step.next.base_sha = "base";
  step = on_proposed(step.next, again, kNow);
  EXPECT_EQ(step.next.state, ChangeState::Proposed) << "the old yes is not enough";
  ASSERT_FALSE(step.next.notes.empty());
  EXPECT_NE(step.next.notes.front().find("dave"), std::string::npos);
  EXPECT_NE(step.next.notes.front().find("bob"), std::string::npos);
  EXPECT_TRUE(step.next.waiting_for.empty());
}

TEST(ChangeSteps, WaitingIsToldOnceAndCanBeWithdrawnFrom) {
  auto change = proposed(1);
  change.state = ChangeState::Approved;
  EXPECT_FALSE(on_cancelled(change, "ann", "", kNow).refusal.empty()) << "it is being merged at this moment";
  auto step = on_waiting(change, "frozen: weekend", kNow);
  EXPECT_TRUE(has(step, ChangeEffect::ShowCard));
  EXPECT_FALSE(on_waiting(step.next, "frozen: weekend", kNow).refusal.empty());
  EXPECT_EQ(on_cancelled(step.next, "ann", "", kNow).next.state, ChangeState::Cancelled);
  EXPECT_EQ(on_merged(step.next, "m", "driftwarden", true, kNow).next.waiting_for, "");
}

TEST(ChangeSteps, RemindsOnceAtHalfTime) {
  auto change = proposed(1);
  change.requested_at = kNow;
  change.expires_at = kNow + std::chrono::hours{4};
  EXPECT_FALSE(wants_reminder(change, kNow + std::chrono::minutes{119}));
  ASSERT_TRUE(wants_reminder(change, kNow + std::chrono::hours{2}));
  const auto step = on_half_time(change, kNow + std::chrono::hours{2});
  EXPECT_TRUE(has(step, ChangeEffect::Remind));
  EXPECT_FALSE(wants_reminder(step.next, kNow + std::chrono::hours{3}));
  change.expires_at.reset();
  EXPECT_FALSE(wants_reminder(change, kNow + std::chrono::hours{9}));
}

TEST(ChangeSteps, OnlyABrokenGlassGoesPastGit) {
  auto change = proposed(1);
  change.state = ChangeState::Requested;
  EXPECT_FALSE(on_broken_glass(change, proposal(), kNow).refusal.empty());
  change.break_glass = "ann";
  const auto step = on_broken_glass(change, proposal(0), kNow);
  EXPECT_EQ(step.next.state, ChangeState::Merged);
  EXPECT_EQ(step.next.merged_sha, kHead.head_sha);
  EXPECT_EQ(step.audit->action, "change.break-glass");
  EXPECT_TRUE(has(step, ChangeEffect::FollowUp));
  const auto followed = on_followed_up(step.next, 13, kNow);
  EXPECT_FALSE(on_followed_up(followed.next, 13, kNow).refusal.empty());
}

TEST(ChangeSteps, WhatIsBeingMergedCanNotBeWithdrawn) {
  auto change = proposed(1);
  change.state = ChangeState::Approved;
  change.waiting_for = "frozen";
  EXPECT_FALSE(on_merging(change, kStale, kNow).refusal.empty()) << "other content than was looked at";
  const auto step = on_merging(change, kHead, kNow);
  EXPECT_TRUE(is_being_merged(step.next));
  EXPECT_FALSE(on_rejected(step.next, "bob", "", kNow).refusal.empty());
  EXPECT_FALSE(is_being_merged(on_waiting(step.next, "a check", kNow).next));
  auto rejected = on_rejected(change, "bob", "no", kNow).next;
  EXPECT_FALSE(on_merging(rejected, kHead, kNow).refusal.empty()) << "the no came first";
}

TEST(ChangeSteps, AnApprovalThatWaitsDoesNotWaitForEver) {
  auto change = proposed(1);
  change.requested_at = kNow;
  change.expires_at = kNow + std::chrono::hours{4};
  change = on_approval(change, yes("bob", kHead), kNow).next;
  EXPECT_FALSE(is_past_its_time(change, kNow + std::chrono::hours{100})) << "it is being merged";
  change.waiting_for = "frozen";
  EXPECT_FALSE(is_past_its_time(change, kNow + std::chrono::hours{23}));
  EXPECT_TRUE(is_past_its_time(change, kNow + std::chrono::hours{24}));
  EXPECT_EQ(on_expired(change, kNow + std::chrono::hours{24}).next.state, ChangeState::Expired);
}

TEST(ChangeSteps, WhatWasOvertakenIsNotApplied) {
  auto change = proposed(1);
  change.state = ChangeState::Merged;
  const auto step = on_overtaken(change, "apps/checkout", kNow);
  EXPECT_EQ(step.next.state, ChangeState::Superseded);
  EXPECT_FALSE(has(step, ChangeEffect::Apply));
  change.state = ChangeState::Verifying;
  EXPECT_FALSE(on_overtaken(change, "apps/checkout", kNow).refusal.empty());
  EXPECT_EQ(on_superseded(change, 13, kNow).next.failure, "superseded by C-13");
  change.state = ChangeState::Approved;
  EXPECT_FALSE(on_superseded(change, 13, kNow).refusal.empty());
}

TEST(ChangeSteps, AMendedGlassAsksForApprovals) {
  auto change = proposed(0);
  change.state = ChangeState::Approved;
  change.break_glass = "ann";
  const auto step = on_glass_mended(change, kNow);
  EXPECT_EQ(step.next.state, ChangeState::Requested);
  EXPECT_TRUE(step.next.break_glass.empty());
  EXPECT_TRUE(has(step, ChangeEffect::Propose));
  change.state = ChangeState::Merged;
  EXPECT_FALSE(on_glass_mended(change, kNow).refusal.empty());
}

}  // namespace
}  // namespace driftwarden
