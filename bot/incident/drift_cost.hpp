#pragma once
#include "bot/config/cost_config.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/model/cost.hpp"

#include <optional>

namespace driftwarden {

/// What drift costs a month: before is what Git says, after what is live by the report. Nothing where that is the same, or isn't known.
std::optional<CostChange> drift_cost(const CostConfig& config, const Fleet& fleet, const App& app, const DriftReport& report);

}  // namespace driftwarden
