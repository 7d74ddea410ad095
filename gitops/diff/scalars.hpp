#pragma once
// When two scalars mean the same although they are written differently.
#include "gitops/diff/schema_node.hpp"

#include <string_view>

namespace driftwarden {

/// Exact, as decimals: "1000m" is 1, "1Gi" is 1024Mi, 0.5 is "500m". False where either is no quantity.
bool same_quantity(const nlohmann::json& a, const nlohmann::json& b);
/// Go durations: "24h" is "24h0m0s". False where either is none.
bool same_go_duration(std::string_view a, std::string_view b);
/// Scalars of one format; typed equality where the format says nothing.
bool same_scalar(const nlohmann::json& desired, const nlohmann::json& live, SchemaNode::Format format);
/// What a server doesn't keep when a struct's field holds it.
bool is_zero(const nlohmann::json& value);

}  // namespace driftwarden
