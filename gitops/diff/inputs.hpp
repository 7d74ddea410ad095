#pragma once
// What comes beside the two objects when a comparison is asked for from files: dry-run answers, rules, discovery.
#include "gitops/base/result.hpp"
#include "gitops/diff/compare.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// {"status": 200, "object": {...}} or {"status": 422, "error": {"message": "..."}}
Result<DryRun> read_dry_run(const nlohmann::json& value);
/// A list of rules as in drift.md section 5, bare or under `ignore:`. Errors name the rule by its number (from 1) and the key.
Result<std::vector<IgnoreRule>> read_ignore_rules(const nlohmann::json& value);
/// YAML text, which read_ignore_rules reads back as the same rules.
std::string write_ignore_rules(const std::vector<IgnoreRule>& rules);
/// A list of {"apiVersion", "kind", ...}: is this object's kind in it?
bool is_served(const nlohmann::json& discovery, const nlohmann::json& object);

/// The end of an ignore rule: "2027-06-30" (through that day, UTC) or an RFC 3339 time.
std::optional<WallTime> parse_until(std::string_view text);

}  // namespace driftwarden
