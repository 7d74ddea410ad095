// The walk of a Change with everything real but Slack, forge and cluster.
#include "tests/unit/bot/change/walk.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Changes, WalkFromRequestToDone) {
  Drifted world;
  ASSERT_EQ(world.fleet->report("checkout").state, AppState::OutOfSync);
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_EQ(world.forge_state.entries.size(), 1U);
  const auto& entry = world.forge_state.entries.front();
  EXPECT_EQ(entry.pull_request.head_sha, world.change().content.head_sha);
  EXPECT_THAT(entry.body, HasSubstr("replicas: 5"));
  EXPECT_EQ(world.forge_state.statuses.back().second.state, forge::StatusState::Pending);
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.forge_state.merges, 1);
  EXPECT_EQ(world.forge_state.statuses.back().second.state, forge::StatusState::Success);
  EXPECT_EQ(world.cluster->objects.begin()->second.at("spec").at("replicas"), 2);
  const auto cards = world.slack.with_key("change:1");
  ASSERT_EQ(cards.size(), 1U);
  EXPECT_THAT(cards.front()->now().text, HasSubstr("in sync and healthy"));
  for (const auto* action : {"change.requested", "change.proposed", "change.approved", "change.merged", "change.applied", "change.done"}) {
    EXPECT_THAT(world.audit_actions(), Contains(action));
  }
  EXPECT_THAT(world.git("log -1 --format=%B " + world.change().content.head_sha), HasSubstr("Requested-by: alice\nDriftwarden-Change: C-1\nDriftwarden-Audit: "));
  world.clock.advance(1min);
  EXPECT_EQ(world.incidents_of("checkout").front().state, IncidentState::Resolved);
  EXPECT_EQ(world.incidents_of("checkout").front().resolved_by, "C-1 by alice");
}

TEST(Changes, AnAnswerOfTheForgeThatGetsLostIsNoSecondPullRequestNorMerge) {
  Drifted world;
  world.forge_state.lose_next_answer = true;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.forge_state.lose_next_answer = true;
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.forge_state.entries.size(), 1U);
  EXPECT_EQ(world.forge_state.merges, 1);
}

TEST(Changes, MergedOnTheForgeIsMerged) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.forge_state.find(1)->reviews = {{"bob", forge::ReviewState::Approved, world.change().content.head_sha, false}};
  world.forge_state.merge_by_hand(1);
  world.changes->nudge();
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.forge_state.merges, 1);
}

TEST(Changes, MergedOnTheForgePastTheApprovalsIsNotApplied) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.forge_state.merge_by_hand(1);
  world.changes->nudge();
  ASSERT_TRUE(reaches(world, ChangeState::Failed));
  EXPECT_THAT(world.change().failure, HasSubstr("without the approvals"));
  EXPECT_EQ(world.cluster->objects.begin()->second.at("spec").at("replicas"), 5) << "live is as the edit left it";
}

TEST(Changes, AReviewThatWasTakenBackDoesNotCount) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  const auto head = world.change().content.head_sha;
  world.forge_state.find(1)->reviews = {{"bob", forge::ReviewState::Approved, head, false}, {"bob", forge::ReviewState::ChangesRequested, head, false}};
  world.changes->nudge();
  world.clock.advance(2min);
  EXPECT_EQ(world.change().state, ChangeState::Proposed);
}

TEST(Changes, ClosedOnTheForgeIsCancelled) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.forge_state.find(1)->pull_request.state = forge::PullRequestState::Closed;
  world.changes->nudge();
  ASSERT_TRUE(reaches(world, ChangeState::Cancelled));
}

TEST(Changes, AReviewOnTheForgeCountsUnlessItIsTheRequesters) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  auto& reviews = world.forge_state.find(1)->reviews;
  const auto head = world.change().content.head_sha;
  reviews = {{"alice", forge::ReviewState::Approved, head, false}, {"mallory", forge::ReviewState::Approved, head, false}, {"carol", forge::ReviewState::Approved, head, false},
             {"bob", forge::ReviewState::Approved, "0000", false}, {"bob", forge::ReviewState::Approved, head, true}, {"bob", forge::ReviewState::Commented, head, false}};
  world.clock.advance(2min);
  EXPECT_EQ(world.change().state, ChangeState::Proposed);
  reviews.push_back({"bob", forge::ReviewState::Approved, head, false});
  world.changes->nudge();
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.change().approvals.front().via, "forge");
}

