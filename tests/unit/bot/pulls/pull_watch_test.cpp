#include "tests/support/fakes/gates.hpp"
#include "tests/unit/bot/pulls/watching.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::WatchedStore;
using test::Watching;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(PullWatch, SaysOnceWhatAPullRequestWouldDo) {
  Watching world;
  world.open(5);
  world.clock.advance(31s);
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("replicas: 5"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("Live is what the base says"));
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.message_now(), HasSubstr("More replicas"));
  world.clock.advance(10min);
  world.look();
  EXPECT_THAT(world.comments(), SizeIs(1));
  EXPECT_EQ(world.forge_state.find(1)->edits, 0);
  EXPECT_THAT(world.slack.with_key("pull:").front()->versions, SizeIs(1));
}

std::vector<forge::CommitStatus> gate_statuses(const Watching& world) {
  std::vector<forge::CommitStatus> told;
  for (const auto& [sha, status] : world.forge_state.statuses) {
    if (status.context == "driftwarden/gates") told.push_back(status);
  }
  return told;
}

TEST(PullWatch, TheGatesJudgeItAndTheForgeIsTold) {
  Watching world;
  test::FakeGates gates;
  gates.find("built-in", "privileged", "Deployment shop/checkout");
  world.config.gates.owners = {"carol"};
  world.end();
  world.gates = &gates;
  world.begin();
  world.open(5);
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("built-in/privileged"));
  ASSERT_THAT(gate_statuses(world), SizeIs(1));
  EXPECT_EQ(gate_statuses(world)[0].state, forge::StatusState::Failure);
  EXPECT_EQ(gate_statuses(world)[0].description, "checkout: built-in/privileged");
  ASSERT_THAT(gates.shown, SizeIs(1));
  Waiver waiver;
  waiver.app = "checkout";
  waiver.gate = "built-in";
  waiver.rule = "privileged";
  waiver.owner = "carol";
  waiver.reason = "vendor";
  waiver.since = world.clock.wall_now();
  waiver.until = waiver.since + 10min;
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    auto added = tx.add_waiver(waiver);
    if (!added) return added.error();
    return Result<void>{};
  }));
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(2));
  EXPECT_EQ(gate_statuses(world)[1].state, forge::StatusState::Success);
  EXPECT_THAT(world.comments().front().body, HasSubstr("let pass by **carol**"));
  world.config.gates.owners = {"bob"};
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(3));
  EXPECT_EQ(gate_statuses(world)[2].state, forge::StatusState::Failure) << "carol owns the gate no more";
  EXPECT_THAT(world.comments().front().body, HasSubstr("doesn't count: carol isn't an owner of that gate any more"));
  world.config.gates.owners = {"carol"};
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(4));
  world.clock.advance(11min);
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(5));
  EXPECT_EQ(gate_statuses(world)[4].state, forge::StatusState::Failure) << "its time is up";
  EXPECT_THAT(gates.shown, SizeIs(1)) << "what it would make of the App is the same";
  world.end();
  world.gates = nullptr;
  world.begin();
}

TEST(PullWatch, AGateThatGaveNoAnswerIsAskedAgain) {
  Watching world;
  test::FakeGates gates;
  gates.answer.push_back({.gate = "policy", .trouble = "it took too long"});
  world.end();
  world.gates = &gates;
  world.begin();
  world.open(5);
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(1));
  EXPECT_EQ(gate_statuses(world)[0].state, forge::StatusState::Failure);
  world.clock.advance(5min);
  EXPECT_THAT(gates.shown, SizeIs(1)) << "but not all the time";
  gates.answer.clear();
  world.clock.advance(6min);
  EXPECT_THAT(gates.shown, SizeIs(2));
  ASSERT_THAT(gate_statuses(world), SizeIs(2));
  EXPECT_EQ(gate_statuses(world)[1].state, forge::StatusState::Success);
  world.end();
  world.gates = nullptr;
  world.begin();
}

