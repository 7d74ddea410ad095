#pragma once
#include "bot/config/yaml_tree.hpp"

#include <nlohmann/json_fwd.hpp>

namespace driftwarden {

/// What a mapping of somebody else's (Helm values, a patch) means: plain scalars as YAML's core schema types them, quoted ones are texts.
nlohmann::json to_json(const ConfigNode& node);

}  // namespace driftwarden
