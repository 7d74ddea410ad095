#include "integrations/sandbox/model/model_script.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::sandbox {
namespace {

using nlohmann::json;

constexpr std::size_t kPiece = 24;
constexpr const char* kId = "chatcmpl-sandbox";

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }
std::string event(const json& value) { return "data: " + dump(value) + "\n\n"; }

std::string text_of(const json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return text;
  for (const auto& part : content) {
    if (part.is_object() && part.contains("text") && part["text"].is_string()) text += part["text"].get<std::string>();
  }
  return text;
}

std::string string_in(const json& value, const char* key, std::string fallback = {}) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::move(fallback);
}
std::size_t count_in(const json& value, const char* key, std::size_t fallback) {
  const auto found = value.find(key);
  return found != value.end() && found->is_number_unsigned() ? found->get<std::size_t>() : fallback;
}
bool flag_in(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && *found == true;
}
Duration millis_in(const json& value, const char* key) { return Duration{static_cast<Duration::rep>(count_in(value, key, 0))}; }

/// The next piece of `text` from `at` on, not cut inside a character.
std::string piece_at(const std::string& text, std::size_t at) {
  auto end = std::min(at + kPiece, text.size());
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  return text.substr(at, end - at);
}

json chunk(const std::string& model, json delta, json reason) {
  return {{"id", kId},
          {"object", "chat.completion.chunk"},
          {"created", 0},
          {"model", model},
          {"choices", {{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(reason)}}}}};
}

json figures(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens}, {"completion_tokens", usage.answer_tokens}, {"total_tokens", usage.prompt_tokens + usage.answer_tokens}};
}

}  // namespace

std::optional<std::vector<ModelMessage>> messages_of(const json& request) {
  if (!request.is_object() || !request.contains("messages") || !request["messages"].is_array() || request["messages"].empty()) return std::nullopt;
  std::vector<ModelMessage> messages;
  for (const auto& one : request["messages"]) {
    if (!one.is_object() || !one.contains("content")) return std::nullopt;
    messages.push_back({string_in(one, "role"), text_of(one["content"])});
  }
  return messages;
}

std::optional<ModelRule> rule_from(const json& value) {
  if (!value.is_object()) return std::nullopt;
  ModelRule rule;
  rule.pattern = string_in(value, "pattern");
  rule.uses = count_in(value, "uses", 0);
  auto& answer = rule.answer;
  answer.text = string_in(value, "text");
  answer.times = count_in(value, "times", 1);
  answer.status = static_cast<unsigned>(std::clamp<std::size_t>(count_in(value, "status", 200), 200, 599));
  answer.retry_after = string_in(value, "retry_after");
  answer.raw = string_in(value, "raw");
  answer.raw_type = string_in(value, "raw_type", answer.raw_type);
  answer.delay = millis_in(value, "delay");
  answer.between = millis_in(value, "between");
  answer.breaks_off = flag_in(value, "breaks_off");
  answer.fails_inside = flag_in(value, "fails_inside");
  answer.out_of_tokens = flag_in(value, "out_of_tokens");
  answer.without_done = flag_in(value, "without_done");
  answer.without_reason = flag_in(value, "without_reason");
  return rule;
}

Usage usage_of(const std::vector<ModelMessage>& messages, const std::string& text) {
  std::size_t bytes = 0;
  for (const auto& message : messages) bytes += message.text.size();
  return {bytes / 4 + 1, text.size() / 4 + 1};
}

std::string whole_answer(const std::string& model, const std::string& text, const Usage& usage, bool out_of_tokens) {
  const json choice{{"index", 0}, {"message", {{"role", "assistant"}, {"content", text}}}, {"finish_reason", out_of_tokens ? "length" : "stop"}};
  const json body{{"id", kId}, {"object", "chat.completion"}, {"created", 0}, {"model", model}, {"choices", json::array({choice})}, {"usage", figures(usage)}};
  return dump(body);
}

std::vector<std::string> streamed_answer(const std::string& model, const std::string& text, const ModelAnswer& answer, const std::optional<Usage>& usage) {
  std::vector<std::string> events{": thinking\n\n", event(chunk(model, {{"role", "assistant"}, {"content", ""}}, nullptr))};
  for (std::size_t at = 0; at < text.size();) {
    const auto piece = piece_at(text, at);
    at += piece.size();
    events.push_back(event(chunk(model, {{"content", piece}}, nullptr)));
  }
  if (answer.fails_inside) {
    events.resize(events.size() / 2 + 1);
    events.push_back("data: " + error_body("the engine is out of memory", "engine_failed") + "\n\n");
    return events;
  }
  if (!answer.without_reason) events.push_back(event(chunk(model, json::object(), answer.out_of_tokens ? "length" : "stop")));
  if (usage) events.push_back(event({{"id", kId}, {"object", "chat.completion.chunk"}, {"created", 0}, {"model", model}, {"choices", json::array()}, {"usage", figures(*usage)}}));
  if (!answer.without_done) events.emplace_back("data: [DONE]\n\n");
  return events;
}

std::string error_body(const std::string& message, const std::string& code) { return dump({{"error", {{"message", message}, {"type", "invalid_request_error"}, {"code", code}}}}); }

}  // namespace driftwarden::sandbox