TEST(PullWatch, ASlowRepositoryKeepsNoOtherWaiting) {
  Watching world;
  world.end();
  world.pricing_takes = 10min;
  world.config.apps.push_back(test::planned_app());
  world.config.cost.infracost = InfracostConfig{};
  auto other = world.config.repositories.front();
  other.name = "other";
  world.config.repositories.push_back(other);
  auto search = world.config.apps.front();
  search.name = "search";
  search.repository = "other";
  search.path = "apps/search";
  world.config.apps.push_back(search);
  world.put("main", "live/network/main.tf", "a\n");
  world.put("main", "apps/search/cm.yaml", Watching::config_map(1, "1"));
  (void)world.git("branch -f topic main");
  world.put("topic", "live/network/main.tf", "b\n");
  world.point(world.forge_state.open_by_hand("bob", "topic", "A larger machine"), "topic");
  test::FakeForge others;
  others.head_of = world.forge_state.head_of;
  world.other_forge = &others;
  world.begin();
  world.look();
  ASSERT_THAT(world.priced, SizeIs(1)) << "its price is waited for";
  (void)world.git("branch -f quick main");
  world.put("quick", "apps/search/cm.yaml", Watching::config_map(1, "2"));
  (void)others.open_by_hand("bob", "quick", "Another value");
  others.find(1)->pull_request.head_ref.clear();
  world.look();
  EXPECT_THAT(world.comments(), IsEmpty());
  ASSERT_THAT(others.find(1)->comments, SizeIs(1));
  world.put("quick", "apps/search/cm.yaml", Watching::config_map(1, "3"));
  world.clock.advance(31s);
  EXPECT_EQ(others.find(1)->edits, 1) << "on its own beat";
  EXPECT_THAT(world.comments(), IsEmpty());
  world.clock.advance(60s);
  EXPECT_THAT(world.comments(), SizeIs(1));
  world.end();
  world.other_forge = nullptr;
  world.begin();
}

TEST(PullWatch, ANewHeadEditsBoth) {
  Watching world;
  world.open(5);
  world.look();
  (void)world.commit(7, "topic");
  world.point(1, "topic");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("replicas: 7"));
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.slack.with_key("pull:").front()->versions, SizeIs(2));
}

