// The only door to the model: what is asked stands in the audit log first, without secrets, and not too often.
#include "bot/assist/assistant.hpp"

#include "gitops/base/async.hpp"
#include "tests/support/fakes/model.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/thread_pool.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class AssistantTest : public testing::Test {
 protected:
  AssistantTest() : clock(io), store(std::move(storage::Store::open(":memory:", clock)).value()), async(*store, thread.get_executor()) {
    config.model.emplace();
    config.model->name = "qwen";
    config.model->per_person = 3;
    config.model->per_hour = 5;
    config.slack.bot_token = Secret<std::string>("xoxb-ours-and-long");
    model.answer = [](const llm::Prompt&) -> Result<std::string> { return std::string("hello"); };
  }
  ~AssistantTest() override { thread.join(); }

  Assistant& assistant() {
    if (!assistant_) assistant_ = std::make_unique<Assistant>(parts());
    return *assistant_;
  }
  Assistant::Parts parts() {
    Assistant::Parts parts;
    parts.clock = &clock;
    parts.config = &config;
    parts.store = &async;
    parts.model = &model;
    return parts;
  }
  static Asking asking(const std::string& who = "alice", Purpose purpose = Purpose::Ask) {
    Asking asking;
    asking.purpose = purpose;
    asking.who = who;
    asking.app = "checkout";
    asking.subject = "C-12";
    asking.where = "C1/1.2";
    return asking;
  }
  Result<Told> ask(const std::string& text = "why?", Asking who = asking()) {
    llm::Prompt prompt;
    prompt.messages.emplace_back(llm::Role::System, "rules");
    prompt.messages.emplace_back(llm::Role::User, text);
    return test::run(io, assistant().ask(std::move(who), std::move(prompt)));
  }
  std::vector<AuditRow> rows() {
    std::vector<AuditRow> all;
    auto read = store->transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(all, tx.audit({}));
      return Result<void>{};
    });
    EXPECT_TRUE(read);
    std::ranges::sort(all, {}, &AuditRow::seq);
    return all;
  }
  std::vector<std::string> actions() {
    std::vector<std::string> words;
    for (const auto& row : rows()) words.push_back(row.entry.action);
    return words;
  }

  asio::io_context io;
  test::ManualClock clock;
  asio::thread_pool thread{1};
  std::unique_ptr<storage::Store> store;
  AsyncStore async;
  Config config;
  test::FakeModel model;
  std::unique_ptr<Assistant> assistant_;
};

TEST_F(AssistantTest, AnAnswerAndTheTwoRowsOfIt) {
  const auto told = ask();
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->text, "hello");
  EXPECT_EQ(told->model, "scripted-1");
  ASSERT_THAT(actions(), ElementsAre("model.asked", "model.answered"));
  const auto all = rows();
  EXPECT_EQ(told->audit, std::to_string(all[0].seq) + ":" + all[0].hash);
  for (const auto& row : all) {
    EXPECT_EQ(row.entry.actor, "alice");
    EXPECT_EQ(row.entry.app, "checkout") << "so that only who sees the App sees the row";
    EXPECT_EQ(row.entry.subject, "C-12");
    EXPECT_EQ(row.entry.where, "C1/1.2");
  }
  const auto question = json::parse(all[0].entry.detail);
  EXPECT_EQ(question["purpose"], "ask");
  EXPECT_EQ(question["prompt"][1]["text"], "why?");
  const auto answer = json::parse(all[1].entry.detail);
  EXPECT_EQ(answer["question"], told->audit);
  EXPECT_EQ(answer["digest"].get<std::string>().size(), 64U);
  EXPECT_EQ(answer["prompt_tokens"], 100);
}

TEST_F(AssistantTest, NoSecretLeavesAndNoneIsKept) {
  ASSERT_TRUE(ask("password: hunter2hunter2\nour token is xoxb-ours-and-long\n"));
  EXPECT_THAT(model.heard(), AllOf(HasSubstr("password: ***"), Not(HasSubstr("hunter2")), Not(HasSubstr("xoxb"))));
  for (const auto& row : rows()) EXPECT_THAT(row.entry.detail, AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("xoxb"))));
}

