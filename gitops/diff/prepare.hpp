#pragma once
// Step 1 of drift.md section 3: what is left out on both sides.
#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>

namespace driftwarden {

/// Annotations that tools write for themselves.
bool is_tool_annotation(std::string_view name);
/// Of metadata, only these take part.
bool is_compared_metadata(std::string_view name);
/// A Secret with stringData folded into data; nothing when the object is fine as it is.
std::optional<nlohmann::json> with_string_data_folded(const nlohmann::json& object);
/// The text of a metadata annotation, "" without one.
std::string_view annotation(const nlohmann::json& object, std::string_view name);
/// SOPS keeps values of Git encrypted and says so under a key of its own.
bool is_encrypted(const nlohmann::json& desired);
bool has_controller_owner(const nlohmann::json& object);

}  // namespace driftwarden
