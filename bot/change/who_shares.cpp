#include "bot/change/who_shares.hpp"

#include "bot/change/plan_parts.hpp"
#include "bot/watch/fleet.hpp"

#include <algorithm>

namespace driftwarden::planning {

std::vector<std::string> who_shares(const App& app, const PlanContext& context, const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const auto& other : context.apps) {
    if (other.name == app.name || other.orphans || other.repository != app.repository) continue;
    if (!is_rendered(other)) continue;
    const auto sources = source_paths(context.mirror, other, context.head);
    if (!sources) continue;
    const bool shares = std::ranges::any_of(*sources, [&](const std::string& source) {
      return std::ranges::any_of(paths, [&](const std::string& path) { return is_below(source, path) || is_below(path, source); });
    });
    if (shares) names.push_back(other.name);
  }
  return names;
}

}  // namespace driftwarden::planning
