#pragma once
// Which rights the bot needs in each cluster, from what the config allows and what its Apps consist of: no more, no less. Pure.
#include "bot/config/config.hpp"
#include "gitops/manifest/manifest.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// One PolicyRule; `names` empty = every object.
struct AccessRule {
  std::string group;
  std::vector<std::string> resources;
  std::vector<std::string> names;
  std::vector<std::string> verbs;
  bool operator==(const AccessRule&) const = default;
};

/// What an App consists of, as Git renders to it.
struct AppObjects {
  App app;                          ///< with its deployer
  std::vector<Manifest> manifests;  ///< those without a name stand for every object of their kind
};

struct Rights {
  std::vector<AccessRule> read;
  std::vector<AccessRule> write;
};

struct ClusterRights {
  std::string cluster;
  Rights everywhere;                         ///< a ClusterRole: watches are cluster-wide, and so is what lies in no namespace
  std::map<std::string, Rights> namespaces;  ///< a Role each
  std::vector<std::string> notes;            ///< for whoever applies it: what was guessed, left out, or is a risk
};

struct RightsOptions {
  /// Dry-runs are allowed on clusters without `apply: true`, too. That takes `patch`: the API has no right that allows dry-runs alone.
  bool dry_runs = false;
};

/// In the order of config.clusters.
std::vector<ClusterRights> needed_rights(const Config& config, const std::vector<AppObjects>& apps, const RightsOptions& options = {});

/// The kinds that Apps are usually made of, for whoever has nothing rendered at hand.
const std::vector<ObjectRef>& usual_kinds();
/// "apps/v1 Deployment" or a manifest's `apiVersion:` and `kind:` in YAML, one or the other per line or document. InvalidInput names the line.
Result<std::vector<ObjectRef>> parse_kinds(const std::string& text, const std::string& file);

/// The Leases that instances with this config take turns on; empty without `ha`.
std::vector<std::string> lease_names(const Config& config);

}  // namespace driftwarden
