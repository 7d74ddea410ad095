// Reports in, alerts out: with the real store, outbox and drift index.
#include "bot/incident/rollback_search.hpp"
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

TEST(Incidents, AKindThatCannotBeWatchedIsOneNoticeAndSoIsItsReturn) {
  Running world;
  const WatchedKind kind{"example.com", "v1", "CronTab"};
  for (int i = 0; i < 2; ++i) {
    world.incidents->on_kind("prod-eu", kind, false, "the conversion webhook <fails>");
    world.clock.advance(1min);
  }
  auto notices = world.slack.with_key("kind:");
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_THAT(notices.front()->now().text, HasSubstr("*CronTab* (example.com/v1) on cluster *prod-eu* can't be watched"));
  EXPECT_THAT(notices.front()->now().text, HasSubstr("&lt;fails&gt;"));
  world.incidents->on_kind("prod-eu", kind, true, "");
  world.clock.advance(1s);
  notices = world.slack.with_key("kind:");
  ASSERT_EQ(notices.size(), 2U);
  EXPECT_THAT(notices.back()->now().text, HasSubstr("can be watched again, after 2 min"));
}

TEST(Incidents, ALostClusterStaysOneNoticeAcrossARestart) {
  Running world;
  world.live->lose("connection refused");
  world.clock.advance(1min);
  world.restart();
  world.clock.advance(5min);
  EXPECT_EQ(world.slack.with_key("cluster:").size(), 1U);
  world.live->answer_again();
  world.clock.advance(1min);
  const auto notices = world.slack.with_key("cluster:");
  ASSERT_EQ(notices.size(), 2U);
  EXPECT_THAT(notices.back()->now().text, HasSubstr("*prod-eu* answers again, after 6 min"));
  world.restart();
  world.clock.advance(1min);
  EXPECT_EQ(world.slack.with_key("cluster:").size(), 2U) << "the return was told already";
  EXPECT_EQ(world.alerts(), 0U);
}

TEST(Incidents, ALostClusterLeavesOpenIncidentsAsTheyAre) {
  Running world;
  world.scale_by_hand(5);
  world.clock.advance(1s);
  ASSERT_EQ(world.alerts(), 1U);
  world.live->lose("connection refused");
  world.clock.advance(5min);
  EXPECT_EQ(world.incidents_of("checkout").front().state, IncidentState::Open);
  EXPECT_EQ(world.alert().versions.size(), 1U) << "nothing is known of it";
  world.restart();
  world.clock.advance(1min);
  EXPECT_EQ(world.incidents_of("checkout").front().state, IncidentState::Open);
  world.live->answer_again();
  world.clock.advance(1min);
  EXPECT_EQ(world.alert().versions.size(), 1U) << "the same drift as before";
  world.scale_by_hand(2);
  world.clock.advance(1s);
  EXPECT_EQ(world.alerts(), 1U);
  EXPECT_EQ(world.incidents_of("checkout").size(), 1U);
  EXPECT_EQ(world.incidents_of("checkout").front().state, IncidentState::Resolved);
}

TEST(Incidents, AFailedChangeMakesGitAheadStuckAtOnce) {
  Running world;
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    Change failed;
    failed.app = "checkout";
    failed.state = ChangeState::Failed;
    failed.merged_sha = "77aa";
    failed.failure = "1 of 3 replicas available";
    failed.updated_at = world.clock.wall_now() + 1s;
    auto added = tx.add_change(failed);
    if (!added) return added.error();
    return Result<void>{};
  }));
  world.commit(3);
  world.fleet->nudge();
  world.clock.advance(35s);
  ASSERT_EQ(world.alerts(), 1U) << "without the patience for a fresh commit";
  EXPECT_THAT(world.alert().now().text, HasSubstr("stuck"));
  EXPECT_THAT(world.alert().now().text, HasSubstr("C-1 failed: 1 of 3 replicas available"));
}

