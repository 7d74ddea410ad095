#include "integrations/llm/answer.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace driftwarden::llm {
namespace {

using nlohmann::json;

constexpr int kDeepest = 32;
constexpr std::size_t kSlack = 64U << 10U;     ///< for what stands around the text
constexpr std::size_t kEscaped = 6;            ///< a byte of text is at most \u00xx
constexpr std::size_t kAroundPiece = 128;      ///< bytes of events for a byte of text
constexpr std::size_t kLongestLine = 200;
constexpr std::size_t kLongestName = 100;
constexpr std::size_t kMostModels = 10'000;

/// Discarded where it is no JSON, or deeper than any answer is.
json parse(std::string_view text) {
  bool too_deep = false;
  const json::parser_callback_t shallow = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > kDeepest;
    return depth <= kDeepest;
  };
  auto document = json::parse(text, shallow, false);
  return too_deep ? json(json::value_t::discarded) : document;
}

std::int64_t count_at(const json& object, const char* key) {
  const auto& value = member_at(object, key);
  return value.is_number_integer() ? std::max<std::int64_t>(value.get<std::int64_t>(), 0) : 0;
}

/// A text, or the text parts of a list.
std::string content_of(const json& message) {
  const auto& content = member_at(message, "content");
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return text;
  for (const auto& part : content) text += text_at(part, "text");
  return text;
}

void take_figures(const json& document, Completion& answer) {
  if (const auto model = text_at(document, "model"); !model.empty()) answer.model = ellipsize(without_control_characters(model), kLongestName);
  const auto& usage = member_at(document, "usage");
  if (!usage.is_object()) return;
  answer.prompt_tokens = count_at(usage, "prompt_tokens");
  answer.answer_tokens = count_at(usage, "completion_tokens");
}

/// Some models think aloud before they answer, and control characters belong into no answer.
std::string plain_text(std::string text) {
  constexpr std::string_view kThinks = "<think>";
  constexpr std::string_view kAnswers = "</think>";
  if (trim(text).starts_with(kThinks)) {
    const auto end = text.find(kAnswers);
    text = end == std::string::npos ? std::string() : text.substr(end + kAnswers.size());
  }
  std::erase_if(text, [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; });
  return std::string(trim(text));
}

Error too_long(std::size_t most) { return {ErrorKind::Corrupt, fmt::format("the answer is longer than the {} bytes that are accepted", most)}; }
Error no_completion() { return {ErrorKind::Corrupt, "the answer is no chat completion; check model.api_url"}; }

Result<Completion> good(Completion answer, std::size_t most) {
  answer.text = plain_text(std::move(answer.text));
  if (answer.text.size() > most) return too_long(most);
  if (answer.text.empty() && answer.cut) return Error{ErrorKind::Corrupt, "it ran out of tokens before it answered; raise model.answer_tokens"};
  if (answer.text.empty()) return Error{ErrorKind::Corrupt, "the answer is empty"};
  return answer;
}

}  // namespace

void EventReader::take_line(std::string_view line, std::vector<std::string>& whole) {
  if (line.empty()) {
    if (auto event = rest()) whole.push_back(std::move(*event));
    return;
  }
  constexpr std::string_view kData = "data";
  if (!line.starts_with(kData)) return;
  line.remove_prefix(kData.size());
  if (!line.empty() && line.front() != ':') return;
  if (!line.empty()) line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (has_data_) data_ += '\n';
  data_.append(line);
  has_data_ = true;
}

Result<std::vector<std::string>> EventReader::feed(std::string_view bytes) {
  std::vector<std::string> whole;
  while (!bytes.empty()) {
    // "\r\n" is one end of a line, wherever the pieces are cut.
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    line_.append(bytes.substr(0, end));
    if (line_.size() + data_.size() > longest_) return Error{ErrorKind::Corrupt, fmt::format("a piece of the answer is longer than the {} bytes that are accepted", longest_)};
    if (end == bytes.size()) break;
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    const auto line = std::exchange(line_, {});
    take_line(line, whole);
  }
  return whole;
}

