// Every cause of drift speaks: what the alert says and which buttons it has.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::HasSubstr;

ChatMessage await_alert(World& world, const std::string& words) {
  return world.chat().await_message("an alert that says " + words, "#shop-prod", [&](const ChatMessage& message) { return message.says(words); });
}

std::size_t alerts_in(World& world) {
  auto roots = world.chat().by_bot("#shop-prod");
  std::erase_if(roots, [](const ChatMessage& message) { return !message.thread_ts().empty(); });
  return roots.size();
}

TEST(Causes, TwoManagersThatFightAreOneAlertWithoutASyncButton) {
  World world;
  world.break_something("fight");
  const auto alert = await_alert(world, "fight over");
  EXPECT_THAT(alert.words(), HasSubstr("*argocd-controller* and *kubectl-patch* fight over `.spec.replicas` of `Deployment shop/checkout`"));
  EXPECT_FALSE(alert.has_button("Sync")) << "it would be a third party";
  EXPECT_TRUE(alert.has_button("Ignore"));
  be_quiet();
  const auto notes = world.chat().thread("#shop-prod", alert.ts()).size();
  const auto alerts = alerts_in(world);
  world.break_something("fight");
  be_quiet();
  EXPECT_EQ(alerts_in(world), alerts);
  EXPECT_LE(world.chat().thread("#shop-prod", alert.ts()).size(), notes + 1) << "flips are muted";
}

TEST(Causes, ARollbackPastGitIsCalledThatAndNamesTheRevision) {
  World world;
  world.break_something("rollback");
  const auto alert = await_alert(world, "rolled back outside Git");
  EXPECT_THAT(alert.words(), HasSubstr("It runs what Git said in"));
  EXPECT_THAT(alert.words(), HasSubstr("checkout:1.4.0"));
}

TEST(Causes, ADeletionThatAFinalizerHoldsIsStuckUntilItIsLetGo) {
  World world;
  world.break_something("finalizer");
  const auto alert = world.chat().await_message("the alert of the Service", "#shop-prod",
                                                [](const ChatMessage& message) { return message.says("*storefront* is OutOfSync") && message.says("stuck"); });
  EXPECT_THAT(alert.words(), HasSubstr("is being deleted"));
  EXPECT_FALSE(alert.has_button("Sync"));
  world.break_something("finalizer");
  const auto gone = world.chat().await_edit(alert, "is in Git but not in the cluster");
  EXPECT_TRUE(gone.has_button("Sync"));
}

TEST(Causes, AnIgnoredLabelIsAReviewedRuleInGitAndIsListed) {
  World world;
  world.break_something("label");
  const auto alert = await_alert(world, "oncall");
  world.chat().press("alice", alert, "Ignore");
  world.chat().press("bob", await_card(world.stage(), "ignore", "checkout"), "Approve");
  world.chat().await_edit(alert, "is in sync again");
  EXPECT_THAT(world.forge().file(".driftwarden/ignore/checkout.yaml"), HasSubstr(".metadata.labels.oncall"));
  EXPECT_EQ(world.prod().deployment("checkout").at("metadata").at("labels").value("oncall", ""), "carol") << "live is as it was";
  const auto asked = world.chat().say("bob", "#gitops", "@warden ignores checkout");
  const auto answer = world.chat().await_answer("#gitops", asked, ".metadata.labels.oncall of Deployment");
  EXPECT_TRUE(answer.says("hides 1 field"));
  const auto stats = world.chat().say("bob", "#gitops", "@warden stats");
  world.chat().await_answer("#gitops", stats, "*checkout*");
}

}  // namespace
}  // namespace driftwarden::e2e