TEST(Incidents, ARollbackPastGitNamesTheRevisionThatAskedForIt) {
  Running world;
  const auto first = world.git("rev-parse main");
  const auto file = (world.directory.path / "newer.yaml").string();
  auto newer = test::deployment_yaml(2);
  newer.replace(newer.find("checkout:1.4"), 12, "checkout:1.5");
  std::ofstream(file) << newer;
  world.git(fmt::format("update-ref refs/heads/main $(cd {0} && export GIT_INDEX_FILE={1} && git read-tree main && git update-index --add --cacheinfo "
                        "100644,$(git hash-object -w {2}),apps/checkout/deployment.yaml && git -c user.name=x -c user.email=x@y commit-tree $(git write-tree) -p main -m newer)",
                        world.remote(), (world.directory.path / "index3").string(), file));
  world.fleet->nudge();
  auto live = test::live_deployment(2);
  live["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/checkout:1.5";
  world.live->put(live);
  world.clock.advance(2min);
  ASSERT_EQ(world.fleet->report("checkout").state, AppState::Synced);
  live["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/checkout:1.4";
  live["metadata"]["managedFields"] = nlohmann::json::parse(R"([{"manager":"kubectl-set","operation":"Update","apiVersion":"apps/v1","time":"2026-11-21T08:00:00Z","fieldsType":"FieldsV1",
    "fieldsV1":{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{"f:image":{}}}}}}}}])");
  world.live->put(live);
  world.clock.advance(5s);
  ASSERT_GE(world.alerts(), 1U);
  const auto text = world.slack.with_key("incident:").back()->now().text;
  EXPECT_THAT(text, HasSubstr("rolled back outside Git"));
  EXPECT_THAT(text, HasSubstr("It runs what Git said in `" + first.substr(0, 7) + "`"));
}

TEST(Incidents, AnImageIsNotOneThatOnlyBeginsLikeIt) {
  EXPECT_TRUE(names_image("image: shop/checkout:1.4\n", "shop/checkout:1.4"));
  EXPECT_TRUE(names_image("image: \"shop/checkout:1.4\"", "shop/checkout:1.4"));
  EXPECT_FALSE(names_image("image: shop/checkout:1.4.1\n", "shop/checkout:1.4"));
  EXPECT_FALSE(names_image("image: my/shop/checkout:1.4\n", "shop/checkout:1.4"));
  EXPECT_TRUE(names_image("shop/checkout:1.4.1 shop/checkout:1.4", "shop/checkout:1.4"));
}

TEST(Incidents, TheOwnersOfTheCodeDecideTheChannelAndAreNamed) {
  World world;
  const auto file = (world.directory.path / "CODEOWNERS").string();
  std::ofstream(file) << "apps/checkout/.* @alice\n";
  world.git(fmt::format("update-ref refs/heads/main $(cd {0} && export GIT_INDEX_FILE={1} && git read-tree main && git update-index --add --cacheinfo "
                        "100644,$(git hash-object -w {2}),CODEOWNERS && git -c user.name=x -c user.email=x@y commit-tree $(git write-tree) -p main -m owners)",
                        world.remote(), (world.directory.path / "index4").string(), file));
  AlertRoute route;
  route.code_owner = "@alice";
  route.channel = "#of-alice";
  route.mention = {"codeowners"};
  world.config.alerts.routes.push_back(route);
  world.start();
  world.clock.advance(1s);
  world.scale_by_hand(5);
  world.clock.advance(1s);
  const auto incident = world.incidents_of("checkout").front();
  EXPECT_THAT(incident.code_owners, testing::ElementsAre("@alice"));
  EXPECT_EQ(incident.severity, Severity::Critical) << "edited live in production";
  ASSERT_EQ(world.slack.with_key("incident:").size(), 1U);
  EXPECT_EQ(world.slack.with_key("incident:").front()->at.channel, "Cof-alice");
  EXPECT_THAT(world.slack.with_key("incident:").front()->now().text, HasSubstr("cc <@U0alice>"));
  auto asking = code_owners_of(*world.fleet, world.config.apps.front());
  EXPECT_THAT(test::run(world.io, std::move(asking)), testing::ElementsAre("@alice"));
}

TEST(Incidents, AChangeEndsWhatFlapsAtOnce) {
  Running world;
  for (int i = 0; i < 4; ++i) {
    world.scale_by_hand(5);
    world.clock.advance(30s);
    if (i == 3) break;
    world.scale_by_hand(2);
    world.clock.advance(30s);
  }
  ASSERT_EQ(world.incidents_of("checkout").front().flaps, 1);
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    Change done;
    done.app = "checkout";
    done.requester = "alice";
    done.state = ChangeState::Done;
    done.merged_sha = "77aa";
    done.updated_at = world.clock.wall_now();
    auto added = tx.add_change(done);
    if (!added) return added.error();
    return Result<void>{};
  }));
  world.scale_by_hand(2);
  world.clock.advance(1s);
  EXPECT_EQ(world.incidents_of("checkout").front().state, IncidentState::Resolved);
  EXPECT_EQ(world.incidents_of("checkout").front().resolved_by, "C-1 by alice");
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
