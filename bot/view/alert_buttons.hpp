#pragma once
// Which buttons an alert has: what helps depends on the cause.
#include "bot/view/blocks.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/incident.hpp"

#include <string>
#include <vector>

namespace driftwarden::view {

enum class Act { Diff, Sync, Adopt, Rollback, Ignore, Snooze, Ack, PlanAgain, Apply, Pin };

/// What makes sense for a cause, in order. Snooze and Ack belong to every incident; the others may be offered elsewhere, too.
std::vector<Act> acts_for(const DriftReport& report, const App& app);
Button button_of(Act act, const App& app, const DriftReport& report);
/// Those of an incident as it stands: none once it is over, no second Ack.
std::vector<Button> alert_buttons(const Incident& incident, const App& app);

}  // namespace driftwarden::view
