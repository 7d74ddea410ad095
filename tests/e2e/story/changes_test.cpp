// Changes that people ask for, from the sentence in chat to the verified commit, and what may come in between.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kProd = "#shop-prod";
constexpr const char* kFile = "apps/checkout/prod/deployment.yaml";
constexpr const char* kApproval = "driftwarden/approval";

class ChangeStory : public testing::Test {
 protected:
  ChatMessage ask(const std::string& person, const std::string& command, const std::string& card_says) {
    world.chat().say(person, kProd, "@warden " + command);
    auto card = await_card_saying(world.stage(), "checkout", card_says);
    number = world.forge().pulls("open").at(0).at("number").get<int>();
    return card;
  }
  std::string check() { return world.forge().check(world.forge().head_of(number), kApproval); }
  void await_check(const std::string& state) {
    await_that(std::string(kApproval) + " to be " + state, [&] { return check().starts_with(state); });
  }
  std::string branch() { return world.forge().pull(number).at("head").at("ref").get<std::string>(); }

  World world;
  int number = 0;
};

TEST_F(ChangeStory, AnImageIsSetApprovedInChatAndProven) {
  const auto before = world.forge().file(kFile);
  const auto card = ask("alice", "set-image checkout 1.4.3 because the fix for the cart", "set image");
  EXPECT_THAT(card.words(), HasSubstr("the fix for the cart"));
  EXPECT_THAT(card.words(), HasSubstr("checkout:1.4.3"));
  await_check("pending");
  const auto head = world.forge().head_of(number);
  await_that("the sticky comment", [&] { return world.forge().comments_of_bot(number).size() == 1; });
  const auto pull = world.forge().pull(number);
  EXPECT_THAT(pull.at("body").get<std::string>(), HasSubstr("the fix for the cart"));
  EXPECT_THAT(pull.at("body").get<std::string>(), HasSubstr("alice"));
  EXPECT_THAT(world.prod().image("checkout"), HasSubstr("1.4.2")) << "nothing may happen before the approval";

  world.chat().press("bob", card, "Approve");
  const auto done = world.chat().await_edit(card, "in sync and healthy");
  EXPECT_THAT(world.prod().image("checkout"), HasSubstr("shop/checkout:1.4.3"));
  auto expected = before;
  expected.replace(expected.find("checkout:1.4.2"), 14, "checkout:1.4.3");
  EXPECT_EQ(world.forge().file(kFile), expected) << "only the tag changes";
  await_that("the check to be green", [&] { return world.forge().check(head, kApproval).starts_with("success"); });
  const auto commit = await_commit(world.stage(), change_of(card));
  const auto message = commit.at("commit").at("message").get<std::string>();
  EXPECT_EQ(commit.at("commit").at("author").at("name"), "alice");
  EXPECT_THAT(message, HasSubstr("Requested-by: alice"));
  await_that("the last word in the comment", [&] { return world.forge().comments_of_bot(number).at(0).find("bob") != std::string::npos; });
  EXPECT_EQ(world.forge().comments_of_bot(number).size(), 1U) << "one comment, kept up to date";
  expect_audit_verifies(world.database());
}

TEST_F(ChangeStory, AScalingIsApprovedOnTheForge) {
  const auto card = ask("alice", "scale checkout to 3", "scale it to 3 replicas");
  await_check("pending");
  world.forge().click("bob", number, "approve");
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.prod().replicas("checkout"), 3);
  EXPECT_THAT(world.forge().file(kFile), HasSubstr("replicas: 3"));
  EXPECT_TRUE(world.forge().pulls("open").empty());
}

TEST_F(ChangeStory, WhoAskedCanApproveNeitherInChatNorOnTheForge) {
  const auto card = ask("alice", "scale checkout to 3", "scale it to 3 replicas");
  await_check("pending");
  world.chat().press("alice", card, "Approve");
  world.chat().await_answer(kProd, card.ts(), "somebody else must approve it");
  world.forge().click("alice", number, "approve");
  be_quiet();
  EXPECT_THAT(check(), StartsWith("pending"));
  EXPECT_TRUE(world.chat().read(kProd, card.ts()).has_button("Approve"));
  EXPECT_THAT(world.forge().file(kFile), HasSubstr("replicas: 2"));
  EXPECT_EQ(world.prod().replicas("checkout"), 2);
}

