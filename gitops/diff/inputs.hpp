#pragma once
// What comes beside the two objects when a comparison is asked for from files: dry-run answers, rules, discovery.
#include "gitops/base/result.hpp"
#include "gitops/diff/compare.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <vector>

namespace driftwarden {

/// {"status": 200, "object": {...}} or {"status": 422, "error": {"message": "..."}}
Result<DryRun> read_dry_run(const nlohmann::json& value);
/// A list of rules as in drift.md section 5, bare or under `ignore:`.
Result<std::vector<IgnoreRule>> read_ignore_rules(const nlohmann::json& value);
/// A list of {"apiVersion", "kind", ...}: is this object's kind in it?
bool is_served(const nlohmann::json& discovery, const nlohmann::json& object);

}  // namespace driftwarden
