// Reports in, alerts out: with the real store, outbox and drift index.
#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::World;
using testing::HasSubstr;

struct Running : World {
  Running() {
    start();
    clock.advance(1s);
  }
  const test::PostedMessage& alert() const { return *slack.with_key("incident:").front(); }
  std::size_t alerts() const { return slack.with_key("incident:").size(); }
};

TEST(Incidents, OnePostPerIncidentAndEditsFromThenOn) {
  Running world;
  EXPECT_EQ(world.slack.posts(), 0U) << "all is well";
  world.scale_by_hand(5);
  world.clock.advance(1s);
  ASSERT_EQ(world.alerts(), 1U);
  EXPECT_EQ(world.alert().at.channel, "Cshop-prod");
  EXPECT_THAT(world.alert().now().text, HasSubstr("`.spec.replicas` `2` \u2192 `5`"));
  world.scale_by_hand(7);
  world.clock.advance(1s);
  EXPECT_EQ(world.alerts(), 1U);
  EXPECT_THAT(world.alert().now().text, HasSubstr("`2` \u2192 `7`"));
  const auto notes = world.slack.with_key("note:");
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes.front()->thread_ts, world.alert().at.ts);
  EXPECT_THAT(notes.front()->now().text, HasSubstr("changed again"));
}

TEST(Incidents, HealedByHandIsResolvedInTheSameMessage) {
  Running world;
  world.scale_by_hand(5);
  world.clock.advance(60s);
  world.scale_by_hand(2);
  world.clock.advance(1s);
  ASSERT_EQ(world.alerts(), 1U);
  EXPECT_THAT(world.alert().now().text, HasSubstr("in sync again"));
  EXPECT_EQ(world.incidents_of("checkout").front().resolved_by, "live is what Git says again");
  world.scale_by_hand(6);
  world.clock.advance(1s);
  EXPECT_EQ(world.alerts(), 2U) << "a new episode is a new message";
}

TEST(Incidents, WhatHealsInsideTheHoldOffIsNobodysBusiness) {
  World world;
  world.config.alerts.hold_off[Cause::LiveEdited] = 30s;
  world.start();
  world.clock.advance(1s);
  world.scale_by_hand(5);
  world.clock.advance(29s);
  EXPECT_EQ(world.slack.posts(), 0U);
  world.scale_by_hand(2);
  world.clock.advance(60s);
  EXPECT_EQ(world.slack.posts(), 0U);
  world.scale_by_hand(5);
  world.clock.advance(29s);
  EXPECT_EQ(world.slack.posts(), 0U) << "the second edit has its own time";
  world.clock.advance(2s);
  EXPECT_EQ(world.slack.posts(), 1U);
}

TEST(Incidents, GitAheadIsToldAfterItsOwnHoldOff) {
  Running world;
  world.commit(3);
  world.fleet->nudge();
  world.clock.advance(1min);
  EXPECT_EQ(world.slack.posts(), 0U);
  world.clock.advance(2min);
  ASSERT_EQ(world.alerts(), 1U);
  EXPECT_THAT(world.alert().now().text, HasSubstr("Git is ahead"));
  EXPECT_THAT(world.alert().now().text, HasSubstr("`2`, Git now says `3`"));
}

TEST(Incidents, ARestartKeepsTheMessage) {
  Running world;
  world.scale_by_hand(5);
  world.clock.advance(1s);
  world.restart();
  world.clock.advance(1s);
  ASSERT_EQ(world.alerts(), 1U);
  EXPECT_EQ(world.alert().versions.size(), 1U) << "nothing new to say";
  world.scale_by_hand(7);
  world.clock.advance(1s);
  ASSERT_EQ(world.alerts(), 1U);
  EXPECT_THAT(world.alert().now().text, HasSubstr("`2` \u2192 `7`"));
}

TEST(Incidents, APostWhoseAnswerWasLostIsFoundAgain) {
  Running world;
  world.slack.lose_next_answer = true;
  world.scale_by_hand(5);
  world.clock.advance(10s);
  EXPECT_EQ(world.alerts(), 1U);
  EXPECT_EQ(world.incidents_of("checkout").front().message, world.alert().at);
}

TEST(Incidents, ADeletedAlertIsPostedAnew) {
  Running world;
  world.scale_by_hand(5);
  world.clock.advance(1s);
  world.slack.messages.front().deleted = true;
  world.scale_by_hand(7);
  world.clock.advance(1s);
  ASSERT_EQ(world.alerts(), 2U);
  EXPECT_EQ(world.incidents_of("checkout").front().message, world.slack.with_key("incident:").back()->at);
}

TEST(Incidents, SlackBeingAwayDelaysTheAlertAndLosesNothing) {
  Running world;
  for (int i = 0; i < 5; ++i) world.slack.next_failures.push_back({ErrorKind::Unavailable, "slack is away"});
  world.scale_by_hand(5);
  world.clock.advance(5min);
  EXPECT_EQ(world.alerts(), 1U);
}

TEST(Incidents, ALostClusterIsOneNoticeAndNoAlert) {
  Running world;
  world.live->lose("connection refused");
  world.clock.advance(5min);
  EXPECT_EQ(world.alerts(), 0U);
  const auto notices = world.slack.with_key("cluster:");
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices.front()->at.channel, "Cdriftwarden");
  EXPECT_THAT(notices.front()->now().text, HasSubstr("connection refused"));
}

TEST(Incidents, ASnoozeEndsByItself) {
  Running world;
  world.scale_by_hand(5);
  world.clock.advance(1s);
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(const auto open, tx.open_incidents());
    auto done = commit_step(tx, snooze(open.front(), "bob", world.clock.wall_now() + 1h, world.clock.wall_now()), world.clock.wall_now());
    if (!done) return done.error();
    return Result<void>{};
  }));
  world.outbox->wake();
  world.clock.advance(59min);
  EXPECT_THAT(world.alert().now().text, HasSubstr("snoozed until"));
  world.clock.advance(2min);
  EXPECT_EQ(world.incidents_of("checkout").front().state, IncidentState::Open);
  EXPECT_THAT(world.slack.with_key("note:").back()->now().text, HasSubstr("snooze is over"));
  EXPECT_EQ(world.alerts(), 1U);
}

TEST(Incidents, ManifestsThatDoNotRenderAreToldOnceTheyStayBroken) {
  Running world;
  const auto broken = world.directory.path / "broken.yaml";
  std::ofstream(broken) << "a: [\n";
  world.git(fmt::format("update-ref refs/heads/main $(cd {0} && export GIT_INDEX_FILE={1} && git read-tree main && git update-index --add --cacheinfo "
                        "100644,$(git hash-object -w {2}),apps/checkout/deployment.yaml && git -c user.name=x -c user.email=x@y commit-tree $(git write-tree) -p main -m broken)",
                        world.remote(), (world.directory.path / "index2").string(), broken.string()));
  world.fleet->nudge();
  world.clock.advance(5s);
  EXPECT_EQ(world.alerts(), 0U);
  world.clock.advance(30s);
  ASSERT_EQ(world.alerts(), 1U);
  EXPECT_THAT(world.alert().now().text, HasSubstr("can't be judged"));
  EXPECT_THAT(world.alert().now().text, HasSubstr("deployment.yaml"));
}

}  // namespace
}  // namespace driftwarden
