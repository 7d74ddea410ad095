#pragma once
// A fleet over a real repository of small Apps and a cluster that takes its time. One App is one ConfigMap.
#include "bot/watch/fleet.hpp"
#include "tests/support/fakes/world.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace driftwarden {

inline std::string config_map(const std::string& name, const std::string& value) {
  return fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n  namespace: shop\ndata:\n  key: \"{}\"\n", name, value);
}

inline nlohmann::json live_config_map(const std::string& name, const std::string& value) {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}, {"namespace", "shop"}}}, {"data", {{"key", value}}}};
}

/// Counts what it is asked for at once, and answers as late as it is told to.
class SlowCluster final : public kubernetes::Cluster {
 public:
  explicit SlowCluster(Clock& clock) : clock_(clock) {}

  std::map<std::string, nlohmann::json> objects;
  Duration answers_after{0};
  std::optional<Error> refusal;
  WallTime heard{};
  std::size_t dry_runs = 0;
  std::size_t reads = 0;
  std::size_t busy = 0;
  std::size_t busiest = 0;

  const std::string& name() const override { return name_; }
  WallTime last_heard() const override { return heard; }
  void watch(std::set<WatchedKind> kinds, LiveSink& sink) override {
    sink_ = &sink;
    sink.on_reachable(name_, true, "");
    for (const auto& kind : kinds) {
      if (!kinds_.insert(kind).second) continue;
      sink.on_relist(name_, kind);
      for (const auto& [id, object] : objects) {
        if (object.at("kind") == kind.kind) sink.on_object(name_, {ref_of(object), std::make_shared<const nlohmann::json>(object)});
      }
      sink.on_listed(name_, kind);
    }
  }
  asio::awaitable<Result<kubernetes::ApplyOutcome>> apply(JsonPtr object, kubernetes::ApplyOptions options) override {
    EXPECT_TRUE(options.dry_run && options.force);
    ++dry_runs;
    auto waiting = wait();
    auto waited = co_await std::move(waiting);
    if (!waited) co_return waited.error();
    kubernetes::ApplyOutcome outcome;
    outcome.status = 200;
    outcome.object = object;
    co_return outcome;
  }
  asio::awaitable<Result<JsonPtr>> list(kubernetes::ListQuery) override { co_return Error{ErrorKind::NotFound, "nothing is listed here"}; }
  asio::awaitable<Result<std::string>> logs(kubernetes::LogQuery) override { co_return Error{ErrorKind::NotFound, "no logs here"}; }
  asio::awaitable<Result<JsonPtr>> get(ObjectRef ref) override {
    ++reads;
    auto waiting = wait();
    auto waited = co_await std::move(waiting);
    if (!waited) co_return waited.error();
    const auto found = objects.find(object_id(ref));
    if (found == objects.end()) co_return Error{ErrorKind::NotFound, "no such object"};
    JsonPtr answer = std::make_shared<const nlohmann::json>(found->second);
    co_return answer;
  }
  asio::awaitable<Result<JsonPtr>> patch(ObjectRef, JsonPtr, std::string) override { co_return Error{ErrorKind::Denied, "not here"}; }
  asio::awaitable<Result<void>> remove(ObjectRef) override { co_return Error{ErrorKind::Denied, "not here"}; }
  asio::awaitable<Result<bool>> may(std::string, WatchedKind, std::string) override { co_return true; }
  asio::awaitable<Result<std::string>> server_version() override { co_return std::string("v1.31.0"); }
  asio::awaitable<Result<bool>> is_namespaced(WatchedKind) override { co_return true; }
  asio::awaitable<Result<std::shared_ptr<const Schemas>>> schemas() override {
    std::shared_ptr<const Schemas> known = known_;
    co_return known;
  }
  asio::awaitable<void> close() override { co_return; }

  void put(nlohmann::json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    objects[object_id(ref_of(object))] = object;
    if (sink_ != nullptr) sink_->on_object(name_, {ref_of(object), std::make_shared<const nlohmann::json>(object)});
  }

 private:
  struct BuiltIn final : Schemas {
    const SchemaNode* find(const std::string& api_version, const std::string& kind) const override { return built_in_schemas().find(api_version, kind); }
  };

  asio::awaitable<Result<void>> wait() {
    ++busy;
    busiest = std::max(busiest, busy);
    auto slept = co_await clock_.sleep_for(answers_after);
    --busy;
    if (!slept) co_return slept.error();
    if (refusal) co_return *refusal;
    co_return Result<void>{};
  }

