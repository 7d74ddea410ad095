#pragma once
// Reading the API's objects without surprises: what is absent or of another type is empty.
#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <optional>
#include <string>

namespace driftwarden::inspect {

inline const nlohmann::json& at(const nlohmann::json& object, std::initializer_list<const char*> path) {
  static const nlohmann::json kNone;
  const auto* here = &object;
  for (const auto* key : path) {
    if (!here->is_object()) return kNone;
    const auto found = here->find(key);
    if (found == here->end()) return kNone;
    here = &*found;
  }
  return *here;
}
inline const nlohmann::json& list_at(const nlohmann::json& object, std::initializer_list<const char*> path) {
  static const nlohmann::json kEmpty = nlohmann::json::array();
  const auto& found = at(object, path);
  return found.is_array() ? found : kEmpty;
}
inline const nlohmann::json& map_at(const nlohmann::json& object, std::initializer_list<const char*> path) {
  static const nlohmann::json kEmpty = nlohmann::json::object();
  const auto& found = at(object, path);
  return found.is_object() ? found : kEmpty;
}
inline std::string text_at(const nlohmann::json& object, std::initializer_list<const char*> path) {
  const auto& found = at(object, path);
  return found.is_string() ? found.get<std::string>() : std::string();
}
inline int int_at(const nlohmann::json& object, std::initializer_list<const char*> path, int otherwise = 0) {
  const auto& found = at(object, path);
  return found.is_number_integer() ? found.get<int>() : otherwise;
}
inline std::optional<WallTime> time_at(const nlohmann::json& object, std::initializer_list<const char*> path) {
  const auto text = text_at(object, path);
  const auto parsed = text.empty() ? Result<WallTime>(Error{}) : parse_time(text);
  return parsed ? std::optional<WallTime>(*parsed) : std::nullopt;
}
inline const nlohmann::json& condition(const nlohmann::json& object, std::string_view type) {
  static const nlohmann::json kNone;
  for (const auto& one : list_at(object, {"status", "conditions"})) {
    if (text_at(one, {"type"}) == type) return one;
  }
  return kNone;
}

}  // namespace driftwarden::inspect
