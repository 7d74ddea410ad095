#include "integrations/forge/forge_json.hpp"

#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::forge {

using nlohmann::json;

namespace {

std::string without_carriage_returns(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    if (c != '\r') out += c;
  }
  return out;
}

}  // namespace

std::string text_at(const json& object, const char* key) { return std::string(driftwarden::text_at(object, key)); }

std::optional<bool> maybe_flag_at(const json& object, const char* key) {
  const auto& found = member_at(object, key);
  return found.is_boolean() ? std::optional<bool>(found.get<bool>()) : std::nullopt;
}

std::int64_t number_at(const json& object, const char* key) {
  const auto& found = member_at(object, key);
  return found.is_number_integer() ? found.get<std::int64_t>() : 0;
}

WallTime time_at(const json& object, const char* key) {
  const auto time = parse_time(text_at(object, key));
  return time ? *time : WallTime{};
}

std::optional<WallTime> maybe_time_at(const json& object, const char* key) {
  const auto time = time_at(object, key);
  return time.time_since_epoch().count() > 0 ? std::optional<WallTime>(time) : std::nullopt;
}

json parse_json(std::string_view text) { return json::parse(text, nullptr, false); }

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

MergeMessage split_message(const std::string& message) {
  const auto line_end = message.find('\n');
  MergeMessage parts;
  parts.title = std::string(trim(std::string_view(message).substr(0, line_end)));
  if (line_end != std::string::npos) parts.body = std::string(trim(std::string_view(message).substr(line_end)));
  return parts;
}

std::string cut_comment(std::string text, std::size_t bytes_max) {
  static const std::string kNote = "\n\n_The rest didn't fit: it is longer than the forge takes._";
  if (text.size() <= bytes_max) return text;
  auto cut = ellipsize(text, bytes_max - kNote.size() - 8);
  // An open code fence would swallow the note.
  std::size_t fences = 0;
  for (auto at = cut.find("```"); at != std::string::npos; at = cut.find("```", at + 3)) ++fences;
  return cut + (fences % 2 == 1 ? "\n```" : "") + kNote;
}

std::string marked_comment(const std::string& marker, std::string text, std::size_t bytes_max) {
  // At the front, where no cut reaches it.
  if (text.find(marker) == std::string::npos) {
    text = marker + "\n" + text;
  } else if (text.size() > bytes_max && !text.starts_with(marker)) {
    const auto at = text.find(marker);
    text = marker + "\n" + text.substr(0, at) + text.substr(at + marker.size());
  }
  return cut_comment(std::move(text), bytes_max);
}

bool says_the_same(std::string_view stored, std::string_view text) { return without_carriage_returns(stored) == without_carriage_returns(text); }

}  // namespace driftwarden::forge
