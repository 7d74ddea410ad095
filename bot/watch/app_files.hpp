#pragma once
// Apps that are declared in Git: `.driftwarden/apps/<name>.yaml` at a repository's head.
#include "bot/config/config.hpp"
#include "gitops/repository/mirror.hpp"

#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// ".driftwarden/apps/checkout.yaml"
std::string app_file_path(const std::string& app);

/// The keys of an App in the config, without repository and ignore; `name` may be left out and else is the file's. The error names the file,
/// the line and what was expected.
Result<App> parse_app_file(const std::string& text, const std::string& path, const std::string& repository, const Config& config);

struct DeclaredApps {
  std::string id;  ///< of the directory, "" when there is none
  std::vector<App> apps;
  std::set<std::string> broken;       ///< names of Apps whose file can't be taken: what they were before stands
  std::vector<std::string> warnings;  ///< one for each of these
};
/// Nothing is read when the directory's id is still `known_id`: the answer has that id and no Apps.
Result<DeclaredApps> read_declared_apps(Mirror& mirror, const std::string& head, const std::string& known_id, const std::string& repository, const Config& config);

}  // namespace driftwarden
