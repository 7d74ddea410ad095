#include "bot/incident/drift_cost.hpp"

#include "bot/cost/cost.hpp"
#include "gitops/drift/as_live.hpp"

#include <algorithm>

namespace driftwarden {

std::optional<CostChange> drift_cost(const CostConfig& config, const Fleet& fleet, const App& app, const DriftReport& report) {
  if (!is_rendered(app) || report.state != AppState::OutOfSync || prices_of(config, app.cluster) == nullptr) return std::nullopt;
  const bool all_known = std::ranges::none_of(report.objects, [](const ObjectDrift& drift) { return drift.verdict == Verdict::Unknown; });
  auto desired = fleet.desired(app.name);
  if (!desired || !all_known) return std::nullopt;
  auto live = as_live_is(*desired, report);
  const std::function<JsonPtr(const ObjectRef&)> body = [&](const ObjectRef& ref) { return fleet.live(app, ref); };
  add_extras(report, body, live);
  auto cost = cost_change(config, app.cluster, *desired, live);
  if (cost && cost->rise_micros() == 0) cost.reset();
  return cost;
}

}  // namespace driftwarden
