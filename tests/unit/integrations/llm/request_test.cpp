// What is asked, and how it is asked again.
#include "integrations/llm/request.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden::llm {
namespace {

using nlohmann::json;

Prompt a_prompt() {
  Prompt prompt;
  prompt.messages.emplace_back(Role::System, "rules");
  prompt.messages.emplace_back(Role::User, "wish \xff");
  prompt.answer_tokens = 99;
  prompt.json = true;
  return prompt;
}

json body(const Dialect& dialect, bool stream = true) {
  ModelOptions options;
  options.name = "qwen";
  options.key = Secret<std::string>("sk-1");
  options.stream = stream;
  return json::parse(request_body(a_prompt(), options, dialect));
}

TEST(Requests, HoldWhatTheEndpointTakes) {
  const auto full = body({});
  EXPECT_EQ(full["model"], "qwen");
  EXPECT_EQ(full["max_tokens"], 99);
  EXPECT_EQ(full["response_format"]["type"], "json_object");
  EXPECT_EQ(full["stream_options"]["include_usage"], true);
  EXPECT_EQ(full["messages"][0]["role"], "system");
  EXPECT_EQ(full["messages"][1]["content"], "wish \ufffd");
  EXPECT_EQ(full.dump().find("sk-1"), std::string::npos);
  const auto plain = body({.json_format = false, .stream = false, .stream_usage = true, .temperature = false, .completion_tokens = true});
  EXPECT_FALSE(plain.contains("response_format") || plain.contains("stream") || plain.contains("stream_options") || plain.contains("temperature") || plain.contains("max_tokens"));
  EXPECT_EQ(plain["max_completion_tokens"], 99);
  EXPECT_FALSE(body({}, false).contains("stream"));
}

struct AdaptRow {
  std::string name;
  std::string refusal;
  Dialect then;
  friend void PrintTo(const AdaptRow& row, std::ostream* out) { *out << row.name; }
};
class Wordings : public testing::TestWithParam<AdaptRow> {};
TEST_P(Wordings, AreLeftOutByName) {
  Dialect dialect;
  EXPECT_EQ(adapt(dialect, a_prompt(), GetParam().refusal), GetParam().then != Dialect{});
  EXPECT_EQ(dialect, GetParam().then);
}
INSTANTIATE_TEST_SUITE_P(Refusals, Wordings,
                         testing::Values(AdaptRow{"Tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", {.completion_tokens = true}},
                                         AdaptRow{"Json", "'response_format' is not supported", {.json_format = false}}, AdaptRow{"Usage", "unknown field stream_options", {.stream_usage = false}},
                                         AdaptRow{"Temperature", "temperature must be 1", {.temperature = false}}, AdaptRow{"Stream", "Streaming is not available", {.stream = false}},
                                         AdaptRow{"AnythingElse", "extra fields not permitted", {.json_format = false, .stream_usage = false, .temperature = false}},
                                         AdaptRow{"TheLength", "This model's maximum context length is 4096 tokens", {}}, AdaptRow{"TheModel", "model not found", {}}),
                         [](const auto& row) { return row.param.name; });

TEST(Wordings, EndSomewhere) {
  Dialect dialect;
  int changed = 0;
  while (adapt(dialect, a_prompt(), "no") && changed < 20) ++changed;
  EXPECT_EQ(changed, 1);
  for (const auto* refusal : {"max_completion_tokens", "response_format", "stream_options", "temperature", "stream", "max_completion_tokens", "stream", "no"}) {
    if (adapt(dialect, a_prompt(), refusal)) ++changed;
  }
  EXPECT_EQ(changed, 3) << "tokens and streaming were left";
}

}  // namespace
}  // namespace driftwarden::llm
