#include "integrations/llm/request.hpp"

#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace driftwarden::llm {
namespace {

using nlohmann::json;

const char* role_name(Role role) {
  switch (role) {
    case Role::System: return "system";
    case Role::User: return "user";
    case Role::Assistant: return "assistant";
  }
  return "user";
}

bool says(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

}  // namespace

std::string request_body(const Prompt& prompt, const ModelOptions& options, const Dialect& dialect) {
  json messages = json::array();
  for (const auto& message : prompt.messages) messages.push_back({{"role", role_name(message.role)}, {"content", message.text}});
  json body{{"model", options.name}, {"messages", std::move(messages)}};
  body[dialect.completion_tokens ? "max_completion_tokens" : "max_tokens"] = prompt.answer_tokens;
  if (dialect.temperature) body["temperature"] = 0;
  if (prompt.json && dialect.json_format) body["response_format"] = {{"type", "json_object"}};
  if (options.stream && dialect.stream) {
    body["stream"] = true;
    if (dialect.stream_usage) body["stream_options"] = {{"include_usage", true}};
  }
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool adapt(Dialect& dialect, const Prompt& prompt, std::string_view refusal) {
  const auto text = to_lower(refusal);
  if (says(text, "max_completion_tokens") && !dialect.completion_tokens) return !std::exchange(dialect.completion_tokens, true);
  const bool asks_json = prompt.json && dialect.json_format;
  if (asks_json && (says(text, "response_format") || says(text, "json_object") || says(text, "json mode"))) return std::exchange(dialect.json_format, false);
  if (dialect.stream && dialect.stream_usage && (says(text, "stream_options") || says(text, "include_usage"))) return std::exchange(dialect.stream_usage, false);
  if (dialect.temperature && says(text, "temperature")) return std::exchange(dialect.temperature, false);
  if (dialect.stream && says(text, "stream")) return std::exchange(dialect.stream, false);
  // Nothing that a plainer request would mend.
  if (says(text, "context") || says(text, "too long") || says(text, "too large") || says(text, "not found")) return false;
  auto plain = dialect;
  plain.temperature = false;
  if (asks_json) plain.json_format = false;
  if (dialect.stream) plain.stream_usage = false;
  return std::exchange(dialect, plain) != plain;
}

}  // namespace driftwarden::llm
