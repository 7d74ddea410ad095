// Alerts over their whole life: kills, outages, snoozes, the last word.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr const char* kProd = "#shop-prod";

/// The bot's messages of the channel itself, in order.
std::vector<ChatMessage> roots(World& world, const std::string& channel) {
  auto all = world.chat().by_bot(channel);
  std::erase_if(all, [](const ChatMessage& message) { return !message.thread_ts().empty(); });
  return all;
}

void ask_for_diff(World& world, const ChatMessage& alert, std::size_t answers) {
  world.chat().press("alice", world.chat().read(kProd, alert.ts()), "Diff");
  await_that("the diff in the alert's thread", [&] {
    std::size_t seen = 0;
    for (const auto& message : world.chat().thread(kProd, alert.ts())) seen += message.says("-  replicas: ") ? 1U : 0U;
    return seen == answers;
  });
}

TEST(LivingAlert, KeepsItsMessageAndItsThreadOverKills) {
  World world(World::Bot::Beside);
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  ask_for_diff(world, alert, 1);
  for (int round = 0; round < 2; ++round) {
    world.kill_bot();
    world.start_bot();
    ask_for_diff(world, alert, static_cast<std::size_t>(round) + 2);
    world.prod().scale("checkout", 6 + round);
    world.chat().await_edit(alert, "`" + std::to_string(6 + round) + "`");
  }
  world.kill_bot();
  world.prod().scale("checkout", 2);
  world.start_bot();
  const auto green = world.chat().await_edit(alert, "checkout* is in sync again");
  EXPECT_TRUE(green.buttons().empty());
  EXPECT_EQ(roots(world, kProd).size(), 1U) << "one incident is one message";
}

TEST(LivingAlert, ClosesGreenWithItsDurationAndByWhat) {
  World world;
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.prod().scale("checkout", 2);
  const auto green = world.chat().await_edit(alert, "checkout* is in sync again");
  EXPECT_THAT(green.words(), ContainsRegex("after [0-9]+ ?(ms|s|min)"));
  EXPECT_THAT(green.words(), HasSubstr("live is what Git says again"));
  EXPECT_THAT(green.body.value("text", ""), HasSubstr("checkout is in sync again")) << "the notification says it, too";
}

TEST(LivingAlert, IsToldOnceAndInOrderAfterSlackWasDown) {
  World world;
  world.chat().sandbox("faults", {{"fail_next_calls", 1'000'000}, {"fail_with", "http_503"}});
  const auto await_attempt = [&](int number) {
    await_that("the bot to give up attempt " + std::to_string(number), [&] { return world.log().find("(attempt " + std::to_string(number) + "): Slack's") != std::string::npos; });
  };
  world.prod().scale("checkout", 5);
  await_attempt(1);
  world.prod().scale("checkout", 6);
  world.break_something("delete");
  await_attempt(2);
  EXPECT_TRUE(roots(world, kProd).empty());
  world.chat().sandbox("faults", {{"fail_next_calls", 0}});

  world.chat().await_message("the second alert", kProd, [](const ChatMessage& message) { return message.says("*cart* is OutOfSync"); });
  be_quiet();
  const auto told = roots(world, kProd);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_THAT(told.at(0).words(), HasSubstr("*checkout* is OutOfSync"));
  EXPECT_THAT(told.at(0).words(), HasSubstr("`6`")) << "what is true now, not what was then";
  EXPECT_THAT(told.at(1).words(), HasSubstr("*cart* is OutOfSync"));
}

TEST(Snooze, WakesWhenItIsOverAlsoAfterAKill) {
  World world(World::Bot::Beside);
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.chat().say("bob", kProd, "@warden snooze 1s", alert.ts());
  world.chat().await_answer(kProd, alert.ts(), "bob snoozed this");
  world.kill_bot();
  world.start_bot();
  world.chat().await_answer(kProd, alert.ts(), "snooze is over");
  const auto awake = world.chat().await_message("the alert to be awake", kProd, [&](const ChatMessage& message) { return message.ts() == alert.ts() && !message.says("snoozed until"); });
  EXPECT_TRUE(awake.has_button("Ack"));
  EXPECT_THAT(awake.words(), HasSubstr("is OutOfSync"));
  EXPECT_EQ(roots(world, kProd).size(), 1U);
}

TEST(Issuer, IsToldInADirectMessageHowTheirChangeEnded) {
  World world;
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.chat().press("alice", alert, "Sync");
  const auto card = await_card(world.stage(), "sync", "checkout");
  const auto change = change_of(card);
  world.chat().press("bob", card, "Approve");
  const auto direct = world.chat().direct_channel("alice");
  const auto told = world.chat().await_message("the word to alice", direct, [&](const ChatMessage& message) { return message.says(change); });
  EXPECT_THAT(told.words(), HasSubstr("in sync and healthy"));
  EXPECT_THAT(told.words(), HasSubstr("/archives/")) << "a way to the card";
  be_quiet();
  EXPECT_EQ(world.chat().by_bot(direct).size(), 1U) << "once";
  EXPECT_TRUE(world.chat().by_bot(world.chat().direct_channel("bob"), "bob").empty()) << "bob asked for nothing";
}

}  // namespace
}  // namespace driftwarden::e2e
