// What keeps a Change waiting, and what must never let it pass.
#include "tests/unit/bot/change/walk.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Hold hold(World& world, HoldKind kind, HoldScope scope = {}, PersonId owner = "carol") {
  Hold made;
  made.kind = kind;
  made.scope = std::move(scope);
  made.owner = std::move(owner);
  made.reason = "incident 7";
  made.since = world.clock.wall_now();
  auto done = world.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(made, tx.add_hold(made));
    return Result<void>{};
  });
  EXPECT_TRUE(done);
  return made;
}

void end(World& world, Hold ended) {
  ended.ended_at = world.clock.wall_now();
  ended.ended_by = "carol";
  EXPECT_TRUE(world.transact([&](storage::Transaction& tx) { return tx.save_hold(ended); }));
}

struct Proposed : Drifted {
  explicit Proposed(Asked asked = {}) {
    EXPECT_TRUE(request(*this, std::move(asked)));
    EXPECT_TRUE(reaches(*this, ChangeState::Proposed)) << change().failure;
  }
  int replicas() const { return cluster->objects.begin()->second.at("spec").at("replicas"); }
};

TEST(Waits, AHaltStopsTheMergeUntilItIsLifted) {
  Proposed world;
  const auto halt = hold(world, HoldKind::Halt);
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(15min);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("halted"));
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_THAT(world.slack.with_key("change:1").front()->now().text, HasSubstr("halted"));
  end(world, halt);
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.replicas(), 2);
}

TEST(Waits, AHaltAfterTheMergeStopsTheApply) {
  Proposed world;
  world.forge_state.unreachable = true;
  ASSERT_TRUE(approve(world, "bob"));
  world.forge_state.unreachable = false;
  world.forge_state.merge_by_hand(1);
  const auto halt = hold(world, HoldKind::Halt);
  world.changes->nudge();
  world.clock.advance(30min);
  EXPECT_EQ(world.cluster->applies, 0);
  EXPECT_EQ(world.replicas(), 5);
  end(world, halt);
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.replicas(), 2);
}

TEST(Waits, AFreezeFromChatThatBeginsAfterTheApprovalIsRespected) {
  Proposed world;
  const auto freeze = hold(world, HoldKind::Freeze, {HoldScope::Kind::Environment, "prod"});
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(10min);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("frozen"));
  EXPECT_EQ(world.forge_state.merges, 0);
  end(world, freeze);
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(Waits, AFreezeThatEndsByItselfLetsItPass) {
  Proposed world;
  auto freeze = hold(world, HoldKind::Freeze);
  freeze.until = world.clock.wall_now() + 10min;
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) { return tx.save_hold(freeze); }));
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(9min);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
  world.clock.advance(3min);
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_THAT(world.audit_actions(), Contains("hold.freeze-ended"));
  EXPECT_THAT(world.look<std::vector<Hold>>([](storage::Transaction& tx) { return tx.open_holds(); }), IsEmpty());
}

