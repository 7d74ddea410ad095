// Whether the model's endpoint answers, and has it.
#include "bot/doctor/model_check.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;

class ModelCheck : public testing::Test {
 protected:
  ModelCheck() : clock(io) {
    model.api_url = "http://127.0.0.1:11434/v1";
    model.name = "qwen";
  }
  DoctorFindings look() {
    ModelProbe probe;
    probe.list = [this] { return models(); };
    probe.try_it = [this] { return answer(); };
    return test::run(io, check_model(clock, model, std::move(probe)));
  }
  asio::awaitable<Result<std::vector<std::string>>> models() { co_return listed; }
  asio::awaitable<Result<std::string>> answer() {
    ++tried;
    co_return answered;
  }

  asio::io_context io;
  test::ManualClock clock;
  ModelConfig model;
  Result<std::vector<std::string>> listed = std::vector<std::string>{"llama", "qwen:latest"};
  Result<std::string> answered = std::string("ready");
  int tried = 0;
};

TEST_F(ModelCheck, TheEndpointHasIt) {
  const auto findings = look();
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].state, FindingState::Ok);
  EXPECT_EQ(findings[1].state, FindingState::Ok);
  EXPECT_EQ(tried, 0) << "nothing is paid for that needn't be";
}

TEST_F(ModelCheck, TheEndpointHasOthers) {
  listed = std::vector<std::string>{"llama", "qwen2"};
  const auto findings = look();
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].state, FindingState::Problem);
  EXPECT_THAT(findings[1].fix, HasSubstr("qwen2, llama"));
}

TEST_F(ModelCheck, WithoutAListItIsTried) {
  listed = Error{ErrorKind::NotFound, "it answers 404"};
  auto findings = look();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].state, FindingState::Ok);
  answered = Error{ErrorKind::NotFound, "it answers 404: no such model"};
  findings = look();
  EXPECT_EQ(findings[0].state, FindingState::Problem);
  EXPECT_THAT(findings[0].fix, HasSubstr("model.model"));
}

TEST_F(ModelCheck, AKeyThatIsNotTakenAndNobodyThere) {
  listed = Error{ErrorKind::Denied, "it answers 401; check model.key"};
  EXPECT_THAT(look()[0].fix, HasSubstr("model.key"));
  listed = Error{ErrorKind::Unavailable, "connection refused"};
  const auto findings = look();
  EXPECT_EQ(findings[0].state, FindingState::Problem);
  EXPECT_EQ(findings[1].state, FindingState::Skipped);
  EXPECT_EQ(tried, 0);
}

}  // namespace
}  // namespace driftwarden
