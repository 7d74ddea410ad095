#pragma once
// Files of Apps that a tool plans: which belong together, who else is planned from them, and what their modules say is sensitive. Blocking: for the pool.
#include "bot/change/hidden_hcl.hpp"
#include "bot/change/plan.hpp"

#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// What the App's modules declare at either commit; of those that can't be read, nothing.
HclVariables variables_around(Mirror& mirror, const App& app, const std::string& before, const std::string& after);

/// What the App is planned from beside its own path at the head or at `revision`, and differs between the two: modules, files above a unit, inventories.
Result<std::set<std::string>> planned_elsewhere(Mirror& mirror, const App& app, const std::string& head, const std::string& revision);

/// Other Apps of tools that would be planned from something else than before. A file of variables that an App doesn't name is none of its.
std::vector<std::string> planned_along(Mirror& mirror, const App& app, const std::vector<App>& apps, const std::string& before, const std::string& after, const std::vector<FileDiff>& files);

/// When the merged files are planned, and who carries that out, for people.
std::string after_the_merge(const App& app);

}  // namespace driftwarden
