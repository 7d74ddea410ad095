#pragma once
// What several Apps are made from.
#include "bot/change/plan.hpp"

#include <string>
#include <vector>

namespace driftwarden::planning {

/// The other Apps that are made from one of the paths, too.
std::vector<std::string> who_shares(const App& app, const PlanContext& context, const std::vector<std::string>& paths);

}  // namespace driftwarden::planning
