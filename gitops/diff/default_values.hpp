#pragma once
// What the server would fill in by itself: a person who sets a field back to that has undone an edit. Internal to gitops/diff.
#include "gitops/diff/findings.hpp"

namespace driftwarden {

/// Of a field that Git leaves out: live holds what would stand there if nobody had ever touched it. `schema` may be null.
bool is_default_value(const Pair& pair, const PathNode& path, const nlohmann::json& live, const SchemaNode* schema);
/// Served by the API server itself, as far as the group's name tells: no dot, or of k8s.io.
bool is_built_in(std::string_view group);

}  // namespace driftwarden