TEST(Waits, TheForgesChecksAreWaitedForAndNamed) {
  Proposed world;
  world.forge_state.gate.waiting_for = {"check ci/build"};
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(15min);
  EXPECT_EQ(world.change().state, ChangeState::Approved) << world.change().failure;
  EXPECT_THAT(world.change().waiting_for, HasSubstr("check ci/build"));
  world.forge_state.gate = {};
  world.changes->nudge();
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(Waits, SomebodyWhoAsksForChangesOnTheForgeIsHeard) {
  Proposed world({.need = 1});
  ASSERT_EQ(world.forge_state.entries.size(), 1U);
  world.config.policy.approvals.front().from = {"alice", "bob", "carol"};
  world.forge_state.review(1, "bob", forge::ReviewState::ChangesRequested);
  auto stepping = world.changes->step(1, [&](Change change) {
    change.quorum.from = {"alice", "bob", "carol"};
    Approval approval;
    approval.by = "carol";
    approval.of = change.content;
    approval.via = "chat";
    return on_approval(std::move(change), approval, world.clock.wall_now());
  });
  ASSERT_TRUE(test::run(world.io, std::move(stepping)));
  world.clock.advance(1min);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("bob asks for changes"));
  world.forge_state.review(1, "bob", forge::ReviewState::Approved);
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(Waits, WhatWaitsCanBeWithdrawnAndIsThenNeverMerged) {
  Proposed world;
  const auto halt = hold(world, HoldKind::Halt);
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(1min);
  auto stepping = world.changes->step(1, [&](Change change) { return on_cancelled(std::move(change), "alice", "not now", world.clock.wall_now()); });
  ASSERT_TRUE(test::run(world.io, std::move(stepping)));
  end(world, halt);
  world.clock.advance(5min);
  EXPECT_EQ(world.change().state, ChangeState::Cancelled);
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_EQ(world.forge_state.find(1)->pull_request.state, forge::PullRequestState::Closed);
}

TEST(Waits, AMovedBaseIsMadeAgainAndAskedAgain) {
  Proposed world;
  world.forge_state.gate.waiting_for = {"check ci/build"};
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(1min);
  const auto seen = world.change().content;
  world.commit(4);
  world.forge_state.gate = {};
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  EXPECT_NE(world.change().content, seen);
  EXPECT_THAT(counted_approvers(world.change()), IsEmpty());
  EXPECT_THAT(world.change().notes.front(), HasSubstr("apps/checkout"));
  EXPECT_THAT(world.change().notes.front(), HasSubstr("bob"));
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_EQ(world.forge_state.entries.size(), 1U) << "the same pull request";
  EXPECT_THAT(approve(world, "bob", seen)->refusal, HasSubstr("has moved")) << "an old button";
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(Waits, ABotsReviewIsNoApproval) {
  Proposed world;
  world.forge_state.review(1, "bob", forge::ReviewState::Approved);
  world.forge_state.find(1)->reviews.back().by_bot = true;
  world.changes->nudge();
  world.clock.advance(2min);
  EXPECT_EQ(world.change().state, ChangeState::Proposed);
}

TEST(Waits, TheApproversAreRemindedOnceAtHalfTime) {
  Proposed world;
  world.clock.advance(1h + 58min);
  EXPECT_THAT(world.slack.with_key("reminder:1"), IsEmpty());
  world.clock.advance(3min);
  ASSERT_EQ(world.slack.with_key("reminder:1").size(), 1U);
  EXPECT_THAT(world.slack.with_key("reminder:1").front()->now().text, HasSubstr("<@U0bob>"));
  EXPECT_THAT(world.slack.with_key("reminder:1").front()->now().text, Not(HasSubstr("<@U0alice>"))) << "who asked can't approve";
  world.clock.advance(1h);
  EXPECT_EQ(world.slack.with_key("reminder:1").size(), 1U);
}

TEST(Waits, BehindABrokenGlassItGoesOnWithoutTheForgeAndIsAskedForAgain) {
  Drifted world;
  world.forge_state.unreachable = true;
  hold(world, HoldKind::BreakGlass, {HoldScope::Kind::App, "checkout"}, "alice");
  ASSERT_TRUE(request(world, {.break_glass = "alice"}));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.cluster->objects.begin()->second.at("spec").at("replicas"), 2);
  EXPECT_EQ(world.change().pull_request, 0);
  EXPECT_THAT(world.audit_actions(), Contains("change.break-glass"));
  world.clock.advance(20min);
  world.forge_state.unreachable = false;
  const auto all = [&] { return world.look<std::vector<Change>>([](storage::Transaction& tx) { return tx.changes({}); }); };
  ASSERT_TRUE(pass_until(world, [&] { return all().size() == 2 && all().front().state == ChangeState::Proposed; }));
  const auto again = all().front();
  EXPECT_THAT(again.reason, HasSubstr("follow-up of C-1"));
  EXPECT_EQ(again.break_glass, "") << "this one is reviewed";
  EXPECT_EQ(again.quorum.need, 1);
  EXPECT_EQ(world.forge_state.entries.size(), 1U);
  EXPECT_THAT(world.audit_actions(), Contains("change.followed-up"));
}

TEST(Waits, AGlassThatIsWholeAgainLetsNothingPass) {
  Drifted world;
  auto glass = hold(world, HoldKind::BreakGlass, {HoldScope::Kind::App, "checkout"}, "alice");
  const auto halt = hold(world, HoldKind::Halt);
  ASSERT_TRUE(request(world, {.break_glass = "alice"}));
  world.clock.advance(2min);
  end(world, glass);
  end(world, halt);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << to_string(world.change().state) << world.change().failure;
  EXPECT_EQ(world.change().break_glass, "");
  EXPECT_EQ(world.change().quorum.need, 1);
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_EQ(world.cluster->applies, 0);
}

TEST(Waits, WhatMovedOnAfterTheMergeIsNotUndoneByAStaleApply) {
  Proposed world;
  world.forge_state.unreachable = true;
  ASSERT_TRUE(approve(world, "bob"));
  world.forge_state.unreachable = false;
  world.forge_state.merge_by_hand(1);
  const auto halt = hold(world, HoldKind::Halt);
  world.changes->nudge();
  world.clock.advance(2min);
  world.commit(4);
  end(world, halt);
  ASSERT_TRUE(reaches(world, ChangeState::Superseded)) << to_string(world.change().state) << world.change().failure;
  EXPECT_EQ(world.cluster->applies, 0);
  EXPECT_THAT(world.change().failure, HasSubstr("apps/checkout"));
}

TEST(Waits, MergedPastUsWithAnotherHeadIsNotApplied) {
  Proposed world;
  world.forge_state.gate.waiting_for = {"check ci/build"};
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(1min);
  world.commit(9, "driftwarden/c-1-sync-checkout");
  world.forge_state.merge_by_hand(1);
  ASSERT_TRUE(reaches(world, ChangeState::Failed)) << to_string(world.change().state);
  EXPECT_EQ(world.cluster->applies, 0);
}

TEST(Waits, WhoPushedToTheBranchCannotApproveAndWhatTheyPushedIsShown) {
  Proposed world;
  world.config.people.push_back([] {
    Person ann;
    ann.name = "ann";
    ann.slack = "U0ann";
    ann.forge = "ann";
    ann.emails = {"ann@example.org"};
    return ann;
  }());
  world.config.policy.approvals.front().from = {"alice", "bob", "ann"};
  const auto seen = world.change().content;
  world.commit(9, "driftwarden/c-1-sync-checkout");
  world.changes->nudge();
  ASSERT_TRUE(pass_until(world, [&] { return world.change().content != seen; }));
  EXPECT_THAT(world.change().git_diff, HasSubstr("replicas: 9"));
  EXPECT_THAT(world.change().diff, HasSubstr("replicas: 9"));
  EXPECT_THAT(world.change().quorum.excluded, Contains("ann"));
  EXPECT_THAT(approve(world, "ann")->refusal, HasSubstr("your own commits"));
  EXPECT_EQ(world.change().quorum.need, 1) << "it is known who pushed";
}

TEST(Waits, WhoPushedFirstCannotApproveEither) {
  Proposed world;
  Person ann;
  ann.name = "ann";
  ann.slack = "U0ann";
  ann.forge = "ann";
  ann.emails = {"ann@example.org"};
  world.config.people.push_back(ann);
  world.config.policy.approvals.front().from = {"alice", "bob", "carol", "ann"};
  const std::string branch = "driftwarden/c-1-sync-checkout";
  const auto seen = world.change().content;
  world.commit(9, branch);
  world.changes->nudge();
  ASSERT_TRUE(pass_until(world, [&] { return world.change().content != seen; }));
  const auto first = world.change().content;
  const auto second = world.git(fmt::format("-c user.name=Bob -c user.email=bob@example.org commit-tree {0}^{{tree}} -p {0} -m Nothing", branch));
  world.git(fmt::format("update-ref refs/heads/{} {}", branch, second));
  world.changes->nudge();
  ASSERT_TRUE(pass_until(world, [&] { return world.change().content != first; }));
  EXPECT_THAT(world.change().quorum.excluded, testing::IsSupersetOf({"ann", "bob"}));
  EXPECT_THAT(approve(world, "ann")->refusal, HasSubstr("your own commits"));
  EXPECT_THAT(approve(world, "bob")->refusal, HasSubstr("your own commits"));
  EXPECT_EQ(approve(world, "carol")->refusal, "");
}

TEST(Waits, AReviewOfWhatDestroysMustNameTheApp) {
  Proposed world;
  auto stepping = world.changes->step(1, [](Change change) {
    ChangeStep step;
    step.next = std::move(change);
    step.next.quorum.typed_name = true;
    return step;
  });
  ASSERT_TRUE(test::run(world.io, std::move(stepping)));
  world.forge_state.review(1, "bob", forge::ReviewState::Approved, "looks good");
  world.changes->nudge();
  world.clock.advance(1min);
  EXPECT_EQ(world.change().state, ChangeState::Proposed);
  world.forge_state.review(1, "bob", forge::ReviewState::Approved, "yes, destroy parts of checkout");
  world.changes->nudge();
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(Waits, WithoutABrokenGlassAForgeThatIsAwayIsNoWayIn) {
  Drifted world;
  world.forge_state.unreachable = true;
  ASSERT_TRUE(request(world));
  world.clock.advance(5min);
  EXPECT_EQ(world.cluster->applies, 0);
  EXPECT_NE(world.change().state, ChangeState::Done);
  EXPECT_EQ(world.change().merged_sha, "");
}

TEST(Waits, ABrokenGlassEndsByItselfAndItsEditsAreProposed) {
  World world;
  world.start();
  world.clock.advance(1s);
  auto glass = hold(world, HoldKind::BreakGlass, {HoldScope::Kind::App, "checkout"}, "alice");
  glass.until = world.clock.wall_now() + 30min;
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) { return tx.save_hold(glass); }));
  world.scale_by_hand(7);
  world.clock.advance(29min);
  EXPECT_THAT(world.look<std::vector<Change>>([](storage::Transaction& tx) { return tx.changes({}); }), IsEmpty());
  world.clock.advance(2min);
  ASSERT_TRUE(pass_until(world, [&] { return !world.look<std::vector<Change>>([](storage::Transaction& tx) { return tx.changes({}); }).empty(); }));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_EQ(world.change().verb, ChangeVerb::Adopt);
  EXPECT_EQ(world.change().requester, "alice");
  EXPECT_THAT(world.change().reason, HasSubstr("incident 7"));
  EXPECT_GE(world.change().quorum.need, 1) << "the follow-up is reviewed";
}

TEST(Waits, TheForgeIsToldByOneStatusAndOneComment) {
  Proposed world({.need = 1});
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  world.clock.advance(10s);
  const auto& entry = world.forge_state.entries.front();
  ASSERT_EQ(entry.comments.size(), 1U);
  EXPECT_THAT(entry.comments.front().body, HasSubstr("bob"));
  EXPECT_EQ(world.forge_state.statuses.front().second.state, forge::StatusState::Pending);
  EXPECT_EQ(world.forge_state.statuses.back().second.state, forge::StatusState::Success);
  EXPECT_THAT(entry.reviewers, testing::ElementsAre("bob")) << "alice asked for it";
}

}  // namespace
}  // namespace driftwarden
