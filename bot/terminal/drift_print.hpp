#pragma once
// Reports for terminals and for CI.
#include "gitops/model/drift.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace driftwarden {

/// {"apps": [{"app", "state", "cause", "reason", "revision", "as_of", "objects", "fights", "rules", "floating", "warnings"}]}; objects as
/// `compare -o json` prints them, "as_of" null before the cluster's first word.
nlohmann::json drift_document(const std::vector<DriftReport>& reports);
std::string drift_text(const std::vector<DriftReport>& reports);
/// 0 all Synced, 1 any OutOfSync, 2 any Unknown.
int drift_exit_code(const std::vector<DriftReport>& reports);

}  // namespace driftwarden
