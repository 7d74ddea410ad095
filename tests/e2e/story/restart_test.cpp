// The bot is killed where it hurts most and started again: nothing lost, nothing doubled.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

std::size_t count_saying(World& world, const std::string& words) {
  std::size_t count = 0;
  for (const auto& message : world.chat().by_bot("#shop-prod")) count += message.says(words) ? 1U : 0U;
  return count;
}

/// Messages of the channel itself that are no cards.
std::size_t count_alerts(World& world) {
  std::size_t count = 0;
  for (const auto& message : world.chat().by_bot("#shop-prod")) count += message.thread_ts().empty() && message.says("incident ") ? 1U : 0U;
  return count;
}

void expect_carried_out_once(World& world, const std::string& change) {
  be_quiet();
  const auto pulls = world.forge().pulls("all");
  ASSERT_EQ(pulls.size(), 1U) << "one pull request";
  EXPECT_TRUE(pulls.front().at("merged").get<bool>());
  int commits = 0;
  for (const auto& commit : world.forge().commits()) {
    if (commit.at("commit").at("message").get<std::string>().find("Change: " + change) != std::string::npos) ++commits;
  }
  EXPECT_EQ(commits, 1) << "one commit on main";
  EXPECT_EQ(count_alerts(world), 1U) << "one alert";
  EXPECT_EQ(count_saying(world, change + "* sync *checkout*"), 1U) << "one card";
  EXPECT_EQ(world.prod().replicas("checkout"), 2);
  expect_audit_verifies(world.database());
}

TEST(Restart, RightAfterTheAlertMakesNoSecondOne) {
  World world(World::Bot::Beside);
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.kill_bot();
  world.start_bot();
  be_quiet();
  EXPECT_EQ(count_alerts(world), 1U);
  world.prod().scale("checkout", 2);
  world.chat().await_edit(alert, "is in sync again");
}

TEST(Restart, WhileTheDriftComesAndGoes) {
  World world(World::Bot::Beside);
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.kill_bot();
  world.prod().scale("checkout", 2);
  world.prod().patch("services", "cart", {{"spec", {{"selector", {{"app", "nobody"}}}}}}, "kubectl-edit");
  world.start_bot();
  world.chat().await_edit(alert, "is in sync again");
  world.chat().await_message("the alert of cart", "#shop-prod", [](const ChatMessage& message) { return message.says("*cart* is OutOfSync"); });
  EXPECT_EQ(count_alerts(world), 2U);
}

TEST(Restart, RightAfterSyncWasAsked) {
  World world(World::Bot::Beside);
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.chat().press("alice", alert, "Sync");
  world.kill_bot();
  world.start_bot();
  const auto card = await_card(world.stage(), "sync", "checkout");
  world.chat().press("bob", card, "Approve");
  world.chat().await_edit(card, "in sync and healthy");
  expect_carried_out_once(world, change_of(card));
}

/// Killed ever later after the approval, so that each step of the Change is the last before the crash now and then.
class RestartAfterApproval : public testing::TestWithParam<int> {};

TEST_P(RestartAfterApproval, TheChangeIsCompletedOnce) {
  World world(World::Bot::Beside);
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.chat().press("alice", alert, "Sync");
  const auto card = await_card(world.stage(), "sync", "checkout");
  world.chat().press("bob", card, "Approve");
  std::this_thread::sleep_for(std::chrono::milliseconds{GetParam()});
  world.kill_bot();
  world.start_bot();
  world.chat().await_edit(card, "in sync and healthy");
  world.chat().await_edit(alert, "is in sync again");
  expect_carried_out_once(world, change_of(card));
}

INSTANTIATE_TEST_SUITE_P(Milliseconds, RestartAfterApproval, testing::Values(0, 15, 40, 90, 200));

TEST(Restart, CommandsSaidMeanwhileAreAnsweredOnce) {
  World world(World::Bot::Beside);
  world.kill_bot();
  const auto asked = world.chat().say("alice", "#gitops", "@warden whoami");
  world.start_bot();
  world.chat().await_answer("#gitops", asked, "You are *alice*");
  be_quiet();
  EXPECT_EQ(world.chat().thread("#gitops", asked).size(), 1U);
}

}  // namespace
}  // namespace driftwarden::e2e
