// A bot that can't work says why: on stderr where it can't start, in chat where people wait.
#include "tests/e2e/driver/files.hpp"
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::HasSubstr;

TEST(Startup, AWrongSlackTokenEndsItWithAWord) {
  World world(World::Bot::None);
  write_text(world.data() + "/secrets/slack_bot", "xoxb-wrong");
  const auto ran = world.run_bot_to_its_end(world.config());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, HasSubstr("invalid_auth"));
  EXPECT_THAT(ran.out, testing::Not(HasSubstr("xoxb-wrong"))) << "a secret is never shown";
}

TEST(Startup, ABrokenConfigurationIsToldWithAllItsMistakes) {
  World world(World::Bot::None);
  auto text = read_text(world.config());
  text.replace(text.find("cluster: staging"), 16, "cluster: stagign");
  text.replace(text.find("poll: 5s"), 8, "poll: often");
  write_text(world.config(), text);
  const auto ran = world.run_bot_to_its_end(world.config());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, testing::ContainsRegex("driftwarden\\.yaml:[0-9]+:[0-9]+: .*stagign"));
  EXPECT_THAT(ran.out, testing::ContainsRegex("driftwarden\\.yaml:[0-9]+:[0-9]+: .*often"));
  EXPECT_EQ(run_program({DRIFTWARDEN_BINARY, "check", "--config", world.config()}).exit_code, 1);
}

TEST(Startup, ASecondBotOnTheSameDatabaseIsRefused) {
  World world(World::Bot::Beside);
  const auto ran = world.run_bot_to_its_end(world.config());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, HasSubstr("driftwarden.db"));
  const auto asked = world.chat().say("alice", "#gitops", "@warden whoami");
  world.chat().await_answer("#gitops", asked, "You are *alice*");
}

TEST(Startup, AWrongForgeTokenIsToldInStatusAndTheBotAnswers) {
  World world(World::Bot::None);
  write_text(world.data() + "/secrets/forge", "0000000000000000000000000000000000000000");
  world.start_bot();
  const auto asked = world.chat().say("alice", "#gitops", "@warden status checkout");
  const auto answer = world.chat().await_answer("#gitops", asked, ":grey_question: *checkout*");
  EXPECT_THAT(answer.words(), HasSubstr("repository config"));
}

TEST(Startup, AnUnreachableClusterIsToldInTheAdminChannel) {
  World world(World::Bot::None);
  const auto path = world.data() + "/staging.kubeconfig";
  auto text = read_text(path);
  const auto at = text.find("http://127.0.0.1:");
  text.replace(at, text.find_first_of("\"\n", at) - at, "http://127.0.0.1:9");
  write_text(path, text);
  world.start_bot();
  world.chat().await_message("the notice", "#driftwarden", [](const ChatMessage& message) { return message.says("*staging* can't be reached"); });
  const auto asked = world.chat().say("alice", "#gitops", "@warden status");
  world.chat().await_answer("#gitops", asked, "4 in sync, 0 OutOfSync, 2 unknown");
  scale_and_await_alert(world.stage(), 5);
}

}  // namespace
}  // namespace driftwarden::e2e
