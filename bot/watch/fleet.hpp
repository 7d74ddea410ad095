#pragma once
// Everything that is watched: repositories on one side, clusters on the other, the drift index between them.
#include "bot/config/config.hpp"
#include "bot/watch/app_files.hpp"
#include "bot/watch/cluster_errands.hpp"
#include "bot/watch/found_paths.hpp"
#include "bot/watch/git_inputs.hpp"
#include "bot/watch/repository_watcher.hpp"
#include "gitops/base/async.hpp"
#include "gitops/drift/index.hpp"
#include "gitops/render/render.hpp"
#include "integrations/kubernetes/cluster.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// What was done since the start, and how the Apps stand as they were last told.
struct FleetFigures {
  std::uint64_t renders = 0;    ///< asked for, whoever answered
  std::uint64_t tool_runs = 0;  ///< of these, carried out by a program
  std::uint64_t dry_runs = 0;
  std::uint64_t events_seen = 0;
  std::uint64_t events_gated = 0;  ///< of these, not looked into: only status moved, or nobody's object
  std::map<AppState, std::size_t> apps;
  std::map<std::string, WallTime> heard{};     ///< clusters: when the server was last heard of; the epoch before its first word
  std::map<std::string, WallTime> answered{};  ///< repositories: when the remote last answered; the epoch before
};

/// What the config says of judging, for the index and for everybody who compares beside it.
IndexOptions index_options(const DriftConfig& drift);

/// Wants to know of objects that no App desires: Argo CD's Applications, Flux's Kustomizations. Called on the I/O thread, after Fleet::start.
class ClusterObserver {
 public:
  virtual ~ClusterObserver() = default;
  /// Asked again whenever the fleet decides what to watch.
  virtual std::set<WatchedKind> kinds(const std::string& cluster) const = 0;
  virtual void on_object(const std::string& cluster, const LiveObject& object) = 0;
  virtual void on_deleted(const std::string& cluster, const ObjectRef& ref) = 0;
  /// Upon a (new) first list: what wasn't told since on_relist is gone.
  virtual void on_relist(const std::string& cluster, const WatchedKind& kind) = 0;
  virtual void on_listed(const std::string& cluster, const WatchedKind& kind) = 0;
  /// Not served there (no CRD), or forbidden.
  virtual void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) = 0;
};

class Fleet final : public LiveSink {
 public:
  struct Listener {
    std::function<void(DriftReport)> on_report;  ///< an App's report may have changed
    std::function<void(std::string app, std::string revision)> on_synced;  ///< live equals this revision now
    std::function<void(std::string cluster, bool reachable, std::string why)> on_cluster;
    std::function<void(std::string repository, bool reachable, std::string why)> on_repository;
    /// A kind can't be watched, or can (again); said once at first, and upon each change.
    std::function<void(std::string cluster, WatchedKind kind, bool watched, std::string why)> on_kind;
    /// Something in a repository that its people should put right: a declared App that can't be taken.
    std::function<void(std::string repository, std::string what)> on_notice{};
    /// An App's file is gone from Git, or says something else to be rendered or compared with: the App is then told anew.
    std::function<void(std::string app)> on_app_dropped{};
    /// The set of Apps, or what one of them is, has changed.
    std::function<void()> on_apps_changed{};
    /// A repository's head was read; its Apps are known and rendered as far as that goes.
    std::function<void(std::string repository, std::string head)> on_head{};
    /// An App was judged by what is known here, before anybody confirmed it: for figures.
    std::function<void(const DriftReport& report)> on_suspected{};
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
    Renderer render = default_renderer();            ///< called on the pool
  };
  explicit Fleet(Parts parts);
  ~Fleet() override;

  void start(Listener listener);
  asio::awaitable<void> stop();

  /// Before start. Outlives the fleet.
  void observe(ClusterObserver& observer) { observer_ = &observer; }
  /// The observer wants other kinds than before.
  void kinds_changed();
  /// Apps that somebody found: of this source these now, in place of those it gave before. A name that the config, a repository's `.driftwarden/apps` or
  /// an earlier source has already is left out and told by on_notice, once. A source that
  /// finds nothing (or can't: the kind isn't served) says so with none: until then the fleet doesn't know its Apps (apps_are_known).
  void set_found_apps(const std::string& source, std::vector<App> apps);
  /// Who deploys an App that was written down by somebody. Upon nothing, nobody does.
  void set_deployer(const std::string& app, const std::optional<Deployer>& deployer);
  /// What who deploys it says of it now.
  void set_opinion(const std::string& app, std::optional<Opinion> opinion);
  /// Argo CD's Applications as they are live: their ignoreDifferences hold, too.
  void set_live_applications(const std::string& cluster, std::vector<Manifest> applications);
  /// The report of an App that a tool plans (App::kind).
  void put_report(DriftReport report);
  /// The config was exchanged (same clusters and repositories): Apps come, go and change.
  void config_changed();

