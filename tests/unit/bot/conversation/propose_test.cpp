// Somebody asks for a change in a sentence.
#include "bot/assist/assistant.hpp"
#include "bot/command/intents.hpp"
#include "tests/support/fakes/model.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kThree = R"({"summary":"Three replicas","steps":[{"set":{"object":"Deployment/checkout","path":".spec.replicas","value":3}}]})";

struct Proposing : testing::Test {
  Proposing() {
    talk.config.model.emplace();
    talk.config.model->name = "scripted-1";
    talk.assistant = &assistant;
    talk.reopen();
    talk.clock.advance(2s);
    model.answer = [](const llm::Prompt&) -> Result<std::string> { return std::string(kThree); };
  }
  Talk talk;
  test::FakeModel model;
  Assistant assistant{{&talk.clock, &talk.config, &talk.async, &model}};
};

TEST_F(Proposing, ASentenceIsACardThatOthersDecideOn) {
  talk.say("U0alice", "propose checkout \"three of them, please\"");
  talk.clock.advance(5s);
  ASSERT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_EQ(talk.change().verb, ChangeVerb::Propose);
  EXPECT_EQ(talk.change().state, ChangeState::Proposed) << talk.change().failure;
  EXPECT_THAT(talk.card().now().text, HasSubstr("do \"three of them, please\" (drafted by scripted-1)"));
  talk.say("U0alice", "approve C-1");
  EXPECT_EQ(talk.change().state, ChangeState::Proposed) << "nobody approves what they asked for";
  talk.say("U0bob", "approve C-1");
  talk.clock.advance(2min);
  EXPECT_EQ(talk.change().state, ChangeState::Done) << talk.change().failure;
}

TEST_F(Proposing, TheSameSentenceTwiceIsOneChange) {
  talk.say("U0alice", "propose checkout three of them");
  talk.clock.advance(5s);
  talk.say("U0bob", "propose checkout \"three of them\"");
  EXPECT_THAT(talk.answers().back(), HasSubstr("C-1 asks for the same"));
  EXPECT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_THAT(model.prompts, SizeIs(1));
}

TEST_F(Proposing, WhoMayNotProposeIsRefusedBeforeAnyModelIsAsked) {
  talk.say("U0carol", "propose checkout three of them");
  talk.clock.advance(5s);
  EXPECT_THAT(talk.all_changes(), IsEmpty());
  EXPECT_THAT(model.prompts, IsEmpty());
  EXPECT_THAT(talk.refusals(), SizeIs(1));
}

TEST_F(Proposing, ASecretInTheSentenceGoesNowhere) {
  for (const auto* text : {"set the db password=hunter2hunter2", "give it --token hunter2hunter2", "the db password is hunter2hunter2", "set DB_PASSWORD to hunter2hunter2"}) {
    talk.say("U0alice", fmt::format("propose checkout \"{}\"", text));
    talk.clock.advance(5s);
    EXPECT_THAT(talk.all_changes(), IsEmpty()) << text;
  }
  EXPECT_THAT(model.prompts, IsEmpty());
  EXPECT_THAT(talk.answers().back(), Not(HasSubstr("hunter2")));
  for (const auto& row : talk.look<std::vector<AuditRow>>([](storage::Transaction& tx) { return tx.audit({"", {}, 1000, false}); })) EXPECT_THAT(row.entry.detail, Not(HasSubstr("hunter2")));
}

TEST_F(Proposing, WithoutAModelTheTypedCommandsAreNamed) {
  talk.config.model.reset();
  talk.say("U0alice", "propose checkout three of them");
  EXPECT_THAT(talk.answers().back(), HasSubstr("No model is configured that could draft it. `set checkout`"));
  EXPECT_THAT(talk.all_changes(), IsEmpty());
}

TEST_F(Proposing, AModelThatIsNotForDraftingDraftsNothing) {
  talk.config.model->propose = false;
  talk.say("U0alice", "propose checkout three of them");
  EXPECT_THAT(talk.answers().back(), HasSubstr("No model is configured that could draft it"));
}

TEST_F(Proposing, ABrokenGlassDoesNotCarryADraft) {
  talk.config.policy.break_glass.who = {"alice"};
  talk.say("U0alice", "break-glass checkout for 10m because incident 7");
  talk.say("U0alice", "propose checkout three of them");
  talk.clock.advance(30s);
  ASSERT_THAT(talk.all_changes(), SizeIs(1));
  EXPECT_EQ(talk.change().break_glass, "");
  EXPECT_EQ(talk.change().state, ChangeState::Proposed) << talk.change().failure;
  EXPECT_EQ(talk.change().quorum.need, 1);
}

TEST_F(Proposing, AHaltHoldsItUp) {
  talk.say("U0alice", "halt because incident 7");
  talk.say("U0bob", "propose checkout three of them");
  EXPECT_THAT(talk.all_changes(), IsEmpty());
  EXPECT_THAT(model.prompts, IsEmpty());
}

}  // namespace
}  // namespace driftwarden
