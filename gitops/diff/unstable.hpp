#pragma once
// Values that differ between two renders of the same revision: random passwords, timestamps, generated names.
#include "gitops/manifest/manifest.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden {

/// By object id: paths in the syntax of ignore rules.
using UnstablePaths = std::map<std::string, std::vector<std::string>>;

/// What `again` says otherwise than `first`. An object that only one of them has is unstable as a whole (path "").
UnstablePaths unstable_paths(const std::vector<Manifest>& first, const std::vector<Manifest>& again);

}  // namespace driftwarden
