// Slack, the cluster and Git misbehave: a clear word where people wait, nothing lost, nothing doubled.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

namespace driftwarden::e2e {
namespace {

using testing::HasSubstr;

void expect_each_answered_once(World& world, const std::vector<std::string>& asked, const std::string& words) {
  for (const auto& ts : asked) world.chat().await_answer("#gitops", ts, words);
  be_quiet();
  for (const auto& ts : asked) EXPECT_EQ(world.chat().thread("#gitops", ts).size(), 1U) << ts;
}

TEST(SlackTrouble, CommandsAreAnsweredOnceWhileConnectionsBreak) {
  World world;
  std::vector<std::string> asked;
  for (int i = 0; i < 8; ++i) {
    asked.push_back(world.chat().say("alice", "#gitops", "@warden whoami"));
    if (i % 3 == 1) world.chat().sandbox("disconnect", {{"reason", "drop"}});
    if (i % 3 == 2) world.chat().sandbox("disconnect", {{"reason", "refresh_requested"}});
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  expect_each_answered_once(world, asked, "You are *alice*");
}

TEST(SlackTrouble, RedeliveredEventsAreAnsweredOnce) {
  World world;
  world.chat().sandbox("faults", {{"duplicate_next_events", 5}});
  std::vector<std::string> asked;
  for (int i = 0; i < 5; ++i) asked.push_back(world.chat().say("bob", "#gitops", "@warden whoami"));
  expect_each_answered_once(world, asked, "You are *bob*");
}

TEST(SlackTrouble, AnAlertWhoseFirstPostFailsIsPostedOnce) {
  World world;
  world.chat().sandbox("faults", {{"fail_next_calls", 2}, {"fail_with", "internal_error"}});
  scale_and_await_alert(world.stage(), 5);
  be_quiet();
  EXPECT_EQ(world.chat().by_bot("#shop-prod").size(), 1U);
}

TEST(SlackTrouble, AnAlertWhoseAnswerWasLostIsPostedOnce) {
  World world;
  world.chat().sandbox("faults", {{"fail_next_calls", 1}, {"fail_with", "internal_error"}, {"fail_after_effect", true}});
  scale_and_await_alert(world.stage(), 5);
  std::this_thread::sleep_for(std::chrono::seconds{4});
  EXPECT_EQ(world.chat().by_bot("#shop-prod").size(), 1U);
}

TEST(ClusterTrouble, ALostClusterIsOneNoticeAndItsAppsAreUnknown) {
  World world;
  world.break_something("cut");
  const auto notice = world.chat().await_message("the notice", "#driftwarden", [](const ChatMessage& message) { return message.says("*prod-eu* can't be reached"); });
  const auto asked = world.chat().say("alice", "#gitops", "@warden status");
  world.chat().await_answer("#gitops", asked, "2 in sync, 0 OutOfSync, 4 unknown");
  world.break_something("mend");
  world.chat().await_message("the end of it", "#driftwarden", [](const ChatMessage& message) { return message.says("*prod-eu* answers again"); });
  await_that("all Apps to be in sync again", [&] {
    const auto again = world.chat().say("alice", "#gitops", "@warden status");
    return world.chat().await_answer("#gitops", again, "6 Apps").says("6 in sync");
  });
  EXPECT_EQ(world.chat().by_bot("#driftwarden").size(), 2U);
  EXPECT_TRUE(world.chat().by_bot("#shop-prod").empty()) << "no alert per App";
}

TEST(GitTrouble, ABrokenManifestIsToldWithFileAndLine) {
  World world;
  world.forge().push({{"apps/cart/prod/cart.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: [cart\n"}}, "carol", "cart: oops");
  const auto alert = world.chat().await_message("the alert of cart", "#shop-prod", [](const ChatMessage& message) { return message.says("*cart* can't be judged"); });
  EXPECT_THAT(alert.words(), testing::ContainsRegex("cart\\.yaml:[0-9]+"));
  EXPECT_FALSE(alert.has_button("Sync"));
  const auto asked = world.chat().say("alice", "#gitops", "@warden status");
  world.chat().await_answer("#gitops", asked, "5 in sync, 0 OutOfSync, 1 unknown");
}

TEST(Audit, TamperingIsFound) {
  World world;
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.chat().press("bob", alert, "Ack");
  world.chat().await_edit(alert, "bob is on it");
  EXPECT_EQ(world.stop_bot(), 0);
  expect_audit_verifies(world.database());

  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(world.database().c_str(), &database), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(database, "UPDATE audit SET actor = 'mallory' WHERE seq = 1", nullptr, nullptr, nullptr), SQLITE_OK) << "the triggers refuse it";
  std::vector<std::string> triggers;
  const auto collect = [](void* names, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(names)->emplace_back(values[0]);
    return 0;
  };
  sqlite3_exec(database, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'", collect, &triggers, nullptr);
  ASSERT_FALSE(triggers.empty());
  for (const auto& trigger : triggers) sqlite3_exec(database, ("DROP TRIGGER " + trigger).c_str(), nullptr, nullptr, nullptr);
  EXPECT_EQ(sqlite3_exec(database, "UPDATE audit SET actor = 'mallory' WHERE seq = 2", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);

  const auto ran = run_program({DRIFTWARDEN_BINARY, "audit", "verify", "--db", world.database()});
  EXPECT_EQ(ran.exit_code, 1) << ran.out;
}

}  // namespace
}  // namespace driftwarden::e2e
