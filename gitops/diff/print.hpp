#pragma once
// One object's comparison as JSON (the command line's contract), as text, and two objects side by side as a unified diff.
#include "gitops/model/drift.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace driftwarden {

nlohmann::json to_json(const ObjectDrift& drift);
/// For terminals: a line for the object, one for each field, one for each note in words. Long values are cut to where they differ.
std::string to_text(const ObjectDrift& drift);
/// A unified line diff ("-" live, "+" desired: what a sync would do) of two objects' YAML; "" when they read the same. Redact before.
/// A null side reads as nothing.
std::string unified_yaml_diff(const nlohmann::json& desired, const nlohmann::json& live);
/// The same for any two texts; `context` unchanged lines around each change.
std::string unified_text_diff(const std::string& before, const std::string& after, std::size_t context = 3);

}  // namespace driftwarden
