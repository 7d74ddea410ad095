#include "integrations/sandbox/cluster/json.hpp"

namespace driftwarden::sandbox::cluster {

const Json* find(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

const Json* find(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* at = &object;
  for (const auto key : path) {
    at = find(*at, key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

Json* find(Json& object, std::string_view key) { return const_cast<Json*>(find(std::as_const(object), key)); }

Json* find(Json& object, std::initializer_list<std::string_view> path) { return const_cast<Json*>(find(std::as_const(object), path)); }

std::string text_at(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* at = find(object, path);
  return at != nullptr && at->is_string() ? at->get<std::string>() : std::string();
}

long long int_at(const Json& object, std::initializer_list<std::string_view> path, long long otherwise) {
  const Json* at = find(object, path);
  return at != nullptr && at->is_number() ? at->get<long long>() : otherwise;
}

bool bool_at(const Json& object, std::initializer_list<std::string_view> path, bool otherwise) {
  const Json* at = find(object, path);
  return at != nullptr && at->is_boolean() ? at->get<bool>() : otherwise;
}

const Json& array_at(const Json& object, std::initializer_list<std::string_view> path) {
  static const Json empty = Json::array();
  const Json* at = find(object, path);
  return at != nullptr && at->is_array() ? *at : empty;
}

const Json& object_at(const Json& object, std::initializer_list<std::string_view> path) {
  static const Json empty = Json::object();
  const Json* at = find(object, path);
  return at != nullptr && at->is_object() ? *at : empty;
}

void set_default(Json& object, const char* key, Json value) {
  if (find(object, key) == nullptr) object[key] = std::move(value);
}

bool is_empty(const Json& value) {
  return value.is_null() || ((value.is_object() || value.is_array()) && value.empty()) || (value.is_string() && value.get_ref<const std::string&>().empty());
}

}  // namespace driftwarden::sandbox::cluster