TEST_F(ChangeStory, ProtectionLetsNobodyMergePastTheApproval) {
  world.forge().require("carol", "approval-on");
  const auto card = ask("alice", "scale checkout to 3", "scale it to 3 replicas");
  await_check("pending");
  EXPECT_EQ(world.forge().try_click("alice", number, "merge"), 409U);
  EXPECT_EQ(world.forge().pulls("open").size(), 1U);
  world.chat().press("bob", card, "Approve");
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.prod().replicas("checkout"), 3);
}

TEST_F(ChangeStory, ARequiredBuildIsWaitedForAndNamed) {
  world.forge().require("carol", "build-on");
  const auto card = ask("alice", "scale checkout to 3", "scale it to 3 replicas");
  world.chat().press("bob", card, "Approve");
  world.chat().await_edit(card, "ci/build");
  EXPECT_EQ(world.forge().pulls("open").size(), 1U);
  world.forge().click("carol", number, "build-green");
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.prod().replicas("checkout"), 3);
}

TEST_F(ChangeStory, APushToTheBranchVoidsTheApproval) {
  world.forge().require("carol", "build-on");
  const auto card = ask("alice", "scale checkout to 3", "scale it to 3 replicas");
  world.chat().press("bob", card, "Approve");
  world.chat().await_edit(card, "ci/build");
  const auto approved = world.forge().head_of(number);

  auto content = world.forge().file(kFile, branch());
  content.replace(content.find("replicas: 3"), 11, "replicas: 9");
  world.forge().edit("carol", branch(), kFile, content);
  ASSERT_NE(world.forge().head_of(number), approved);
  world.forge().click("carol", number, "build-green");
  const auto asked_again = world.chat().await_message("the card to ask again", kProd, [&](const ChatMessage& message) { return message.ts() == card.ts() && message.has_button("Approve"); });
  EXPECT_THAT(asked_again.words(), Not(HasSubstr("approved by bob")));
  be_quiet();
  EXPECT_EQ(world.forge().pulls("open").size(), 1U) << "what nobody approved was merged";
  EXPECT_THAT(check(), StartsWith("pending"));
  EXPECT_EQ(world.prod().replicas("checkout"), 2);
  EXPECT_THAT(world.forge().file(kFile), HasSubstr("replicas: 2"));

  // A button of the older version, pressed in a window that was not loaded again.
  const auto late = world.chat().say("bob", kProd, "@warden approve " + change_of(card) + " " + approved.substr(0, 7));
  world.chat().await_message("the refusal", kProd, [&](const ChatMessage& message) { return message.in_thread_of(late); });
  EXPECT_EQ(world.forge().pulls("open").size(), 1U) << "a yes to the older version approved the newer one";

  // Whoever pushed can't be who approves it.
  world.chat().press("carol", world.chat().read(kProd, card.ts()), "Approve");
  world.chat().await_message("carol's refusal", kProd, [](const ChatMessage& message) { return message.says("your own commits") || message.says("commits of carol"); });
  EXPECT_EQ(world.prod().replicas("checkout"), 2);
  world.chat().press("bob", world.chat().read(kProd, card.ts()), "Approve");
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.prod().replicas("checkout"), 9);
}

