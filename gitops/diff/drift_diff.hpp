#pragma once
// One drifted object as the diff that a sync would make.
#include "gitops/model/drift.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace driftwarden {

/// Unified YAML diff, "-" live and "+" Git. Live is seen through what Git speaks of, so that defaults and status stay out. Either side may be
/// null; both must be redacted. Falls back to a list of the fields where the values can't be laid over the manifest.
std::string drift_diff(const nlohmann::json* desired, const nlohmann::json* live, const ObjectDrift& drift);

}  // namespace driftwarden
