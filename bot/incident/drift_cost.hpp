#pragma once
#include "bot/config/cost_config.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/model/cost.hpp"
#include "gitops/model/incident.hpp"

#include <optional>
#include <vector>

namespace driftwarden {

/// What drift costs a month: before is what Git says, after what is live by the report. Nothing where that is the same, or isn't known.
std::optional<CostChange> drift_cost(const CostConfig& config, const Fleet& fleet, const App& app, const DriftReport& report);
/// Of the open ones among these together, with how many of them have no price. Nothing where there are too many to be counted again with every edit.
std::optional<CostChange> drift_cost(const CostConfig& config, const Fleet& fleet, const std::vector<Incident>& incidents);

}  // namespace driftwarden
