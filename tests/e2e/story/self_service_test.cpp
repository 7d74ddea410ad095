// What people without cluster credentials find out and set up in chat.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

/// The words of the first answer to `question` in #gitops.
std::string answer_to(World& world, const std::string& question, const std::string& words) {
  const auto asked = world.chat().say("alice", "#gitops", "@warden " + question);
  return world.chat().await_answer("#gitops", asked, words).words();
}

TEST(SelfService, PodsAreListedWithTheirState) {
  World world;
  const auto words = answer_to(world, "pods checkout", "checkout-");
  EXPECT_THAT(words, HasSubstr("Running"));
}

TEST(SelfService, LogsAreShownWithoutTheirSecrets) {
  World world;
  const auto words = await("logs with the line that holds a password", [&]() -> std::optional<std::string> {
    auto answer = answer_to(world, "logs checkout", "starting");
    return answer.find("password=") == std::string::npos ? std::nullopt : std::optional<std::string>(std::move(answer));
  });
  EXPECT_THAT(words, HasSubstr("password=***"));
  EXPECT_THAT(words, Not(HasSubstr("changeme")));
  EXPECT_THAT(words, Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(answer_to(world, "logs checkout grep starting", "starting"), Not(HasSubstr("connecting")));
}

TEST(SelfService, ANewAppsFormTellsAMistakeAtItsField) {
  World world;
  const auto asked = world.chat().say("alice", "#gitops", "@warden create app");
  const auto offer = world.chat().await_answer("#gitops", asked, "from what?");
  world.chat().press("alice", offer, "Plain Deployment on staging");
  const auto form = world.chat().await_modal("alice");
  std::map<std::string, std::string> typed{{"name", "Bad Name!"}, {"image", "registry.acme.example/shop/coupons:1.0.0"}, {"cluster", "staging"}, {"namespace", "shop"}};
  const auto refused = world.chat().submit("alice", form, typed);
  ASSERT_TRUE(refused.contains("errors")) << refused.dump();
  EXPECT_TRUE(refused.at("errors").contains("name")) << refused.dump();
  EXPECT_EQ(refused.at("errors").size(), 1U) << refused.dump();
  EXPECT_TRUE(world.forge().pulls("open").empty());

  typed["name"] = "coupons";
  const auto taken = world.chat().submit("alice", form, typed);
  EXPECT_TRUE(taken.value("ok", false)) << taken.dump();
  await_that("the pull request", [&] { return world.forge().pulls("open").size() == 1; });
  EXPECT_THAT(world.forge().pulls("open").at(0).at("title").get<std::string>(), HasSubstr("coupons"));
}

}  // namespace
}  // namespace driftwarden::e2e