TEST(Changes, AGuestsReviewOnTheForgeDoesNotCount) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.forge_state.find(1)->reviews = {{"bob", forge::ReviewState::Approved, world.change().content.head_sha, false}};
  for (const auto* id : {"U0bob", "?"}) {
    world.outsiders = {id};
    world.changes->nudge();
    world.clock.advance(2min);
    EXPECT_EQ(world.change().state, ChangeState::Proposed) << id;
    EXPECT_TRUE(world.change().approvals.empty()) << id;
  }
  world.outsiders.clear();
  world.changes->nudge();
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(Changes, AForgeThatIsAwayIsWaitedFor) {
  Drifted world;
  world.forge_state.unreachable = true;
  ASSERT_TRUE(request(world));
  world.clock.advance(20s);
  EXPECT_EQ(world.change().state, ChangeState::Requested);
  world.forge_state.unreachable = false;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.forge_state.unreachable = true;
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(20s);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
  world.forge_state.unreachable = false;
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(Changes, TheHeadMovesOnBetweenTwoTriesOfAProposal) {
  Drifted world;
  world.forge_state.unreachable = true;
  ASSERT_TRUE(request(world));
  world.clock.advance(2s);
  ASSERT_FALSE(world.git("rev-parse driftwarden/c-1-sync-checkout").empty()) << "the branch is there, the pull request is not";
  world.git("update-ref refs/heads/main $(git -C " + world.remote() + " -c user.name=x -c user.email=x@y commit-tree main^{tree} -p main -m other)");
  world.forge_state.unreachable = false;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_EQ(world.git("rev-parse driftwarden/c-1-sync-checkout^"), world.git("rev-parse main"));
}

TEST(Changes, AHeadThatMovedOnTheForgeVoidsApprovals) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  const auto seen = world.change().content;
  world.commit(9, "driftwarden/c-1-sync-checkout");
  world.changes->nudge();
  ASSERT_TRUE(pass_until(world, [&] { return world.change().content != seen; }));
  EXPECT_EQ(world.change().state, ChangeState::Proposed);
  EXPECT_THAT(approve(world, "bob", seen)->refusal, HasSubstr("has moved"));
}

TEST(Changes, AHeadThatMovedAfterTheApprovalIsNotMerged) {
  Drifted world;
  world.config.policy.approvals.front().need = 1;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.commit(9, "driftwarden/c-1-sync-checkout");
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(5s);
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_EQ(world.change().state, ChangeState::Proposed) << world.change().failure;
  EXPECT_THAT(counted_approvers(world.change()), IsEmpty());
}

TEST(Changes, AQuorumOfNobodyGoesOnByItself) {
  Drifted world;
  ASSERT_TRUE(request(world, {.need = 0}));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.forge_state.merges, 1);
}

TEST(Changes, AnAdoptionBringsTheEditIntoGit) {
  Drifted world;
  ASSERT_TRUE(request(world, {.verb = ChangeVerb::Adopt}));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.git("show main:apps/checkout/deployment.yaml") + "\n", test::deployment_yaml(5));
  EXPECT_EQ(world.cluster->objects.begin()->second.at("spec").at("replicas"), 5);
}

TEST(Changes, NobodyDecidesInTime) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.clock.advance(4h);
  EXPECT_THAT(approve(world, "bob")->refusal, testing::AnyOf(HasSubstr("expired"), HasSubstr("Expired")));
  ASSERT_TRUE(reaches(world, ChangeState::Expired));
  world.clock.advance(5s);
  EXPECT_EQ(world.forge_state.find(1)->pull_request.state, forge::PullRequestState::Closed);
}

TEST(Changes, WithoutAForgeTheApprovedCommitIsPushed) {
  World world;
  world.with_forge = false;
  world.start();
  world.scale_by_hand(5);
  world.clock.advance(1s);
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.git("rev-parse main^2"), world.change().content.head_sha);
  EXPECT_THAT(world.git("log -1 --format=%B main"), HasSubstr("Approved-by: bob"));
}

TEST(Changes, WhatIsAppliedButNeverGetsHealthyFailsAndSaysWhy) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.live->stuck = true;
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Verifying));
  world.clock.advance(9min);
  EXPECT_EQ(world.change().state, ChangeState::Verifying);
  world.clock.advance(2min);
  EXPECT_EQ(world.change().state, ChangeState::Failed);
  EXPECT_THAT(world.change().failure, HasSubstr("it was applied, but after 10 min it is still"));
}

TEST(Changes, AMergedChangeHoldsTheAlertStill) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done));
  world.clock.advance(1min);
  EXPECT_EQ(world.slack.with_key("incident:").size(), 1U) << "its own commit is no new drift";
  EXPECT_EQ(world.incidents_of("checkout").size(), 1U);
}

