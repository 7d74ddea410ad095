// What people can ask, and how it is answered: by mention, in a thread, by /warden, in a direct message.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::HasSubstr;

TEST(Commands, AreAnsweredInTheThreadOfTheQuestion) {
  World world;
  const std::vector<std::pair<std::string, std::string>> questions{
      {"help", "rollback APP"},
      {"help rollback", "[to REV"},
      {"status", "*6 Apps*: 6 in sync"},
      {"status cart", "*cart* in sync"},
      {"apps", "apps/checkout/prod"},
      {"history checkout", "express payment behind a flag"},
      {"why checkout", "*checkout* is in sync"},
      {"diff checkout", "checkout"},
      {"whoami", "You are *alice*"},
      {"audit", "Audit log"},
      {"sync checkout", "there is nothing to do"},
      {"statsu", "Did you mean"},
      {"diff chekcout", "There is no App"},
      {"approve C-99", "There is no Change C-99"},
  };
  for (const auto& [question, answer] : questions) {
    const auto asked = world.chat().say("alice", "#gitops", "@warden " + question);
    EXPECT_NO_THROW(world.chat().await_answer("#gitops", asked, answer)) << question;
  }
}

TEST(Commands, ATypoIsOfferedAsAButtonThatWorks) {
  World world;
  const auto asked = world.chat().say("alice", "#gitops", "@warden statsu");
  const auto answer = world.chat().await_answer("#gitops", asked, "I don't know the command");
  world.chat().press("alice", answer, "status");
  world.chat().await_answer("#gitops", asked, "*6 Apps*");
}

TEST(Commands, ASlashCommandIsAnsweredToWhoTypedItOnly) {
  World world;
  world.chat().type("alice", "#gitops", "/warden whoami");
  await_that("the answer", [&] {
    for (const auto& message : world.chat().by_bot("#gitops", "alice")) {
      if (message.says("You are *alice*")) return true;
    }
    return false;
  });
  for (const auto& message : world.chat().by_bot("#gitops", "bob")) EXPECT_FALSE(message.says("You are *alice*"));
}

TEST(Commands, ADirectMessageNeedsNoMention) {
  World world;
  const auto channel = world.chat().direct_channel("bob");
  world.chat().say("bob", channel, "whoami");
  await_that("the answer", [&] {
    for (const auto& message : world.chat().by_bot(channel, "bob")) {
      if (message.says("You are *bob*")) return true;
    }
    return false;
  });
}

TEST(Commands, ARejectedChangeIsOverAndItsPullRequestClosed) {
  World world;
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.chat().press("alice", alert, "Sync");
  const auto card = await_card(world.stage(), "sync", "checkout");
  const auto change = change_of(card);
  world.chat().say("bob", "#shop-prod", "@warden reject " + change + " too risky today");
  world.chat().await_edit(card, "rejected by bob");
  await_that("the pull request to be closed", [&] { return world.forge().pulls("open").empty(); });
  EXPECT_FALSE(world.forge().pulls("closed").at(0).at("merged").get<bool>());

  const auto late = world.chat().say("carol", "#shop-prod", "@warden approve " + change);
  world.chat().await_answer("#shop-prod", late, change + " is rejected");
  EXPECT_EQ(world.prod().replicas("checkout"), 5);

  // The way is free for the next one.
  world.chat().press("alice", world.chat().read("#shop-prod", alert.ts()), "Sync");
  const auto next = await_card(world.stage(), "sync", "checkout");
  EXPECT_NE(change_of(next), change);
}

TEST(Commands, ASecondSyncIsToldOfTheFirst) {
  World world;
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.chat().press("alice", alert, "Sync");
  const auto change = change_of(await_card(world.stage(), "sync", "checkout"));
  world.chat().press("bob", alert, "Sync");
  world.chat().await_answer("#shop-prod", alert.ts(), change + "> asks for the same");
  EXPECT_EQ(world.forge().pulls("open").size(), 1U);
}

TEST(Commands, AnApprovalCanBeTypedWithTheChangesName) {
  World world;
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.chat().press("alice", alert, "Sync");
  const auto card = await_card(world.stage(), "sync", "checkout");
  world.chat().say("bob", "#shop-prod", "@warden approve " + change_of(card));
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.prod().replicas("checkout"), 2);
}

}  // namespace
}  // namespace driftwarden::e2e