TEST(PullWatch, LiveThatDriftsIsSaid) {
  Watching world;
  world.open(5);
  world.look();
  world.scale_by_hand(9);
  world.clock.advance(5s);
  world.look();
  EXPECT_THAT(world.comments().front().body, HasSubstr("-  replicas: 9"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("as it is now"));
}

TEST(PullWatch, OursAndThoseThatTouchNoAppGetNothing) {
  Watching world;
  world.open(5, "driftwarden/c-1-sync");
  ASSERT_TRUE(world.transact([](storage::Transaction& tx) -> Result<void> {
    Change ours;
    ours.app = "checkout";
    ours.branch = "driftwarden/c-1-sync";
    TRY(const auto added, tx.add_change(ours));
    return added.id == 1 ? Result<void>{} : Result<void>(Error{ErrorKind::Corrupt, "not the first"});
  }));
  world.open(6, "mine", "driftwarden");
  (void)world.git("branch empty main");
  const auto empty = world.forge_state.open_by_hand("bob", "empty", "Nothing");
  world.point(empty, "empty");
  world.look();
  for (const auto& entry : world.forge_state.entries) EXPECT_THAT(entry.comments, IsEmpty()) << entry.pull_request.branch;
  EXPECT_THAT(world.slack.with_key("pull:"), IsEmpty());
}

TEST(PullWatch, ABranchThatIsOnlyNamedAsOursIsLookedAt) {
  Watching world;
  world.open(5, "driftwarden/x");
  world.look();
  EXPECT_THAT(world.comments(), SizeIs(1));
}

TEST(PullWatch, BeyondThirtyAppsTheOthersAreNamed) {
  Watching world(33);
  world.open_wide(33);
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("34 Apps"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("and 4 more Apps, not rendered here: more-29, more-30, more-31, more-32"));
  EXPECT_THAT(world.slack.with_key("pull:"), SizeIs(5)) << "a channel each would be a flood";
}

TEST(PullWatch, OnlyWhatMovedIsRenderedAgain) {
  Watching world(2);
  world.open_wide(2);
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  const auto renders = world.fleet->renders();
  world.scale_by_hand(9);
  world.clock.advance(5s);
  world.look();
  EXPECT_THAT(world.comments().front().body, HasSubstr("-  replicas: 9"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("more-01"));
  EXPECT_EQ(world.fleet->renders() - renders, 2U) << "checkout's head and base";
}

TEST(PullWatch, AForksIsSaidInOneChannelOnly) {
  Watching world(2);
  world.open_wide(2);
  world.forge_state.find(1)->pull_request.from_fork = true;
  world.look();
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.message_now(), HasSubstr("*more-01*")) << "there all of it is said";
}

TEST(PullWatch, OneOfAnUnknownAuthorIsSaidInOneChannelOnly) {
  Watching world(2);
  world.open_wide(2);
  world.forge_state.find(1)->pull_request.author = "mallory";
  world.look();
  EXPECT_THAT(world.slack.with_key("pull:"), SizeIs(1));
}

TEST(PullWatch, OneBeyondAFullListIsAskedForSeldom) {
  Watching world;
  world.open(5);
  world.look();
  // They have no branch: that needs no git to be told, 200 times a round.
  world.forge_state.head_of = [ask = world.forge_state.head_of](const std::string& branch) { return branch.starts_with("no-branch-") ? std::string() : ask(branch); };
  for (int i = 0; i < 200; ++i) (void)world.forge_state.open_by_hand("bob", fmt::format("no-branch-{}", i), "Another");
  world.forge_state.listed_at_most = 200;
  const auto before = world.forge_state.gets;
  for (int i = 0; i < 20; ++i) world.clock.advance(31s);
  EXPECT_EQ(world.forge_state.gets - before, 1);
  world.clock.advance(25min);
  EXPECT_EQ(world.forge_state.gets - before, 2);
  world.forge_state.find(1)->pull_request.state = forge::PullRequestState::Closed;
  world.clock.advance(31min);
  EXPECT_THAT(world.message_now(), HasSubstr("closed without a merge"));
}

TEST(PullWatch, AMergedOneGetsALastEdit) {
  Watching world;
  world.open(5);
  world.look();
  world.forge_state.merge_by_hand(1);
  world.look();
  EXPECT_THAT(world.message_now(), HasSubstr("is merged"));
  const auto versions = world.slack.with_key("pull:").front()->versions.size();
  world.clock.advance(5min);
  EXPECT_EQ(world.slack.with_key("pull:").front()->versions.size(), versions);
}

TEST(PullWatch, AClosedOneGetsALastEditAfterARestartToo) {
  Watching world;
  world.open(5);
  world.look();
  world.forge_state.find(1)->pull_request.state = forge::PullRequestState::Closed;
  world.again();
  world.look();
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.message_now(), HasSubstr("closed without a merge"));
}

TEST(PullWatch, ARestartSaysNothingTwice) {
  Watching world;
  world.open(5);
  world.look();
  world.again();
  world.look();
  EXPECT_THAT(world.comments(), SizeIs(1));
  EXPECT_EQ(world.forge_state.find(1)->edits, 0);
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.slack.with_key("pull:").front()->versions, SizeIs(1));
}

TEST(PullWatch, ACrashAtAnyWriteLosesAndDoublesNothing) {
  for (const auto when : {WatchedStore::Crash::BeforeCommit, WatchedStore::Crash::AfterCommit}) {
    bool crashed = true;
    for (int n = 1; crashed && n < 30; ++n) {
      SCOPED_TRACE(n);
      Watching world;
      world.open(5);
      world.store.crash_at(n, when);
      for (int i = 0; i < 20; ++i) {
        world.look();
        if (world.store.crashed()) world.again();
      }
      crashed = world.store.ever_crashed();
      ASSERT_THAT(world.comments(), SizeIs(1));
      EXPECT_EQ(world.forge_state.find(1)->edits, 0);
      ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
    }
    EXPECT_FALSE(crashed) << "every write was tried";
  }
}

TEST(PullWatch, AnAnswerThatIsLostDoublesNothing) {
  Watching world;
  world.forge_state.lose_next_answer = true;
  world.slack.lose_next_answer = true;
  world.open(5);
  world.look();
  world.clock.advance(5min);
  EXPECT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.slack.with_key("pull:"), SizeIs(1));
}

