#include "bot/incident/drift_cost.hpp"

#include "bot/cost/cost.hpp"
#include "gitops/drift/as_live.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kMostTogether = 30;

}  // namespace

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

std::optional<CostChange> drift_cost(const CostConfig& config, const Fleet& fleet, const std::vector<Incident>& incidents) {
  if (config.prices.empty() || incidents.size() > kMostTogether) return std::nullopt;
  CostChange sum;
  sum.currency = config.currency;
  std::size_t unpriced = 0;
  for (const auto& incident : incidents) {
    const auto* app = fleet.app(incident.app);
    if (app == nullptr || incident.state == IncidentState::Resolved || incident.calm_since) continue;
    if (!is_rendered(*app) || prices_of(config, app->cluster) == nullptr) ++unpriced;
    const auto one = drift_cost(config, fleet, *app, incident.report);
    if (!one) continue;
    const bool too_much = __builtin_add_overflow(sum.before.micros, one->before.micros, &sum.before.micros) || __builtin_add_overflow(sum.after.micros, one->after.micros, &sum.after.micros);
    if (too_much) return std::nullopt;
  }
  if (sum.rise_micros() == 0) return std::nullopt;
  if (unpriced > 0) sum.after.uncounted.push_back(fmt::format("{} without prices", unpriced == 1 ? "one App" : fmt::format("{} Apps", unpriced)));
  return sum;
}

}  // namespace driftwarden
