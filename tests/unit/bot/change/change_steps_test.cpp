#include "bot/change/change_steps.hpp"

#include <gtest/gtest.h>

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

Approval yes(const PersonId& by, const Content& of) { return {by, of, {}, "chat"}; }

bool has(const ChangeStep& step, ChangeEffect effect) { return std::ranges::find(step.effects, effect) != step.effects.end(); }

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
  step = on_proposed(step.next, {"driftwarden/c-12", "base", kHead, "diff", 3, "http://forge/3"}, kNow);
  EXPECT_EQ(step.next.state, ChangeState::Proposed);
  EXPECT_TRUE(has(step, ChangeEffect::ShowCard));
  EXPECT_TRUE(has(step, ChangeEffect::PublishStatus));
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
  const auto step = on_proposed(draft, {"b", "base", kHead, "diff", 3, "u"}, kNow);
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
  auto step = on_content_moved(change, {"bbbb", "d2"}, "new diff", kNow);
  EXPECT_TRUE(counted_approvers(step.next).empty());
  EXPECT_EQ(step.next.state, ChangeState::Proposed);
  EXPECT_TRUE(has(step, ChangeEffect::ShowCard));
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
  for (const auto effect : {ChangeEffect::Propose, ChangeEffect::PublishStatus, ChangeEffect::Merge, ChangeEffect::Apply, ChangeEffect::Verify,
                            ChangeEffect::ClosePullRequest, ChangeEffect::ShowCard}) {
    EXPECT_EQ(change_effect_from(to_string(effect)), effect);
  }
  EXPECT_FALSE(change_effect_from("nonsense"));
}

}  // namespace
}  // namespace driftwarden