TEST(PullWatch, WhatCannotBeRenderedIsSaid) {
  Watching world;
  (void)world.git("branch broken main");
  const auto tree = test::run_shell("cd " + world.remote() + " && export GIT_INDEX_FILE=" + (world.directory.path / "broken").string() +
                                    " && git read-tree main && git update-index --add --cacheinfo 100644,$(printf 'kind: [' | git hash-object -w --stdin),apps/checkout/deployment.yaml && git write-tree");
  const auto sha = world.git("-c user.name=Ann -c user.email=ann@example.org commit-tree " + tree + " -p main -m Broken");
  (void)world.git("update-ref refs/heads/broken " + sha);
  world.point(world.forge_state.open_by_hand("bob", "broken", "Broken"), "broken");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("can't be rendered"));
}

TEST(PullWatch, ASecretsValueIsNeverShown) {
  Watching world;
  (void)world.git("branch secret main");
  const auto file = (world.directory.path / "secret.yaml").string();
  std::ofstream(file) << "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: shop}\nstringData: {password: hunter2hunter2}\n";
  const auto tree = test::run_shell("cd " + world.remote() + " && export GIT_INDEX_FILE=" + (world.directory.path / "secret").string() +
                                    " && git read-tree main && git update-index --add --cacheinfo 100644,$(git hash-object -w " + file + "),apps/checkout/secret.yaml && git write-tree");
  (void)world.git("update-ref refs/heads/secret " + world.git("-c user.name=Ann -c user.email=ann@example.org commit-tree " + tree + " -p main -m Secret"));
  world.point(world.forge_state.open_by_hand("bob", "secret", "A key"), "secret");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("Secret shop/key"));
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("hunter2")));
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("aHVudGVyMmh1bnRlcjI")));
  EXPECT_THAT(world.comments().front().body, HasSubstr("risk **high**"));
  EXPECT_THAT(world.message_now(), Not(HasSubstr("hunter2")));
}

TEST(PullWatch, AForkIsRenderedWhereNoToolIsNeeded) {
  Watching world;
  world.open(5);
  world.forge_state.find(1)->pull_request.from_fork = true;
  world.look();
  EXPECT_THAT(world.comments().front().body, HasSubstr("replicas: 5"));
}

TEST(PullWatch, WhatItSaysOfAFailureQuotesNoValue) {
  Watching world;
  const auto tree = test::run_shell("cd " + world.remote() + " && export GIT_INDEX_FILE=" + (world.directory.path / "broken").string() +
                                    " && git read-tree main && git update-index --add --cacheinfo 100644,$(printf 'kind: [' | git hash-object -w --stdin),"
                                    "'apps/checkout/a Invalid value: \"hunter2\": b.yaml' && git write-tree");
  (void)world.git("update-ref refs/heads/broken " + world.git("-c user.name=Ann -c user.email=ann@example.org commit-tree " + tree + " -p main -m Broken"));
  world.point(world.forge_state.open_by_hand("bob", "broken", "Broken"), "broken");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("can't be rendered"));
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("hunter2")));
}

TEST(PullWatch, AnExceptionEndsNeitherTheRoundNorIsTriedAgainAtOnce) {
  Watching world;
  world.open(5);
  const auto head_of = world.forge_state.head_of;
  int asked = 0;
  world.forge_state.head_of = [&](const std::string& branch) {
    if (++asked > 20) return head_of(branch);
    throw std::runtime_error("no such field");
  };
  world.look();
  world.clock.advance(25s);
  EXPECT_EQ(asked, 1);
  world.forge_state.head_of = head_of;
  world.clock.advance(2min);
  EXPECT_THAT(world.comments(), SizeIs(1));
}

TEST(PullWatch, AForgeThatIsDownIsAskedAgainMoreAndMoreSeldom) {
  Watching world;
  world.forge_state.unreachable = true;
  world.open(5);
  world.clock.advance(2min);
  world.forge_state.unreachable = false;
  world.clock.advance(10min);
  EXPECT_THAT(world.comments(), SizeIs(1));
}

}  // namespace
}  // namespace driftwarden
