// Plain words: one typed command, which only the person who said them runs, once, for a while.
#include "tests/unit/bot/conversation/model_talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string kRollBack = "scale checkout up to 4 replicas";

struct RunTalk : Talk {
  /// What was run by the button.
  std::vector<AuditRow> runs() {
    return look<std::vector<AuditRow>>([](storage::Transaction& tx) {
      storage::AuditQuery query;
      query.action = "sentence.run";
      return tx.audit(query);
    });
  }
};

struct Sentences : testing::Test {
  RunTalk talk;
  const test::PostedMessage& asked(const std::string& user = "U0bob", const std::string& text = kRollBack) {
    talk.say(user, text);
    return *talk.slack.with_key("reply:").back();
  }
};

TEST_F(Sentences, AreReadAsOneCommandAndNothingIsDone) {
  const auto& message = asked();
  EXPECT_THAT(message.now().text, HasSubstr("I read that as `scale checkout to 4`"));
  EXPECT_THAT(message.now().blocks->dump(), HasSubstr("run-it U0bob"));
  EXPECT_THAT(talk.all_changes(), IsEmpty());
}

TEST_F(Sentences, ThePersonsOwnPressIsTheirCommand) {
  talk.press("U0bob", asked(), "run-it");
  talk.clock.advance(10s);
  ASSERT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_EQ(talk.all_changes().front().requester, "bob");
  EXPECT_EQ(talk.all_changes().front().verb, ChangeVerb::Scale);
}

TEST_F(Sentences, NobodyElsesPressCounts) {
  talk.press("U0alice", asked(), "run-it");
  EXPECT_THAT(talk.all_changes(), IsEmpty());
  ASSERT_THAT(talk.refusals(), SizeIs(1));
  EXPECT_EQ(talk.refusals().front().entry.action, "action.refused");
  EXPECT_EQ(talk.refusals().front().entry.actor, "alice");
  EXPECT_THAT(talk.refusals().front().entry.detail, HasSubstr("another person's words"));
  EXPECT_THAT(talk.last_ephemeral("U0alice"), HasSubstr("somebody else's words"));
}

TEST_F(Sentences, ItIsGoodForTenMinutes) {
  const auto message = asked();
  talk.clock.advance(11min);
  talk.press("U0bob", message, "run-it");
  EXPECT_THAT(talk.all_changes(), IsEmpty());
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("was for 10 min only"));
}

TEST_F(Sentences, ItIsPressedOnce) {
  const auto message = asked();
  talk.press("U0bob", message, "run-it");
  talk.press("U0bob", message, "run-it");
  talk.clock.advance(10s);
  EXPECT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("was run already"));
}

TEST_F(Sentences, ItIsPressedOnceOverARestart) {
  const auto message = asked();
  talk.press("U0bob", message, "run-it");
  talk.reopen();
  talk.press("U0bob", message, "run-it");
  talk.clock.advance(10s);
  EXPECT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("was run already"));
}

TEST_F(Sentences, TheButtonGoesOnceItWasPressed) {
  const auto before = asked();
  talk.press("U0alice", before, "run-it");
  const auto message = [&]() -> const test::PostedMessage& { return *talk.slack.with_key(before.key).front(); };
  EXPECT_EQ(message().versions.size(), 1U) << "it isn't hers";
  talk.press("U0bob", before, "run-it");
  EXPECT_THAT(message().now().blocks->dump(), AllOf(HasSubstr("<@U0bob> pressed *Run it*"), HasSubstr("scale checkout to 4"), Not(HasSubstr("actions"))));
  talk.clock.advance(1h);
  EXPECT_EQ(message().versions.size(), 2U) << "and stays like that";
}

TEST_F(Sentences, TheButtonGoesWithItsTime) {
  const auto before = asked();
  talk.reopen();
  talk.clock.advance(9min);
  EXPECT_EQ(talk.slack.with_key(before.key).front()->versions.size(), 1U);
  talk.clock.advance(2min);
  const auto& message = *talk.slack.with_key(before.key).front();
  EXPECT_THAT(message.now().blocks->dump(), AllOf(HasSubstr("nobody ran it"), Not(HasSubstr("actions"))));
}

TEST_F(Sentences, AMessageThatIsGoneNeedsNoRedrawing) {
  const auto before = asked();
  for (auto& message : talk.slack.messages) message.deleted = message.key == before.key;
  const auto posts = talk.slack.posts();
  talk.press("U0bob", before, "run-it");
  talk.clock.advance(20min);
  EXPECT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_LE(talk.slack.with_key(before.key).size(), 1U);
  EXPECT_LE(talk.slack.posts(), posts + 3) << "the card and what belongs to it";
}