  /// Those of the config and those declared in Git (app_files.hpp), with those that stand for the orphans of a namespace ("orphans-<cluster>-<namespace>").
  const App* app(const std::string& name) const;
  std::vector<App> apps() const;
  /// Every repository was asked once which Apps it declares, or can't be asked now; and every rule of Argo CD and Flux once what they deploy: until then an
  /// App may be missing, or be one that somebody else deploys.
  bool apps_are_known() const;
  /// The same, but clusters that can't be reached aren't waited for.
  bool apps_are_known_as_far_as_can_be() const;
  kubernetes::Cluster* cluster(const std::string& name);
  RepositoryWatcher& repository(const std::string& name);
  const RepositoryConfig& repository_config(const std::string& name) const;
  DriftReport report(const std::string& app);
  /// Of the worst object. Only kinds that have a health of their own are looked at.
  kubernetes::HealthReport health(const std::string& app);
  JsonPtr live(const App& app, const ObjectRef& ref) const;
  /// Nothing before the first render.
  std::optional<std::vector<Manifest>> desired(const std::string& app) const;
  std::optional<Manifest> desired(const std::string& app, const ObjectRef& ref) const;
  bool desired_failed(const std::string& app) const;  ///< Git or the manifests are why it is Unknown
  /// The id of the sources (sources_id) that Desired was rendered from; "" before the first.
  std::string desired_tree(const std::string& app) const;
  /// What it is rendered from, as last looked up; empty before the first look.
  AppSources sources(const std::string& app) const;
  /// Renders the App as of a commit of its branch: the commit itself, or where the App is pinned what the pin there says.
  asio::awaitable<Result<DesiredState>> render_at(App app, std::string commit);
  /// Renders the App's path at exactly this revision, pins or not.
  asio::awaitable<Result<DesiredState>> render_revision(App app, std::string revision);
  /// Fetch all repositories now, or one.
  void nudge();
  void nudge(const std::string& repository);
  /// The repositories that one of these URLs names (a webhook's); all when none does.
  void nudge_urls(const std::vector<std::string>& urls);
  bool ready() const;  ///< every App has been judged once, or is known to be unknowable now
  /// Nothing is under way that could still change the App's report: no first list, dry-run or look-up. True for what can't be known, too.
  bool is_final(const std::string& app) const;
  std::uint64_t renders() const { return renders_; }
  const Renderer& renderer() const { return parts_.render; }
  FleetFigures figures() const;

