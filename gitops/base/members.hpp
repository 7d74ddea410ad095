#pragma once
// Members of JSON objects that may be anything, as they come from outside.
#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace driftwarden {

/// A null value where `object` is no object or has no such member.
const nlohmann::json& member_at(const nlohmann::json& object, const char* key);
/// An empty one where there is none, or something else.
const nlohmann::json& object_at(const nlohmann::json& object, const char* key);
const nlohmann::json& array_at(const nlohmann::json& object, const char* key);
/// True only for `true`.
bool flag_at(const nlohmann::json& object, const char* key);
/// "" where there is none, or no text. Lives as long as `object`.
std::string_view text_at(const nlohmann::json& object, const char* key);

}  // namespace driftwarden
