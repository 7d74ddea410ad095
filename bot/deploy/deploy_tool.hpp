#pragma once
// Inside of bot/deploy: what Argo CD's side and Flux's side have in common for Deployments. One object per rule of the config and tool.
#include "bot/config/config.hpp"
#include "bot/deploy/deployments.hpp"
#include "gitops/manifest/manifest.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// The config and the clusters as the mapping from a tool's object to an App needs them. Pure.
struct DeployGround {
  const Config* config = nullptr;
  std::map<std::string, std::string> servers{};
  /// The configured cluster that a destination means, by URL or name, seen from the cluster the tool runs in; "" = none.
  std::string cluster_of(const std::string& server, const std::string& name, const std::string& home) const;
  /// The configured repository with this URL; null = none.
  const RepositoryConfig* repository_of(const std::string& url) const;
};

/// What one object comes to.
struct FoundApp {
  std::optional<App> app{};        ///< with deployer; nothing = it can't be rendered by us
  std::string name{};              ///< what it would be called
  std::vector<std::string> notices{};
  Opinion opinion{};
  std::optional<DeployPause> pause{};
};

/// Pure functions over the watched objects of one rule; `objects` by kind, as live.
class DeployTool {
 public:
  virtual ~DeployTool() = default;
  virtual std::set<WatchedKind> kinds() const = 0;
  /// Everything that the rule finds among these objects, sorted by name. `now`: for sync windows.
  virtual std::vector<FoundApp> find(const std::vector<Manifest>& objects, const DeployGround& ground, WallTime now) const = 0;
  /// What to send next so that the object puts `revision` in force; nothing = wait, or it is done.
  struct Step {
    DeployProgress progress{};
    struct Patch {
      ObjectRef ref;
      JsonPtr body;  ///< RFC 6902
    };
    std::optional<Patch> patch{};
  };
  /// `object` and what belongs to it (`objects`: projects, sources) were read just now.
  struct Wanted {
    std::string revision{};
    std::string id{};
    std::string requested_by{};
  };
  virtual Result<Step> step(const Deployer& deployer, const std::vector<Manifest>& objects, const Wanted& wanted, WallTime now) const = 0;
  /// The objects beside the deployer's own that `step` wants to see.
  virtual std::vector<ObjectRef> belonging(const Deployer& deployer, const std::vector<Manifest>& objects) const = 0;
  /// Patches that make it look at Git again, in order.
  virtual std::vector<Step::Patch> refresh(const Deployer& deployer, const std::vector<Manifest>& objects, const std::string& token) const = 0;
};

std::unique_ptr<DeployTool> make_argo_tool(const DiscoverRule& rule);
std::unique_ptr<DeployTool> make_flux_tool(const DiscoverRule& rule);

}  // namespace driftwarden