std::optional<std::string> EventReader::rest() {
  if (!line_.empty()) {
    std::vector<std::string> none;
    const auto line = std::exchange(line_, {});
    take_line(line, none);
  }
  if (!std::exchange(has_data_, false)) return std::nullopt;
  return std::exchange(data_, {});
}

std::size_t body_limit(std::size_t most_bytes) { return kEscaped * most_bytes + kSlack; }

StreamedAnswer::StreamedAnswer(std::size_t most_bytes) : most_(most_bytes), events_(body_limit(most_bytes)) {}

Result<void> StreamedAnswer::feed(std::string_view bytes) {
  seen_ += bytes.size();
  if (seen_ > kAroundPiece * most_ + kSlack) return too_long(most_);
  TRY(const auto events, events_.feed(bytes));
  for (const auto& event : events) CHECK_OK(take(event));
  return Result<void>{};
}

Result<void> StreamedAnswer::take(const std::string& event) {
  if (done_ || trim(event).empty()) return Result<void>{};
  if (trim(event) == "[DONE]") {
    done_ = true;
    return Result<void>{};
  }
  const auto piece = parse(event);
  if (!piece.is_object()) return no_completion();
  if (!member_at(piece, "error").is_null()) {
    const auto line = error_line(event);
    return Error{ErrorKind::Unavailable, line.empty() ? "it failed in the middle of the answer" : "it failed in the middle of the answer: " + line};
  }
  take_figures(piece, answer_);
  const auto& choices = member_at(piece, "choices");
  // The last piece may hold the figures alone.
  if (!choices.is_array() || choices.empty()) return Result<void>{};
  const auto& choice = choices.front();
  if (count_at(choice, "index") != 0) return Result<void>{};
  answer_.text += content_of(member_at(choice, "delta"));
  if (answer_.text.size() > most_) return too_long(most_);
  const auto reason = text_at(choice, "finish_reason");
  finished_ = finished_ || !reason.empty();
  answer_.cut = answer_.cut || reason == "length";
  return Result<void>{};
}

Result<Completion> StreamedAnswer::finish() {
  if (const auto last = events_.rest()) CHECK_OK(take(*last));
  if (!done_ && !finished_) return Error{ErrorKind::Unavailable, "the answer broke off in the middle"};
  return good(std::move(answer_), most_);
}

Result<Completion> read_answer(std::string_view body, std::size_t most_bytes) {
  const auto document = parse(body);
  const auto& choices = member_at(document, "choices");
  if (!choices.is_array() || choices.empty()) {
    const auto line = error_line(body);
    if (!line.empty()) return Error{ErrorKind::Unavailable, "it failed: " + line};
    return no_completion();
  }
  const auto& choice = choices.front();
  const auto& message = member_at(choice, "message");
  if (!message.is_object()) return no_completion();
  Completion answer;
  answer.text = content_of(message);
  answer.cut = text_at(choice, "finish_reason") == "length";
  take_figures(document, answer);
  return good(std::move(answer), most_bytes);
}

std::string error_line(std::string_view body) {
  const auto document = parse(body);
  const auto& error = member_at(document, "error");
  std::string said(text_at(error, "message"));
  if (said.empty() && error.is_string()) said = error.get<std::string>();
  for (const auto* key : {"message", "detail"}) {
    if (said.empty()) said = text_at(document, key);
  }
  return ellipsize(trim(without_control_characters(said)), kLongestLine);
}

Result<std::vector<std::string>> read_models(std::string_view body) {
  const auto document = parse(body);
  const auto& data = member_at(document, "data");
  if (!data.is_array()) return Error{ErrorKind::Corrupt, "the answer is no list of models; check model.api_url"};
  std::vector<std::string> models;
  for (const auto& one : data) {
    if (models.size() == kMostModels) break;
    if (const auto id = text_at(one, "id"); !id.empty()) models.emplace_back(id);
  }
  return models;
}

}  // namespace driftwarden::llm
