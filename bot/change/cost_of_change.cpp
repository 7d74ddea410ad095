#include "bot/change/cost_of_change.hpp"

#include "bot/change/move.hpp"

namespace driftwarden {

std::optional<CostChange> cost_of_change(const Config& config, const Change& change, const App& app, std::vector<Manifest> before, const std::vector<Manifest>& after) {
  if (is_git_only(change.verb)) return std::nullopt;
  if (change.verb != ChangeVerb::Move) return cost_change(config, app.cluster, before, after);
  const auto there = moved_app(app, move_record_from(change.argument).to, config);
  if (!there) return std::nullopt;
  return cost_of_move(config.cost, {app.cluster, std::move(before)}, {there->cluster, after});
}

}  // namespace driftwarden
