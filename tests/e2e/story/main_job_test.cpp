// The main job, told once from end to end, as a newcomer would live it.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

TEST(MainJob, AlertDiffSyncRollbackAudit) {
  World world;
  tell_alert_and_diff(world.stage());
  tell_sync_with_two_people(world.stage());
  tell_rollback(world.stage());
  expect_audit_verifies(world.database());
  EXPECT_EQ(world.stop_bot(), 0) << "a told stop is a clean end";
  const auto trailers = run_program({DRIFTWARDEN_BINARY, "audit", "verify", "--db", world.database(), "--git", world.data() + "/forge/acme/config.git"});
  EXPECT_EQ(trailers.exit_code, 0) << trailers.out;
}

TEST(Alert, IsOneMessageThatTurnsGreenWhenTheEditIsUndone) {
  World world;
  const auto alert = scale_and_await_alert(world.stage(), 5);
  EXPECT_THAT(alert.message.buttons(), IsSupersetOf({"Diff", "Sync", "Adopt", "Snooze 2h", "Ack"}));
  EXPECT_LT(alert.latency, std::chrono::seconds{20}) << "told by the watch, not by a poll or a hold-off";

  world.prod().scale("checkout", 7);
  world.chat().await_edit(alert.message, "`7`");
  world.prod().scale("checkout", 2);
  const auto green = world.chat().await_edit(alert.message, "checkout* is in sync again");
  EXPECT_TRUE(green.buttons().empty());
  EXPECT_THAT(green.words(), HasSubstr("live is what Git says again"));

  auto roots = world.chat().by_bot("#shop-prod");
  std::erase_if(roots, [](const ChatMessage& message) { return !message.thread_ts().empty(); });
  EXPECT_EQ(roots.size(), 1U) << "one incident is one message";
}

TEST(Alert, AckAndSnoozeAreSeenOnIt) {
  World world;
  const auto alert = scale_and_await_alert(world.stage(), 4).message;
  world.chat().press("bob", alert, "Ack");
  const auto acked = world.chat().await_edit(alert, "bob is on it");
  EXPECT_FALSE(acked.has_button("Ack"));
  world.chat().say("carol", "#shop-prod", "@warden snooze 1h", alert.ts());
  const auto snoozed = world.chat().await_edit(alert, "snoozed until");
  EXPECT_FALSE(snoozed.has_button("Snooze 2h"));
}

TEST(Alert, AnAddedVariableIsTakenAwayAgainBySync) {
  World world;
  world.break_something("env");
  const auto alert = world.chat().await_message("the alert of the variable", "#shop-prod", [](const ChatMessage& message) { return message.says("added"); });
  EXPECT_THAT(alert.words(), HasSubstr("DEBUG"));
  world.chat().press("alice", alert, "Sync");
  world.chat().press("bob", await_card(world.stage(), "sync", "checkout"), "Approve");
  world.chat().await_edit(alert, "is in sync again");
  const auto env = world.prod().deployment("checkout").at("spec").at("template").at("spec").at("containers").at(0).value("env", Json::array());
  EXPECT_EQ(env.size(), 1U) << env.dump();
}

TEST(Alert, ADeletedServiceIsBroughtBackBySync) {
  World world;
  world.break_something("delete");
  const auto alert = world.chat().await_message("the alert of the Service", "#shop-prod", [](const ChatMessage& message) { return message.says("*cart* is OutOfSync"); });
  EXPECT_THAT(alert.words(), HasSubstr("is in Git but not in the cluster"));
  EXPECT_THAT(alert.words(), HasSubstr("deleted live"));
  world.chat().press("carol", alert, "Sync");
  world.chat().press("bob", await_card(world.stage(), "sync", "cart"), "Approve");
  world.chat().await_edit(alert, "is in sync again");
  EXPECT_FALSE(world.prod().get("services", "cart").is_null());
}

TEST(Alert, APushedCommitThatNobodyAppliedIsGitAhead) {
  World world;
  world.break_something("push", "alice");
  const auto alert = world.chat().await_message("the alert of the commit", "#shop-prod", [](const ChatMessage& message) { return message.says("Git is ahead"); });
  EXPECT_THAT(alert.words(), HasSubstr("checkout:1.5.0"));
  EXPECT_FALSE(alert.has_button("Adopt")) << "there is nothing live to adopt";
  world.chat().press("alice", alert, "Sync");
  world.chat().press("carol", await_card(world.stage(), "sync", "checkout"), "Approve");
  world.chat().await_edit(alert, "is in sync again");
  EXPECT_THAT(world.prod().image("checkout"), HasSubstr("checkout:1.5.0"));
}

TEST(Alert, AnAdoptedEditGoesIntoGitAndLeavesTheRestOfTheFileAlone) {
  World world;
  const auto before = world.forge().file("apps/checkout/prod/deployment.yaml");
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.chat().press("alice", alert, "Adopt");
  world.chat().press("bob", await_card(world.stage(), "adopt", "checkout"), "Approve");
  world.chat().await_edit(alert, "is in sync again");
  auto expected = before;
  expected.replace(expected.find("replicas: 2"), 11, "replicas: 5");
  EXPECT_EQ(world.forge().file("apps/checkout/prod/deployment.yaml"), expected);
  EXPECT_EQ(world.prod().replicas("checkout"), 5);
}

}  // namespace
}  // namespace driftwarden::e2e