  Clock& clock_;
  std::string name_ = "prod-eu";
  std::set<WatchedKind> kinds_;
  int version_ = 0;
  LiveSink* sink_ = nullptr;
  std::shared_ptr<const Schemas> known_ = std::make_shared<const BuiltIn>();
};

class FleetWorld {
 public:
  explicit FleetWorld(std::size_t apps = 1) : clock(io), random(create_seeded_random(7)), cluster_owned(std::make_unique<SlowCluster>(clock)), cluster(*cluster_owned) {
    test::run_shell(fmt::format("git init -q --bare -b main {} && git init -q -b main {}", remote(), work()));
    RepositoryConfig repository;
    repository.name = "config";
    repository.url = remote();
    config.repositories.push_back(repository);
    ClusterConfig prod;
    prod.name = "prod-eu";
    prod.environment = "prod";
    config.clusters.push_back(prod);
    std::map<std::string, std::string> files;
    for (std::size_t i = 0; i < apps; ++i) {
      const auto name = fmt::format("app-{:03}", i);
      add_app(name);
      files["apps/" + name + "/cm.yaml"] = config_map(name, "1");
      cluster.objects[object_id({"", "v1", "ConfigMap", "shop", name})] = live_config_map(name, "1");
    }
    commit(files);
  }
  ~FleetWorld() {
    if (fleet) test::run(io, fleet->stop());
  }

  std::string remote() const { return (directory.path / "remote.git").string(); }
  std::string work() const { return (directory.path / "work").string(); }
  App& add_app(const std::string& name) {
    App app;
    app.name = name;
    app.repository = "config";
    app.path = "apps/" + name;
    app.cluster = "prod-eu";
    app.namespace_ = "shop";
    config.apps.push_back(app);
    return config.apps.back();
  }
  /// Somebody pushes these files.
  void commit(const std::map<std::string, std::string>& files) {
    for (const auto& [path, content] : files) {
      std::filesystem::create_directories((std::filesystem::path(work()) / path).parent_path());
      std::ofstream(std::filesystem::path(work()) / path) << content;
    }
    test::run_shell(fmt::format("cd {} && git add -A && git -c user.name=Ann -c user.email=ann@example.org commit -q -m Change && git push -q {} HEAD:main", work(), remote()));
  }
  void push(const std::map<std::string, std::string>& files) {
    commit(files);
    fleet->nudge();
    clock.settle();
  }
  void start() {
    Fleet::Parts parts;
    parts.executor = io.get_executor();
    parts.pool = io.get_executor();
    parts.clock = &clock;
    parts.random = random.get();
    parts.config = &config;
    parts.redactor = &redactor;
    parts.clusters.push_back(std::move(cluster_owned));
    parts.cache_directory = (directory.path / "mirrors").string();
    parts.last_synced = last_synced;
    if (renderer) parts.render = renderer;
    fleet = std::make_unique<Fleet>(std::move(parts));
    if (observer != nullptr) fleet->observe(*observer);
    Fleet::Listener listener;
    listener.on_report = [this](DriftReport report) { told[report.app].push_back(std::move(report)); };
    listener.on_synced = [this](const std::string& app, const std::string& revision) { last_synced[app] = revision; };
    listener.on_cluster = [](const std::string&, bool, const std::string&) {};
    listener.on_repository = [](const std::string&, bool, const std::string&) {};
    listener.on_notice = [this](const std::string&, const std::string& what) { notices.push_back(what); };
    listener.on_apps_changed = [this] { ++apps_changes; };
    listener.on_head = [this](const std::string&, const std::string& head) { heads.push_back(head); };
    fleet->start(std::move(listener));
    clock.settle();
  }
  /// As last told.
  DriftReport last(const std::string& app = "app-000") { return told[app].empty() ? DriftReport{} : told[app].back(); }
  bool ever_told(const std::string& app, AppState state) {
    return std::ranges::any_of(told[app], [&](const DriftReport& report) { return report.state == state; });
  }

  asio::io_context io;
  test::ManualClock clock;
  std::unique_ptr<Random> random;
  test::TemporaryDirectory directory;
  Config config;
  Redactor redactor{"key"};
  std::map<std::string, std::string> last_synced;
  Renderer renderer;
  std::unique_ptr<SlowCluster> cluster_owned;
  SlowCluster& cluster;
  std::map<std::string, std::vector<DriftReport>> told;
  std::vector<std::string> notices;
  std::vector<std::string> heads;
  std::size_t apps_changes = 0;
  ClusterObserver* observer = nullptr;
  std::unique_ptr<Fleet> fleet;
};

}  // namespace driftwarden
