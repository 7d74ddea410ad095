#pragma once
// Everything that is watched: repositories on one side, clusters on the other, the drift index between them.
#include "bot/config/config.hpp"
#include "bot/watch/repository_watcher.hpp"
#include "gitops/base/async.hpp"
#include "gitops/drift/index.hpp"
#include "gitops/render/render.hpp"
#include "integrations/kubernetes/cluster.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// What the App's Git side says at one revision.
struct DesiredState {
  std::string revision;  ///< what is rendered: the commit, or the pinned one
  std::string tree;      ///< id of the App's tree there: equal id = equal Desired
  std::vector<Manifest> manifests;
};

class Fleet final : public LiveSink {
 public:
  struct Listener {
    std::function<void(DriftReport)> on_report;  ///< an App's report may have changed
    std::function<void(std::string app, std::string revision)> on_synced;  ///< live equals this revision now
    std::function<void(std::string cluster, bool reachable, std::string why)> on_cluster;
    std::function<void(std::string repository, bool reachable, std::string why)> on_repository;
  };
  struct Parts {
    asio::any_io_executor executor;
    asio::any_io_executor pool;
    Clock* clock = nullptr;
    Random* random = nullptr;
    const Config* config = nullptr;
    const Redactor* redactor = nullptr;
    std::vector<std::unique_ptr<kubernetes::Cluster>> clusters;
    TransportFactory transport;
    std::string cache_directory;
    std::map<std::string, std::string> last_synced;  ///< App -> revision, from storage
  };
  explicit Fleet(Parts parts);
  ~Fleet() override;

  void start(Listener listener);
  asio::awaitable<void> stop();

  const App* app(const std::string& name) const;
  std::vector<App> apps() const;
  kubernetes::Cluster* cluster(const std::string& name);
  RepositoryWatcher& repository(const std::string& name);
  const RepositoryConfig& repository_config(const std::string& name) const;
  DriftReport report(const std::string& app);
  kubernetes::HealthReport health(const std::string& app);
  JsonPtr live(const App& app, const ObjectRef& ref) const;
  const std::vector<Manifest>* desired(const std::string& app) const;
  bool desired_failed(const std::string& app) const;  ///< Git or the manifests are why it is Unknown
  /// The id of the tree that Desired was rendered from; "" before the first.
  std::string desired_tree(const std::string& app) const;
  /// Renders the App as of a commit of its branch: the commit itself, or where the App is pinned what the pin there says.
  asio::awaitable<Result<DesiredState>> render_at(App app, std::string commit);
  /// Renders the App's path at exactly this revision, pins or not.
  asio::awaitable<Result<DesiredState>> render_revision(App app, std::string revision);
  /// Fetch all repositories now, or one.
  void nudge();
  void nudge(const std::string& repository);
  bool ready() const;  ///< every App has been judged once, or is known to be unknowable now

  void on_object(const std::string& cluster, LiveObject object) override;
  void on_deleted(const std::string& cluster, const ObjectRef& ref) override;
  void on_listed(const std::string& cluster, const WatchedKind& kind) override;
  void on_relist(const std::string& cluster, const WatchedKind& kind) override;
  void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) override;
  void on_reachable(const std::string& cluster, bool reachable, const std::string& why) override;

 private:
  struct Rendering {
    std::string tree;
    std::string revision;
    bool failed = false;
  };

  asio::awaitable<void> follow_repository(std::string name);
  asio::awaitable<void> refresh_apps(std::string repository, std::string head);
  asio::awaitable<void> refresh_app(App app, std::string head);
  asio::awaitable<void> load_last_synced(App app, std::string revision);
  asio::awaitable<void> report_changes();
  void watch_kinds();
  asio::awaitable<void> learn_schemas(kubernetes::Cluster& cluster);

  Parts parts_;
  Listener listener_;
  DriftIndex index_;
  std::map<std::string, App> apps_;
  std::map<std::string, std::unique_ptr<RepositoryWatcher>> repositories_;
  std::map<std::string, Rendering> renderings_;
  std::map<std::string, AppState> told_;
  std::map<std::string, std::set<WatchedKind>> watched_;  ///< by cluster
  Signal changed_;
  TaskGroup tasks_;
};

/// Reads a pin file (.driftwarden/pins/<app>.yaml).
Result<Pin> parse_pin(const std::string& text, const std::string& path);
std::string write_pin(const Pin& pin, const std::string& app);

}  // namespace driftwarden
