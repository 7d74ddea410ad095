#include "gitops/base/members.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {

using nlohmann::json;

const json& member_at(const json& object, const char* key) {
  static const json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

const json& object_at(const json& object, const char* key) {
  static const json kEmpty = json::object();
  const auto& member = member_at(object, key);
  return member.is_object() ? member : kEmpty;
}

const json& array_at(const json& object, const char* key) {
  static const json kEmpty = json::array();
  const auto& member = member_at(object, key);
  return member.is_array() ? member : kEmpty;
}

bool flag_at(const json& object, const char* key) {
  const auto& member = member_at(object, key);
  return member.is_boolean() && member.get<bool>();
}

std::string_view text_at(const json& object, const char* key) {
  const auto& member = member_at(object, key);
  return member.is_string() ? std::string_view(member.get_ref<const std::string&>()) : std::string_view();
}

}  // namespace driftwarden
