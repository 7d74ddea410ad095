#pragma once
// Apps that are found by where they lie: "clusters/{cluster}/{namespace}/{app}".
#include "bot/config/config.hpp"
#include "gitops/repository/mirror.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct FoundPaths {
  std::string id;                      ///< of what was looked at, "" when there is nothing there
  std::vector<App> apps;               ///< sorted by name
  std::vector<std::string> warnings;   ///< places that look like an App and can't be one: a cluster nobody configured, a name that is no name, two of one name
};
/// A directory matches that holds files of its own (for Ansible: a file). Placeholders: cluster, namespace, environment, app, team and any other word, which
/// only has to be there; `*` for a part that doesn't matter. Without {app} the last part is the name. Two Apps of one name in several clusters or
/// environments are called "app-cluster" or "app-environment". Nothing is read when the id is still `known_id`: the answer has that id and no Apps.
Result<FoundPaths> find_paths(Mirror& mirror, const std::string& head, const std::string& known_id, const DiscoverRule& rule, const Config& config);

/// What the placeholders stand for in `path`; nothing when it doesn't match. Pure.
std::optional<std::map<std::string, std::string>> match_path(std::string_view pattern, std::string_view path);
/// The pattern with these in their places: where an App of this rule belongs. Nothing when one is missing.
std::optional<std::string> fill_path(std::string_view pattern, const std::map<std::string, std::string>& values);

}  // namespace driftwarden