TEST_F(Sentences, WhoAsksForHelpGetsIt) {
  talk.say("U0bob", "what can you do");
  EXPECT_THAT(talk.answers().back(), Not(HasSubstr("I read that as")));
  EXPECT_THAT(talk.slack.with_key("reply:").back()->now().blocks->dump(), HasSubstr("rollback"));
}

TEST_F(Sentences, TheSameWordsSaidAgainAreAnotherButton) {
  const auto first = asked();
  talk.press("U0bob", first, "run-it");
  const auto second = asked();
  ASSERT_NE(first.at.ts, second.at.ts);
  talk.press("U0bob", second, "run-it");
  EXPECT_THAT(talk.last_ephemeral("U0bob"), Not(HasSubstr("was run already")));
  EXPECT_THAT(talk.runs(), SizeIs(2));
}

TEST_F(Sentences, WhatWasRunHasItsRow) {
  const auto message = asked();
  talk.press("U0alice", message, "run-it");
  EXPECT_THAT(talk.runs(), IsEmpty()) << "it is not hers";
  talk.press("U0bob", message, "run-it");
  ASSERT_THAT(talk.runs(), SizeIs(1));
  const auto entry = talk.runs().front().entry;
  EXPECT_EQ(entry.actor, "bob");
  EXPECT_EQ(entry.app, "checkout") << "so that only who sees the App sees the row";
  EXPECT_EQ(entry.where, message.at.channel + "/" + message.at.ts);
  EXPECT_EQ(entry.detail, R"({"command":"scale checkout to 4"})");
}

/// The press is stored; then the process dies at its n-th write.
class CrashAfterThePress : public testing::TestWithParam<std::tuple<test::WatchedStore::Crash, int>> {};
TEST_P(CrashAfterThePress, ItIsRunOnceAndAnswered) {
  RunTalk talk;
  talk.say("U0bob", kRollBack);
  const auto message = *talk.slack.with_key("reply:").back();
  talk.store.crash_at(std::get<1>(GetParam()), std::get<0>(GetParam()));
  talk.press("U0bob", message, "run-it");
  if (talk.store.crashed()) talk.reopen();
  talk.clock.advance(20s);
  if (talk.store.crashed()) talk.reopen();
  talk.clock.advance(20s);
  ASSERT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_EQ(talk.all_changes().front().state, ChangeState::Proposed) << talk.all_changes().front().failure;
  talk.press("U0bob", message, "run-it");
  talk.clock.advance(10s);
  EXPECT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_THAT(talk.runs(), SizeIs(1));
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("was run already"));
  EXPECT_THAT(talk.slack.with_key(message.key).front()->now().blocks->dump(), AllOf(HasSubstr("pressed *Run it*"), Not(HasSubstr("actions"))));
}
INSTANTIATE_TEST_SUITE_P(Transactions, CrashAfterThePress,
                         testing::Combine(testing::Values(test::WatchedStore::Crash::BeforeCommit, test::WatchedStore::Crash::AfterCommit), testing::Range(2, 8)),
                         [](const auto& row) { return fmt::format("{}Commit{}", std::get<0>(row.param) == test::WatchedStore::Crash::BeforeCommit ? "Before" : "After", std::get<1>(row.param)); });

TEST_F(Sentences, ThePolicyIsAskedAsEver) {
  const auto message = asked("U0carol", "restart checkout please");
  EXPECT_THAT(message.now().text, Not(HasSubstr("I read that")));  // a command already, but for one word
  const auto read = asked("U0carol");
  talk.config.policy.rules.clear();
  talk.press("U0carol", read, "run-it");
  talk.clock.advance(10s);
  EXPECT_THAT(talk.all_changes(), IsEmpty());
  EXPECT_THAT(talk.refusals(), Not(IsEmpty()));
}

