#pragma once
// Argo CD and Flux: what they deploy becomes Apps, what they say becomes a second opinion, and what was merged they are asked to put in force.
#include "bot/config/config.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/random.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// How far it is with putting a revision in force.
struct DeployProgress {
  enum class State { Done, Waiting, Failed };
  State state = State::Waiting;
  std::string words{};               ///< for people: "Argo CD is syncing 4f2c81a", "the sync window ... is closed until 08:00 UTC"
  Duration look_again{2'000};
};

/// What nobody lets run: suspended, auto-sync off.
struct DeployPause {
  std::string app{};
  std::string what{};  ///< "Flux's Kustomization apps/checkout is suspended"
  std::string who{};   ///< the field's manager, ""
  std::optional<WallTime> since{};
};

/// The rules of the config whose kind is ArgoCd or Flux. Everything it knows comes from the fleet's watches; on the I/O thread.
class Deployments final : public ClusterObserver {
 public:
  struct Parts {
    asio::any_io_executor executor;
    Clock* clock = nullptr;
    Random* random = nullptr;
    const Config* config = nullptr;
    Fleet* fleet = nullptr;
    std::map<std::string, std::string> servers{};  ///< by cluster of the config: its API server's URL, as Argo CD's destinations name it
    /// Something that its people should put right: an Application whose repository or cluster nobody configured, a chart from a registry. Said once each.
    std::function<void(std::string source, std::string what)> on_notice{};
  };
  explicit Deployments(Parts parts);
  ~Deployments() override;

  void start();
  asio::awaitable<void> stop();
  /// The rules are others now, or the fleet's Apps are: found Apps and deployers are settled anew.
  void look_again();

  /// Asks the App's deployer to put `revision` in force, and says how far it is; asked again with the same `id`, it only looks. Waiting while a sync window
  /// is closed or another operation runs. Denied: no right to ask; it will sync in its own time.
  asio::awaitable<Result<DeployProgress>> deploy(App app, std::string revision, std::string id, std::string requested_by);
  /// It is to look at Git again now. NotFound: nobody deploys the App.
  asio::awaitable<Result<void>> refresh(App app);
  std::vector<DeployPause> pauses() const;
  /// Flux's notification-controller (or Argo CD's) spoke of this object: its repository is looked at.
  void on_event(const std::string& kind, const std::string& namespace_, const std::string& name);

  std::set<WatchedKind> kinds(const std::string& cluster) const override;
  void on_object(const std::string& cluster, const LiveObject& object) override;
  void on_deleted(const std::string& cluster, const ObjectRef& ref) override;
  void on_relist(const std::string& cluster, const WatchedKind& kind) override;
  void on_listed(const std::string& cluster, const WatchedKind& kind) override;
  void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace driftwarden
