#pragma once
// Small helpers for JSON trees. Only for this folder's .cpp files and its own headers.
#include <nlohmann/json.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace driftwarden::sandbox::cluster {

using Json = nlohmann::json;
using JsonPtr = std::shared_ptr<const Json>;

/// The member, or null when `object` is no object, lacks it, or has null there.
const Json* find(const Json& object, std::string_view key);
const Json* find(const Json& object, std::initializer_list<std::string_view> path);
Json* find(Json& object, std::string_view key);
Json* find(Json& object, std::initializer_list<std::string_view> path);
/// The string at `path`, or "" when there is none.
std::string text_at(const Json& object, std::initializer_list<std::string_view> path);
long long int_at(const Json& object, std::initializer_list<std::string_view> path, long long otherwise = 0);
bool bool_at(const Json& object, std::initializer_list<std::string_view> path, bool otherwise = false);
/// The array at `path`, or an empty one.
const Json& array_at(const Json& object, std::initializer_list<std::string_view> path);
const Json& object_at(const Json& object, std::initializer_list<std::string_view> path);
/// Sets `key` unless it has a value already.
void set_default(Json& object, const char* key, Json value);
bool is_empty(const Json& value);  ///< null, {}, [] or ""

}  // namespace driftwarden::sandbox::cluster