TEST_F(AssistantTest, TheRowSaysExactlyWhatWasSent) {
  ASSERT_TRUE(ask(std::string(200'000, 'x')));
  const auto kept = json::parse(rows().front().entry.detail)["prompt"][1]["text"].get<std::string>();
  EXPECT_EQ(kept, model.prompts.at(0).messages.at(1).text);
  EXPECT_LE(kept.size(), std::size_t{48} << 10U);
}

TEST_F(AssistantTest, AFailureHasItsRow) {
  model.answer = [](const llm::Prompt&) -> Result<std::string> { return Error{ErrorKind::Unavailable, "it said password: hunter2hunter2"}; };
  const auto told = ask();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::Unavailable);
  EXPECT_THAT(told.error().message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(actions(), ElementsAre("model.asked", "model.failed"));
  EXPECT_THAT(rows().back().entry.detail, Not(HasSubstr("hunter2")));
}

TEST_F(AssistantTest, EachPersonHasALimitAndTheHourPasses) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ask());
  const auto fourth = ask();
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().kind, ErrorKind::RateLimited);
  EXPECT_THAT(fourth.error().message, HasSubstr("3 times an hour by each person"));
  EXPECT_TRUE(ask("why?", asking("bob")));
  EXPECT_EQ(model.prompts.size(), 4U);
  clock.advance(1h);
  EXPECT_TRUE(ask());
}

TEST_F(AssistantTest, AllTogetherHaveOneToo) {
  for (const auto* who : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(ask("why?", asking(who)));
  const auto sixth = ask("why?", asking("f"));
  ASSERT_FALSE(sixth);
  EXPECT_THAT(sixth.error().message, HasSubstr("5 times an hour by all people"));
}

TEST_F(AssistantTest, ARestartForgetsNoQuestion) {
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(ask());
  clock.advance(30min);
  ASSERT_TRUE(ask());
  assistant_.reset();
  const auto fourth = ask();
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().kind, ErrorKind::RateLimited);
  EXPECT_THAT(fourth.error().message, HasSubstr("the next question goes in 30 min"));
  ASSERT_TRUE(ask("why?", asking("bob")));
  ASSERT_TRUE(ask("why?", asking("cy")));
  EXPECT_THAT(ask("why?", asking("dan")).error().message, HasSubstr("by all people"));
  clock.advance(30min);
  assistant_.reset();
  EXPECT_TRUE(ask()) << "the first two are an hour old";
}

TEST_F(AssistantTest, AnHourOfMoreQuestionsThanAreReadAtOnceIsCountedWhole) {
  config.model->per_person = 1'000;
  config.model->per_hour = 200;
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(ask("why?", asking(i % 2 == 0 ? "alice" : "bob")));
  assistant_.reset();
  EXPECT_THAT(ask().error().message, HasSubstr("200 times an hour by all people"));
  config.model->per_hour = 201;
  EXPECT_TRUE(ask());
}

TEST_F(AssistantTest, FailuresCountToo) {
  model.answer = nullptr;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask().error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(ask().error().kind, ErrorKind::RateLimited);
}

TEST_F(AssistantTest, OnlyWhatTheConfigurationSaysItIsFor) {
  config.model->propose = false;
  EXPECT_TRUE(assistant().serves(Purpose::Ask));
  EXPECT_FALSE(assistant().serves(Purpose::Propose));
  EXPECT_EQ(ask("x", asking("alice", Purpose::Propose)).error().kind, ErrorKind::InvalidInput);
  config.model.reset();
  EXPECT_FALSE(assistant().serves(Purpose::Ask));
  EXPECT_FALSE(ask());
  EXPECT_TRUE(model.prompts.empty());
  EXPECT_THAT(rows(), IsEmpty());
}

/// Thinks for an hour.
class SlowModel final : public llm::Model {
 public:
  explicit SlowModel(Clock& clock) : clock_(clock) {}
  asio::awaitable<Result<llm::Completion>> complete(llm::Prompt) override {
    CO_CHECK_OK(co_await clock_.sleep_for(1h));
    co_return llm::Completion();
  }
  std::string name() const override { return "slow"; }

 private:
  Clock& clock_;
};

TEST_F(AssistantTest, AQuestionWhoseAskerIsGoneHasItsEndInTheLog) {
  SystemClock real;
  SlowModel slow(real);
  auto with_slow = parts();
  with_slow.model = &slow;
  assistant_ = std::make_unique<Assistant>(with_slow);
  llm::Prompt prompt;
  prompt.messages.emplace_back(llm::Role::User, "why?");
  const auto told = test::run(io, with_deadline<Told>(real, real.mono_now() + 100ms, assistant().ask(asking(), std::move(prompt))));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::Timeout);
  ASSERT_THAT(actions(), ElementsAre("model.asked", "model.failed"));
  EXPECT_THAT(rows().back().entry.detail, HasSubstr("waits no longer"));
}

TEST_F(AssistantTest, NothingIsSentThatCannotBeWrittenDown) {
  auto readonly = parts();
  AsyncStore broken(*store, thread.get_executor(), [](storage::Transaction&, const AsyncStore::Work&) -> Result<void> { return Error{ErrorKind::Unavailable, "the disk is full"}; });
  readonly.store = &broken;
  assistant_ = std::make_unique<Assistant>(readonly);
  EXPECT_FALSE(ask());
  EXPECT_TRUE(model.prompts.empty());
}

}  // namespace
}  // namespace driftwarden