TEST(Changes, WordsThatReachNobodyAreToldToTheAdmins) {
  Drifted world;
  world.slack.next_failures.push_back({ErrorKind::Denied, "chat.postMessage: is_archived"});
  ASSERT_TRUE(request(world));
  world.clock.advance(5s);
  const auto notices = world.slack.with_key("undelivered:");
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices.front()->at.channel, "Cdriftwarden");
  EXPECT_THAT(notices.front()->now().text, HasSubstr("is_archived"));
}

const char* const kReplicas = R"({"paths":[{"group":"apps","kind":"Deployment","namespace":"shop","name":"checkout","path":".spec.replicas"}],"until":"2100-01-01T00:00:00Z"})";

/// An Ignore Change of alice's, as the command makes it.
Result<void> request_ignore(World& world) {
  const auto now = world.clock.wall_now();
  auto done = world.transact([&](storage::Transaction& tx) -> Result<void> {
    Change draft;
    draft.app = "checkout";
    draft.verb = ChangeVerb::Ignore;
    draft.requester = "alice";
    draft.reason = "scaled by KEDA";
    draft.argument = kReplicas;
    draft.quorum = {1, {"alice", "bob"}};
    draft.channel = "Cshop-prod";
    TRY(draft, tx.add_change(std::move(draft)));
    auto committed = commit_step(tx, on_requested(std::move(draft), now), now);
    if (!committed) return committed.error();
    return Result<void>{};
  });
  world.outbox->wake();
  return done;
}

TEST(Ignore, IsAReviewedFileInGitAndTouchesNoCluster) {
  Drifted world;
  ASSERT_TRUE(request_ignore(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_EQ(world.change().diff, "") << "no cluster gets anything";
  EXPECT_THAT(world.change().git_diff, HasSubstr("+"));
  EXPECT_THAT(world.change().git_diff, HasSubstr(".spec.replicas"));
  EXPECT_THAT(world.forge_state.entries.front().body, HasSubstr(".driftwarden/ignore/checkout.yaml"));
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  const auto file = world.git("show main:.driftwarden/ignore/checkout.yaml");
  for (const auto* word : {"Deployment", "checkout", ".spec.replicas", "alice", "scaled by KEDA", "2100-01-01"}) EXPECT_THAT(file, HasSubstr(word));
  EXPECT_EQ(world.cluster->applies, 0);
  EXPECT_EQ(world.cluster->objects.begin()->second.at("spec").at("replicas"), 5) << "live is as it was";
  world.clock.advance(1min);
  EXPECT_EQ(world.fleet->report("checkout").state, AppState::Synced);
  EXPECT_EQ(world.incidents_of("checkout").front().state, IncidentState::Resolved);
  EXPECT_EQ(world.incidents_of("checkout").front().resolved_by, "ignored since C-1 by alice");
}

TEST(Ignore, LeavesWhatASyncAppliesAloneWhereItSays) {
  Drifted world;
  auto object = test::live_deployment(5);
  object["metadata"]["labels"] = {{"oncall", "carol"}};
  object["metadata"]["managedFields"] = nlohmann::json::parse(R"([{"manager":"kubectl-label","operation":"Update","apiVersion":"apps/v1","fieldsType":"FieldsV1",
    "fieldsV1":{"f:metadata":{"f:labels":{"f:oncall":{}}}}}])");
  world.live->put(object);
  ASSERT_TRUE(request_ignore(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.fleet->report("checkout").state, AppState::OutOfSync) << "the label is none of its business";
}

TEST(Ignore, AFileThatSomebodyBrokeIsNotWrittenOver) {
  Drifted world;
  const auto file = (world.directory.path / "ignore.yaml").string();
  std::ofstream(file) << "ignore:\n  - pathes: [.spec]\n";
  world.git(fmt::format("update-ref refs/heads/main $(cd {0} && export GIT_INDEX_FILE={1} && git read-tree main && git update-index --add --cacheinfo "
                        "100644,$(git hash-object -w {2}),.driftwarden/ignore/checkout.yaml && git -c user.name=x -c user.email=x@y commit-tree $(git write-tree) -p main -m broken)",
                        world.remote(), (world.directory.path / "index4").string(), file));
  ASSERT_TRUE(request_ignore(world));
  ASSERT_TRUE(reaches(world, ChangeState::Failed));
  EXPECT_THAT(world.change().failure, HasSubstr("mistake"));
  EXPECT_THAT(world.git("show main:.driftwarden/ignore/checkout.yaml"), HasSubstr("pathes"));
}

}  // namespace
}  // namespace driftwarden
