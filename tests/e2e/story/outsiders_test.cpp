// Guests, strangers, and envelopes that aren't for us, over the sandbox's Slack.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace driftwarden::e2e {
namespace {

constexpr const char* kChannel = "#shop-prod";

void await_words(World& world, const std::string& person, const std::string& words) {
  world.chat().await_message("\"" + words + "\" for " + person, kChannel, [&](const ChatMessage& message) { return message.says(words); }, person);
}

TEST(OutsiderStory, AGuestReadsAndAStrangerIsSentAway) {
  World world(World::Bot::Beside);
  world.chat().sandbox("standing", {{"user", "carol"}, {"standing", "guest"}});
  world.chat().sandbox("standing", {{"user", "bob"}, {"standing", "stranger"}});
  world.chat().say("carol", kChannel, "@warden status");
  await_words(world, "carol", "checkout");
  world.chat().say("carol", kChannel, "@warden sync checkout");
  await_words(world, "carol", "guest of this workspace");
  world.chat().say("bob", kChannel, "@warden diff checkout");
  await_words(world, "bob", "guest from another workspace");
  EXPECT_TRUE(world.forge().pulls("all").empty());
}

TEST(OutsiderStory, WhatIsForAnotherWorkspaceIsNotAnswered) {
  World world(World::Bot::Beside);
  const Json event{{"type", "app_mention"}, {"user", world.chat().id_of("alice")}, {"text", "<@U0WARDEN> status"}, {"channel", "C0SHOPPROD"}, {"ts", "1700000000.000100"}};
  const Json elsewhere{{"team_id", "T0ELSEWHERE"}, {"context_team_id", "T0ELSEWHERE"}, {"authorizations", Json::array()}};
  for (int i = 0; i < 3; ++i) world.chat().sandbox("event", {{"event", event}, {"with", elsewhere}});
  world.chat().sandbox("event", {{"event", event}, {"with", {{"api_app_id", "A0OTHER"}}}});
  await_that("both to be in the audit log", [&] {
    const auto rows = run_program({DRIFTWARDEN_BINARY, "audit", "list", "--db", world.database(), "-o", "json", "--limit", "1000"});
    std::size_t refused = 0;
    const auto parsed = Json::parse(rows.out, nullptr, false);
    if (!parsed.is_array()) return false;
    for (const auto& row : parsed) refused += row.value("action", "") == "envelope.refused" ? 1U : 0U;
    return refused == 2;
  });
  be_quiet();
  EXPECT_TRUE(world.chat().by_bot(kChannel).empty());
}

}  // namespace
}  // namespace driftwarden::e2e
