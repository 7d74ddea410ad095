// Aliases, the menu of Apps for a command that lacks one, and help.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Alias, IsTheCommandThatItStandsFor) {
  Talk talk;
  talk.config.chat.aliases = {{"how", "status {1}"}, {"fix", "sync {1} because {*}"}};
  talk.say("U0alice", "how checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("checkout"));
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0alice", "fix checkout it was a test");
  talk.clock.advance(5s);
  EXPECT_EQ(talk.change().verb, ChangeVerb::Sync);
  EXPECT_EQ(talk.change().reason, "it was a test");
}

TEST(Alias, HasThePermissionsOfItsCommand) {
  Talk talk;
  talk.config.chat.aliases = {{"fix", "sync {1}"}};
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0carol", "fix checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("You may not sync checkout"));
  ASSERT_EQ(talk.refusals().size(), 1U);
  EXPECT_THAT(talk.refusals().front().entry.detail, HasSubstr("sync checkout")) << "logged as what it became";
}

TEST(Alias, ThatLacksWordsSaysSo) {
  Talk talk;
  talk.config.chat.aliases = {{"back", "rollback {1} --previous"}};
  talk.say("U0alice", "back");
  ASSERT_EQ(talk.answers().size(), 1U);
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("back"), HasSubstr("rollback {1} --previous")));
}

TEST(Alias, NeverHidesACommand) {
  Talk talk;
  talk.config.chat.aliases = {{"status", "sync {*}"}};
  talk.say("U0alice", "status checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("checkout"));
  EXPECT_THAT(talk.all_changes(), IsEmpty());
}

TEST(Alias, WorksInAThread) {
  Talk talk;
  talk.config.chat.aliases = {{"d", "diff"}};
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  const auto alert = *talk.slack.with_key("incident:").front();
  talk.say("U0alice", "d", alert.at.ts);
  EXPECT_THAT(talk.answers().back(), HasSubstr("checkout"));
}

TEST(PickApp, ACommandWithoutItsAppGetsAMenu) {
  Talk talk;
  talk.say("U0alice", "diff");
  ASSERT_EQ(talk.answers().size(), 1U);
  EXPECT_THAT(talk.answers().front(), HasSubstr("Which App?"));
  const auto blocks = talk.slack.messages.back().now().blocks->dump();
  EXPECT_THAT(blocks, HasSubstr("external_select"));
  EXPECT_THAT(blocks, HasSubstr("pick:diff|"));
}

TEST(Help, OfACommandShowsItsWordsAndAnExample) {
  Talk talk;
  talk.config.chat.aliases = {{"back", "rollback {1} --previous"}};
  talk.say("U0alice", "help rollback");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("--previous"), HasSubstr("rollback checkout to 4f2c81a"), HasSubstr("revert"), HasSubstr("back")));
  talk.say("U0alice", "help undo");
  EXPECT_THAT(talk.answers().back(), HasSubstr("*rollback*"));
  talk.say("U0alice", "help back");
  EXPECT_THAT(talk.answers().back(), HasSubstr("alias"));
  talk.say("U0alice", "help rolback");
  EXPECT_THAT(talk.answers().back(), HasSubstr("help rollback"));
}

TEST(Help, ListsOnlyWhatTheCallerMaySay) {
  Talk talk;
  talk.say("U0carol", "help");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("status"), Not(HasSubstr("rollback")), Not(HasSubstr("halt"))));
  talk.say("U0alice", "help");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("rollback"), HasSubstr("halt"), HasSubstr("Keep quiet")));
  talk.say("U0carol", "help halt");
  EXPECT_THAT(talk.answers().back(), HasSubstr("You may not say this"));
}

TEST(Help, NamesTheAliases) {
  Talk talk;
  talk.config.chat.aliases = {{"back", "rollback {1} --previous"}, {"status", "sync"}};
  talk.say("U0alice", "help");
  EXPECT_THAT(talk.slack.messages.back().now().blocks->dump(), HasSubstr("rollback {1} --previous"));
  EXPECT_THAT(talk.answers().back(), HasSubstr("Aliases: back"));
}

}  // namespace
}  // namespace driftwarden
