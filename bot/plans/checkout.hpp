#pragma once
// Files of a commit on disk, for tools that want a directory; and which of them a module is made from.
#include "bot/config/config.hpp"
#include "gitops/repository/mirror.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// The commit's files below `directory`, which is made anew (0700). No .git, no submodules; no path and no symbolic link leads out of it. Of a repository that is
/// too large, or holds a link that can't be followed, only the App's path and what it names: the answer is whether all is there.
Result<bool> write_checkout(Mirror& mirror, const App& app, const std::string& commit, const std::string& directory);

/// Where the App's tool runs: the App's path, and of an Ansible App that names a file the directory around it.
std::string tool_directory(const App& app);
std::string playbook_of(const App& app);  ///< "" where the path names none

/// Other directories and files of the repository that the App's files name by relative paths ("../../modules/vpc"), sorted.
Result<std::vector<std::string>> outside_paths(Mirror& mirror, const App& app, const std::string& commit);
/// Those that one file of `directory` names. Pure.
std::vector<std::string> named_paths(std::string_view text, const std::string& directory);

/// Ids of all that the App is planned from: equal ids, equal plan as far as Git goes. A path that isn't there has "".
using PlanInputs = std::map<std::string, std::string>;
Result<PlanInputs> plan_inputs(Mirror& mirror, const App& app, const std::string& commit);
/// The same paths have other ids at `commit`. Reads no file.
bool inputs_moved(Mirror& mirror, const PlanInputs& known, const std::string& commit);

}  // namespace driftwarden
