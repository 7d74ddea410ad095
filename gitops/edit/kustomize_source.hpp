#pragma once
// Where a kustomize overlay says a value, or could.
#include "gitops/edit/source_search.hpp"

#include <nlohmann/json_fwd.hpp>

namespace driftwarden {

/// The overlay's own file, or "" without one.
std::string kustomization_file(const AppSource& source);

Result<Ways> kustomize_ways(const AppSource& source, const EditedTree& tree, const Target& target);

/// The name in the files, where something lays a prefix or a suffix over it: the overlay's own take the place of the kustomization's.
std::vector<std::string> names_in_files(const AppSource& source, nlohmann::json kustomization, const std::string& name);

/// A strategic merge patch with the values, to paste.
std::string patch_text(const AppSource& source, const WantedValue& wanted);

}  // namespace driftwarden
