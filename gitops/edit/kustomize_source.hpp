#pragma once
// Where a kustomize overlay says a value, or could.
#include "gitops/edit/source_search.hpp"

namespace driftwarden {

/// The overlay's own file, or "" without one.
std::string kustomization_file(const AppSource& source);

Result<Ways> kustomize_ways(const AppSource& source, const EditedTree& tree, const Target& target);

/// A strategic merge patch with the values, to paste.
std::string patch_text(const AppSource& source, const WantedValue& wanted);

}  // namespace driftwarden
