#include "integrations/forge/forge_json.hpp"

#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::forge {

using nlohmann::json;

namespace {

const json* find_in(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string without_carriage_returns(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    if (c != '\r') out += c;
  }
  return out;
}

}  // namespace

std::string text_at(const json& object, const char* key) {
  const auto* found = find_in(object, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<bool> maybe_flag_at(const json& object, const char* key) {
  const auto* found = find_in(object, key);
  return found != nullptr && found->is_boolean() ? std::optional<bool>(found->get<bool>()) : std::nullopt;
}

bool flag_at(const json& object, const char* key) { return maybe_flag_at(object, key).value_or(false); }

std::int64_t number_at(const json& object, const char* key) {
  const auto* found = find_in(object, key);
  return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

WallTime time_at(const json& object, const char* key) {
  const auto time = parse_time(text_at(object, key));
  return time ? *time : WallTime{};
}

std::optional<WallTime> maybe_time_at(const json& object, const char* key) {
  const auto time = time_at(object, key);
  return time.time_since_epoch().count() > 0 ? std::optional<WallTime>(time) : std::nullopt;
}

const json& object_at(const json& object, const char* key) {
  static const json kEmpty = json::object();
  const auto* found = find_in(object, key);
  return found != nullptr && found->is_object() ? *found : kEmpty;
}

const json& array_at(const json& object, const char* key) {
  static const json kEmpty = json::array();
  const auto* found = find_in(object, key);
  return found != nullptr && found->is_array() ? *found : kEmpty;
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
