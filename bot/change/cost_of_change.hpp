#pragma once
#include "bot/cost/cost.hpp"
#include "gitops/model/change.hpp"

#include <optional>
#include <vector>

namespace driftwarden {

/// What a Change does to the month's bill: of a move, at either place's prices. Nothing without prices, and for what alters no cluster.
std::optional<CostChange> cost_of_change(const Config& config, const Change& change, const App& app, std::vector<Manifest> before, const std::vector<Manifest>& after);

}  // namespace driftwarden
