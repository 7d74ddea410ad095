#pragma once
// One wanted value as a strategic merge patch may say it.
#include "gitops/edit/proof.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace driftwarden {

struct PatchForm {
  std::string path;
  nlohmann::json value;  ///< null removes
};

/// The likeliest first: the value itself, then the list around it as a whole, with and without `$patch: replace`.
std::vector<PatchForm> patch_forms(const Target& target);

/// The patch's head: apiVersion, kind and name.
nlohmann::json patch_head(const ObjectRef& object, const std::string& name, const std::string& name_space);

/// YAML of a new patch or manifest.
std::string new_yaml(const nlohmann::json& value);

}  // namespace driftwarden
