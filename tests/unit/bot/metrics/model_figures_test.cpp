#include "bot/metrics/model_figures.hpp"

#include "tests/support/fakes/model.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/prometheus.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::IsEmpty;

TEST(ModelFiguresTest, CountAnswersByWhatCameOfThem) {
  asio::io_context io;
  test::ManualClock clock(io);
  ModelFigures figures;
  auto scripted = std::make_unique<test::FakeModel>();
  scripted->answers = {std::string("one"), std::string("two"), Error{ErrorKind::Timeout, "no answer in time"}, Error{ErrorKind::RateLimited, "later"}};
  const auto model = counted(std::move(scripted), clock, figures);
  EXPECT_EQ(model->name(), "scripted-1 at 127.0.0.1");
  for (int i = 0; i < 5; ++i) {
    auto asking = model->complete({});
    const auto answer = test::run(io, std::move(asking));
    EXPECT_EQ(answer.has_value(), i < 2);
  }
  MetricText text;
  figures.write(text);
  const auto read = test::read_prometheus(text.text());
  EXPECT_THAT(read.faults, IsEmpty());
  EXPECT_EQ(read.at(R"(driftwarden_model_seconds_count{outcome="answered"})"), 2);
  for (const auto* outcome : {"late", "limited", "unreachable"}) EXPECT_EQ(read.at("driftwarden_model_seconds_count{outcome=\"" + std::string(outcome) + "\"}"), 1) << outcome;
  EXPECT_EQ(read.at(R"(driftwarden_model_tokens_total{of="prompts"})"), 200);
  EXPECT_EQ(read.at(R"(driftwarden_model_tokens_total{of="answers"})"), 20);
}

TEST(ModelFiguresTest, BeforeTheFirstQuestionTheyAreGoodPrometheus) {
  MetricText text;
  ModelFigures().write(text);
  EXPECT_THAT(test::read_prometheus(text.text()).faults, IsEmpty());
}

}  // namespace
}  // namespace driftwarden
