#pragma once
// What Terragrunt leaves behind of a run over many units, as one outcome. Reads files, starts nothing.
#include "integrations/terraform/tool.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::terraform {

struct UnitRun {
  std::string directory{};  ///< the unit tree
  std::string json_directory{};
  std::string report{};     ///< text of --report-file; "" = an older version has none
  std::string output{};     ///< all that was printed
  int exit_code = 0;
};
/// One broken unit hides no other. A unit that was excluded isn't told.
PlanOutcome outcome_of(const UnitRun& run);

/// Directories that hold a unit, relative to `directory`, sorted; "." for itself.
std::vector<std::string> unit_paths(const std::string& directory);
/// Of the units of a run that began with no download directory: "unit web: ..." of the first whose state would be lost with the checkout; "" = none.
std::string why_a_state_would_be_lost(const ToolPlace& place, const std::vector<std::string>& units);
/// Not one failed for another reason than that its plan is stale.
bool only_stale(std::string_view output);
/// What the log says of one unit's failure.
std::string error_of_unit(std::string_view output, const std::string& unit);

}  // namespace driftwarden::terraform
