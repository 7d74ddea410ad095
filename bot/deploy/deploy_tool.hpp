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
  /// The configured repository with this URL; null = none. Of several that one whose branch is `revision`.
  const RepositoryConfig* repository_of(const std::string& url, const std::string& revision = {}) const;
};

/// A label selector as kubectl takes it: "team in (shop, search),!canary,tier!=db". "" matches all; one that can't be read matches nothing.
bool label_selector_matches(const std::string& selector, const std::map<std::string, std::string>& labels);

/// What one object comes to.
struct FoundApp {
  std::optional<App> app{};        ///< with deployer; nothing = it can't be rendered by us
  std::string name{};              ///< what it would be called
  std::vector<std::string> notices{};  ///< without the object's name, which is put before: the same words of many objects are told as one
  Opinion opinion{};
  std::optional<DeployPause> pause{};
  ObjectRef object{};              ///< the tool's; may be left out where `app` has its deployer
  std::optional<App> place{};      ///< without `app`: repository, path (those of more sources in `more`), cluster, namespace and deployer, for an App that somebody wrote down for it
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
    std::string branch{};                   ///< that the revision is of; "" = not known
    std::set<std::string> contained_in{};   ///< commits that contain it, of those that `revisions` names
    /// The version in the Chart.yaml of the App's path, where the revision changed that chart and left its version as it was.
    std::optional<std::string> same_chart_version{};
  };
  virtual Result<Step> step(const Deployer& deployer, const std::vector<Manifest>& objects, const Wanted& wanted, WallTime now) const = 0;
  /// Commits that `step` would like to be told of whether they contain the wanted one.
  virtual std::vector<std::string> revisions(const Deployer& deployer, const std::vector<Manifest>& objects) const {
    static_cast<void>(deployer);
    static_cast<void>(objects);
    return {};
  }
  /// It packs the chart anew only when its version moves.
  virtual bool minds_chart_version(const Deployer& deployer, const std::vector<Manifest>& objects) const {
    static_cast<void>(deployer);
    static_cast<void>(objects);
    return false;
  }
  /// The objects beside the deployer's own that `step` wants to see.
  virtual std::vector<ObjectRef> belonging(const Deployer& deployer, const std::vector<Manifest>& objects) const = 0;
  /// Patches that make it look at Git again, in order.
  virtual std::vector<Step::Patch> refresh(const Deployer& deployer, const std::vector<Manifest>& objects, const std::string& token) const = 0;
};

std::unique_ptr<DeployTool> make_argo_tool(const DiscoverRule& rule);
std::unique_ptr<DeployTool> make_flux_tool(const DiscoverRule& rule);

}  // namespace driftwarden