TEST_F(Sentences, TypingTheButtonsWordsDoesNothing) {
  talk.say("U0alice", "run-it U0alice 9999999999 sync checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("I can make no command of that"));
  EXPECT_THAT(talk.all_changes(), IsEmpty());
}

TEST_F(Sentences, ASlipInACommandIsAnsweredAsBefore) {
  talk.say("U0alice", "scale checkout to many");
  EXPECT_THAT(talk.answers().back(), HasSubstr("To how many replicas?"));
  talk.say("U0alice", "snyc checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("Did you mean: sync checkout"));
}

TEST_F(Sentences, NameNoAppThatIsHidden) {
  Team team;
  team.name = "shop";
  team.members = {"alice"};
  team.apps = {"checkout"};
  team.is_private = true;
  talk.config.teams.push_back(team);
  talk.say("U0carol", kRollBack);
  EXPECT_THAT(talk.slack.messages.back().now().text, Not(HasSubstr("I read that as")));
}

TEST_F(Sentences, WhatMayNotBeReadHereIsWhispered) {
  Team team;
  team.name = "shop";
  team.members = {"alice", "bob"};
  team.apps = {"checkout"};
  team.channels = {"#shop-internal"};
  talk.config.teams.push_back(team);
  talk.say("U0bob", kRollBack);
  EXPECT_EQ(talk.slack.messages.back().user, "U0bob");
  EXPECT_THAT(talk.slack.messages.back().now().text, HasSubstr("I read that as"));
}

struct ByModel : testing::Test {
  ModelTalk talk;
  const std::string sentence = "the till is too small for tonight, five of them would do";
};

TEST_F(ByModel, TheModelReadsWhatWeDoNot) {
  talk.model.answers.push_back("scale checkout to 5");
  talk.say("U0bob", sentence);
  EXPECT_THAT(talk.said(), HasSubstr("I read that as `scale checkout to 5`"));
  EXPECT_THAT(talk.said(), HasSubstr("read by the model *scripted-1*, which may be wrong"));
  EXPECT_THAT(talk.all_changes(), IsEmpty());
  EXPECT_THAT(talk.rows("model.asked"), SizeIs(1));
  EXPECT_THAT(talk.rows("model.answered"), SizeIs(1));
  talk.press("U0bob", talk.last(), "run-it");
  talk.clock.advance(10s);
  ASSERT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_EQ(talk.all_changes().front().requester, "bob");
}

TEST_F(ByModel, OurOwnTableGoesFirst) {
  talk.say("U0bob", kRollBack);
  EXPECT_THAT(talk.said(), HasSubstr("I read that as `scale checkout to 4`"));
  EXPECT_THAT(talk.model.prompts, IsEmpty());
}

TEST_F(ByModel, AHostileModelGetsNothingRun) {
  for (const auto* answer : {"approve C-1", "halt", "break-glass checkout for 30m because x", "waive C-1 floating-tag because x", "sync checkout\napprove C-1", "set checkout .spec.replicas=0", "<!channel> https://evil.example",
                             "delegate to eve for 8h", "silence app=* for 7d because x", "run-it U0bob 9999999999 sync checkout"}) {
    talk.model.answers.clear();
    talk.model.answers.push_back(std::string(answer));
    talk.say("U0bob", sentence);
    EXPECT_THAT(talk.said(), HasSubstr("I can make no command of that")) << answer;
    EXPECT_THAT(talk.said(), Not(HasSubstr("evil"))) << answer;
    EXPECT_THAT(talk.last().now().blocks->dump(), Not(HasSubstr("run-it"))) << answer;
  }
  EXPECT_THAT(talk.all_changes(), IsEmpty());
}

TEST_F(ByModel, AModelThatFailsLeavesTheOrdinaryAnswer) {
  talk.say("U0bob", sentence);
  EXPECT_THAT(talk.said(), HasSubstr("I can make no command of that"));
  EXPECT_THAT(talk.rows("model.failed"), SizeIs(1));
}

TEST_F(ByModel, TheLimitIsSaid) {
  talk.config.model->per_person = 1;
  talk.model.answer = [](const llm::Prompt&) { return std::string("none"); };
  talk.say("U0bob", sentence);
  talk.say("U0bob", sentence);
  EXPECT_THAT(talk.model.prompts, SizeIs(1));
  EXPECT_THAT(talk.said(), HasSubstr("the model may be asked 1 times an hour"));
}

TEST_F(ByModel, StrangersGuestsAndValuesAreNotForIt) {
  talk.say("U0EVE", sentence);
  EXPECT_THAT(talk.model.prompts, IsEmpty()) << "nobody knows her";
  talk.say("U0bob", "please set the DB_PASSWORD of checkout to hunter2 tonight");
  EXPECT_THAT(talk.model.prompts, IsEmpty()) << "it may hold a value";
  talk.config.model->sentences = false;
  talk.say("U0bob", sentence);
  EXPECT_THAT(talk.model.prompts, IsEmpty());
}

TEST_F(ByModel, OfHiddenAppsTheModelHearsNothing) {
  Team team;
  team.name = "shop";
  team.members = {"alice"};
  team.apps = {"checkout"};
  team.is_private = true;
  talk.config.teams.push_back(team);
  talk.model.answer = [](const llm::Prompt&) { return std::string("scale checkout to 5"); };
  talk.say("U0carol", sentence);
  EXPECT_THAT(talk.model.prompts, SizeIs(1));
  EXPECT_THAT(talk.model.heard(), Not(HasSubstr("checkout")));
  EXPECT_THAT(talk.slack.messages.back().now().text, Not(HasSubstr("checkout")));
}

}  // namespace
}  // namespace driftwarden