  bool wants(const std::string& cluster, const LiveGlimpse& glimpse) override;
  void on_object(const std::string& cluster, LiveObject object) override;
  void on_deleted(const std::string& cluster, const ObjectRef& ref) override;
  void on_listed(const std::string& cluster, const WatchedKind& kind) override;
  void on_relist(const std::string& cluster, const WatchedKind& kind) override;
  void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) override;
  void on_reachable(const std::string& cluster, bool reachable, const std::string& why) override;

 private:
  struct Rendering {
    AppInputs inputs;  ///< as last looked up
    std::string tree;  ///< as last rendered, or tried
    std::string revision;
    bool failed = false;
    bool again = false;  ///< it failed for a reason that may pass
    bool synced_known = false;
  };
  /// Ignore rules that don't stand in the config.
  struct Rules {
    ImportedRules git;
    ImportedRules argo;
  };
  /// How far the first look at a cluster has come.
  struct Survey {
    std::set<WatchedKind> watched;
    std::set<WatchedKind> answered;  ///< listed, or known why not
    std::map<WatchedKind, bool> told;  ///< to the listener: whether it can be watched
    bool unreachable = false;
    bool schemas = false;  ///< known, or known why not
  };
  /// What a repository's head declares.
  struct Declared {
    std::string id;  ///< of the directory, as last taken
    std::set<std::string> names;
    bool read = false;  ///< or tried
  };
  struct Batch;

  void add_orphans();
  void tell_kind(const std::string& cluster, const WatchedKind& kind, bool watched, const std::string& why);

  // fleet_found.cpp: Apps that were found, opinions, planned Apps
  asio::awaitable<void> refresh_found(std::string repository, std::string head);
  void drop_found(const std::string& source);
  void put_config_apps();
  bool repositories_are_read() const;
  bool is_planned(const std::string& name) const;
  DriftReport planned_report(const std::string& name) const;
  std::set<WatchedKind> kinds_to_watch(const std::string& cluster) const;
  std::set<WatchedKind> newly_observed(const std::string& cluster);
  bool is_observed(const std::string& cluster, const GroupKind& kind) const;
  void apps_changed();

  // fleet_apps.cpp: Apps declared in Git
  asio::awaitable<void> refresh_declared(std::string repository, std::string head);
  void take_declared(const std::string& repository, DeclaredApps read);
  /// True when it is another one than before.
  bool put_app(App app);
  void drop_app(const std::string& name);
  void notice(const std::string& repository, const std::string& what);

  // fleet_git.cpp: Desired
  asio::awaitable<void> follow_repository(std::string name);
  void on_repository_failed(const std::string& name, const Error& error);
  asio::awaitable<void> refresh_apps(std::string repository, std::string head);
  asio::awaitable<Result<std::vector<LookedUp>>> look_up_apps(std::string repository, std::string head, std::vector<LookUp> apps);
  bool take_looked_up(const App& app, LookedUp looked_up);
  asio::awaitable<void> render_waiting(std::shared_ptr<Batch> batch);
  asio::awaitable<void> refresh_app(App app);
  asio::awaitable<void> load_last_synced(App app, std::string revision);
  asio::awaitable<Result<DesiredState>> render_counted(App app, std::string revision, bool compare_twice);
  void fail_desired(const App& app, const Error& error);
  void keep_applications(const App& app, const std::vector<Manifest>& manifests);
  void spread_argo_rules();
  void tell_rules(const std::string& app);

  // fleet_live.cpp: Live
  void watch_kinds();
  asio::awaitable<void> watch_anyway();
  bool git_is_read(const std::string& cluster) const;
  asio::awaitable<void> follow_schemas(kubernetes::Cluster& cluster, Signal& wanted);

  // fleet_reports.cpp
  asio::awaitable<void> report_changes();
  asio::awaitable<Result<void>> wait_for_work();
  std::set<std::string> names_to_judge();
  DriftReport judge(const std::string& app);
  void tell(const std::string& app);
  void look_for_errands();

  Parts parts_;
  Listener listener_;
  DriftIndex index_;
  std::map<std::string, App> apps_;
  std::vector<std::map<std::string, App>::node_type> dropped_;
  std::map<std::string, Declared> declared_;  ///< by repository
  std::map<std::string, std::set<std::string>> found_;  ///< names, by source
  std::map<std::string, std::string> found_ids_;        ///< of what a paths rule looked at, by rule
  std::uint64_t config_changes_ = 0;
  std::set<std::string> configured_;                    ///< names that the config's own Apps have
  std::set<std::string> found_conflicts_;               ///< told already
  std::map<std::string, Deployer> deployers_;           ///< of Apps that were written down
  std::map<std::string, Opinion> opinions_;
  std::map<std::string, DriftReport> planned_;          ///< reports of Apps that a tool plans
  std::map<std::string, std::vector<Manifest>> live_applications_;  ///< by cluster
  ClusterObserver* observer_ = nullptr;
  std::map<std::string, std::set<GroupKind>> observed_;  ///< by cluster, as last asked
  std::set<std::string> retell_;      ///< what is said beside their report has changed
  std::set<std::string> look_again_;  ///< repositories whose head is to be looked at though it didn't move
  bool started_ = false;
  std::map<std::string, std::unique_ptr<RepositoryWatcher>> repositories_;
  std::map<std::string, std::string> heads_;  ///< by repository, as last looked at
  std::set<std::string> failed_repositories_;
  std::map<std::string, Rendering> renderings_;
  std::map<std::string, Rules> rules_;
  std::map<std::string, std::vector<Manifest>> applications_;  ///< Argo CD's, by the App that desires them
  bool applications_moved_ = false;
  std::map<std::string, AppState> told_;
  std::map<std::string, MonoTime> held_;  ///< Apps whose report isn't the last word yet, and until when that is waited for
  MonoTime last_pass_{};
  std::map<std::string, Survey> surveys_;  ///< by cluster
  bool waited_for_git_ = false;
  std::map<std::string, std::unique_ptr<Signal>> schemas_wanted_;
  std::uint64_t renders_ = 0;
  std::uint64_t events_seen_ = 0;
  std::uint64_t events_gated_ = 0;
  Signal changed_;
  std::map<std::string, std::unique_ptr<ClusterErrands>> errands_;
  TaskGroup tasks_;
};

/// Reads a pin file (.driftwarden/pins/<app>.yaml).
Result<Pin> parse_pin(const std::string& text, const std::string& path);
std::string write_pin(const Pin& pin, const std::string& app);

/// "orphans-<cluster>-<namespace>"
std::string orphans_name(const std::string& cluster, const std::string& namespace_);

}  // namespace driftwarden