TEST_F(ChangeStory, HaltStopsTheMergeUntilSomebodyElseResumes) {
  const auto card = ask("alice", "scale checkout to 3", "scale it to 3 replicas");
  const auto halted = world.chat().say("carol", kProd, "@warden halt because of the outage");
  world.chat().await_message("the halt", kProd, [&](const ChatMessage& message) { return message.in_thread_of(halted) || message.says("outage"); });
  world.chat().press("bob", card, "Approve");
  be_quiet();
  EXPECT_EQ(world.forge().pulls("open").size(), 1U) << "merged while halted";
  EXPECT_EQ(world.prod().replicas("checkout"), 2);
  const auto alone = world.chat().say("carol", kProd, "@warden resume");
  world.chat().await_message("the refusal", kProd, [&](const ChatMessage& message) { return message.in_thread_of(alone); });
  be_quiet();
  EXPECT_EQ(world.forge().pulls("open").size(), 1U) << "who called the halt ended it";
  const auto resumed = world.chat().say("bob", kProd, "@warden resume");
  world.chat().await_message("the end of the halt", kProd, [&](const ChatMessage& message) { return message.in_thread_of(resumed) && message.says("ended the halt"); });
  world.chat().press("bob", world.chat().read(kProd, card.ts()), "Approve");
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.prod().replicas("checkout"), 3);
}

TEST_F(ChangeStory, APullRequestThatAPersonOpensIsLookedAt) {
  auto content = world.forge().file(kFile);
  content.replace(content.find("replicas: 2"), 11, "replicas: 6");
  world.forge().edit("carol", "main", kFile, content, "propose");
  number = world.forge().pulls("open").at(0).at("number").get<int>();
  await_that("the bot's comment", [&] { return world.forge().comments_of_bot(number).size() == 1; });
  EXPECT_THAT(world.forge().comments_of_bot(number).at(0), HasSubstr("replicas: 6"));
  world.chat().await_message("the message of the pull request", kProd, [](const ChatMessage& message) { return message.says("carol edits"); });
  const auto moved = world.forge().pull(number).at("head").at("ref").get<std::string>();
  content.replace(content.find("replicas: 6"), 11, "replicas: 7");
  world.forge().edit("carol", moved, kFile, content);
  await_that("the comment to follow", [&] { return world.forge().comments_of_bot(number).at(0).find("replicas: 7") != std::string::npos; });
  EXPECT_EQ(world.forge().comments_of_bot(number).size(), 1U);
  EXPECT_EQ(world.prod().replicas("checkout"), 2);
}

TEST_F(ChangeStory, AValueIsSetByItsPath) {
  const auto card = ask("alice", "set checkout Deployment/checkout .spec.minReadySeconds=5", "set ");
  world.chat().press("bob", card, "Approve");
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.prod().deployment("checkout").at("spec").value("minReadySeconds", 0), 5);
}

TEST_F(ChangeStory, ARestartIsDoneInTheClusterAndNotInGit) {
  const auto commits = world.forge().commits().size();
  world.chat().say("alice", kProd, "@warden restart checkout because it hangs");
  const auto card = world.chat().await_message("the end of it", kProd, [](const ChatMessage& message) { return message.says(":white_check_mark: restarted"); });
  EXPECT_THAT(card.words(), HasSubstr("it hangs"));
  EXPECT_TRUE(world.forge().pulls("all").empty());
  EXPECT_EQ(world.forge().commits().size(), commits);
  const auto annotations = world.prod().deployment("checkout").at("spec").at("template").at("metadata").value("annotations", Json::object());
  EXPECT_THAT(annotations.dump(), HasSubstr("restartedAt"));
  expect_audit_verifies(world.database());
}

TEST_F(ChangeStory, AnAppIsLockedForAWhile) {
  const auto locked = world.chat().say("carol", kProd, "@warden lock checkout 1h because of the migration");
  world.chat().await_message("the lock", kProd, [&](const ChatMessage& message) { return message.in_thread_of(locked); });
  const auto refused = world.chat().say("alice", kProd, "@warden scale checkout to 3");
  const auto answer = world.chat().await_message("the refusal", kProd, [&](const ChatMessage& message) { return message.in_thread_of(refused); });
  EXPECT_THAT(answer.words(), HasSubstr("carol"));
  EXPECT_THAT(answer.words(), HasSubstr("migration"));
  EXPECT_TRUE(world.forge().pulls("all").empty());
}

}  // namespace
}  // namespace driftwarden::e2e
