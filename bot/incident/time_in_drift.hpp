#pragma once
// Incidents -> how long what was in drift. Pure.
#include "bot/view/record_view.hpp"
#include "gitops/model/incident.hpp"

#include <vector>

namespace driftwarden {

/// Of those incidents that were open at some time in [since, now]. An App without owners counts for the team "nobody"; incidents of Apps that
/// are configured no more count for the App alone.
view::TimesInDrift times_in_drift(const std::vector<Incident>& incidents, const std::vector<App>& apps, WallTime since, WallTime now);

}  // namespace driftwarden
