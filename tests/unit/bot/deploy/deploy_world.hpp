#pragma once
// A fleet over a real repository and a cluster in which Argo CD's objects are, with Deployments beside it.
#include "bot/deploy/deployments.hpp"
#include "tests/support/fakes/world.hpp"
#include "tests/unit/bot/deploy/argo_fixture.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// Objects in memory; patches are tested as a server tests them.
class PatchedCluster final : public kubernetes::Cluster {
 public:
  std::map<std::string, nlohmann::json> objects;
  std::map<std::string, Error> not_watched;  ///< by kind
  std::optional<Error> patch_fails;
  std::set<std::string> unreadable;          ///< kinds
  std::vector<std::string> patched;          ///< object ids
  std::vector<std::string> managers;
  LiveSink* sink = nullptr;

  const std::string& name() const override { return name_; }
  WallTime last_heard() const override { return {}; }
  void watch(std::set<WatchedKind> kinds, LiveSink& told) override {
    sink = &told;
    told.on_reachable(name_, true, "");
    for (const auto& kind : kinds) {
      if (kinds_.insert(kind).second) list_kind(kind);
    }
  }
  void list_kind(const WatchedKind& kind) {
    if (const auto failed = not_watched.find(kind.kind); failed != not_watched.end()) return sink->on_kind_failed(name_, kind, failed->second);
    sink->on_relist(name_, kind);
    for (const auto& [id, object] : objects) {
      if (object.at("kind") == kind.kind) tell(object);
    }
    sink->on_listed(name_, kind);
  }
  asio::awaitable<Result<kubernetes::ApplyOutcome>> apply(JsonPtr, kubernetes::ApplyOptions) override { co_return Error{ErrorKind::Denied, "nothing is applied here"}; }
  asio::awaitable<Result<JsonPtr>> patch(ObjectRef ref, JsonPtr body, std::string manager) override {
    if (patch_fails) co_return *patch_fails;
    const auto found = objects.find(object_id(ref));
    if (found == objects.end()) co_return Error{ErrorKind::NotFound, "no such object"};
    nlohmann::json after;
    try {
      after = found->second.patch(*body);
    } catch (const nlohmann::json::exception&) {
      co_return Error{ErrorKind::Unavailable, "the test failed"};
    }
    patched.push_back(object_id(ref));
    managers.push_back(manager);
    put(after);
    JsonPtr answer = std::make_shared<const nlohmann::json>(objects.at(object_id(ref)));
    co_return answer;
  }
  asio::awaitable<Result<void>> remove(ObjectRef) override { co_return Error{ErrorKind::Denied, "nothing is removed here"}; }
  asio::awaitable<Result<JsonPtr>> get(ObjectRef ref) override {
    if (unreadable.contains(ref.kind)) co_return Error{ErrorKind::Denied, "forbidden"};
    const auto found = objects.find(object_id(ref));
    if (found == objects.end()) co_return Error{ErrorKind::NotFound, "no such object"};
    JsonPtr answer = std::make_shared<const nlohmann::json>(found->second);
    co_return answer;
  }
  asio::awaitable<Result<JsonPtr>> list(kubernetes::ListQuery) override { co_return Error{ErrorKind::NotFound, "nothing is listed here"}; }
  asio::awaitable<Result<std::string>> logs(kubernetes::LogQuery) override { co_return Error{ErrorKind::NotFound, "no logs here"}; }
  asio::awaitable<Result<bool>> may(std::string, WatchedKind, std::string) override { co_return true; }
  asio::awaitable<Result<std::string>> server_version() override { co_return std::string("v1.31.0"); }
  asio::awaitable<Result<bool>> is_namespaced(WatchedKind) override { co_return true; }
  asio::awaitable<Result<std::shared_ptr<const Schemas>>> schemas() override {
    std::shared_ptr<const Schemas> known = std::make_shared<const BuiltIn>();
    co_return known;
  }
  asio::awaitable<void> close() override { co_return; }

  void put(nlohmann::json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    objects[object_id(ref_of(object))] = object;
    if (sink != nullptr) tell(object);
  }
  void put(const Manifest& manifest) { put(*manifest.body); }
  void merge(const std::string& id, const nlohmann::json& change) {
    auto object = objects.at(id);
    object.merge_patch(change);
    put(object);
  }
  void erase(const std::string& id) {
    const auto ref = ref_of(objects.at(id));
    objects.erase(id);
    sink->on_deleted(name_, ref);
  }

 private:
  struct BuiltIn final : Schemas {
    const SchemaNode* find(const std::string& api_version, const std::string& kind) const override { return built_in_schemas().find(api_version, kind); }
  };
  void tell(const nlohmann::json& object) { sink->on_object(name_, {ref_of(object), std::make_shared<const nlohmann::json>(object)}); }

  std::string name_ = "here";
  std::set<WatchedKind> kinds_;
  int version_ = 0;
};

class DeployWorld {
 public:
  DeployWorld() : clock(io), random(create_seeded_random(7)), owned(std::make_unique<PatchedCluster>()), cluster(*owned) {
    test::run_shell("git init -q --bare -b main " + remote() + " && git init -q -b main " + work());
    commit("apps/checkout/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: checkout, namespace: shop}\n");
    config = ground.config;
    config.repositories[0].url = remote();
    config.discover.push_back(ground.rule);
  }
  ~DeployWorld() {
    if (!fleet) return;
    test::run(io, deployments->stop());
    test::run(io, fleet->stop());
  }
  std::string remote() const { return (directory.path / "remote.git").string(); }
  std::string work() const { return (directory.path / "work").string(); }
  /// Somebody pushes a file; its commit.
  std::string commit(const std::string& path, const std::string& content) {
    const auto file = std::filesystem::path(work()) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
    return test::run_shell("cd " + work() + " && git add -A && git -c user.name=Ann -c user.email=ann@example.org commit -q -m Change && git push -q " + remote() + " HEAD:main && git rev-parse HEAD");
  }
  /// An Application of the repository.
  Manifest application(const std::string& name = "checkout") const { return changed(argo_application(name), {{"spec", {{"source", {{"repoURL", "file://" + remote()}}}}}}); }
  void start() {
    Fleet::Parts parts;
    parts.executor = io.get_executor();
    parts.pool = io.get_executor();
    parts.clock = &clock;
    parts.random = random.get();
    parts.config = &config;
    parts.redactor = &redactor;
    parts.clusters.push_back(std::move(owned));
    parts.cache_directory = (directory.path / "mirrors").string();
    fleet = std::make_unique<Fleet>(std::move(parts));
    Deployments::Parts of_deployments;
    of_deployments.executor = io.get_executor();
    of_deployments.clock = &clock;
    of_deployments.random = random.get();
    of_deployments.config = &config;
    of_deployments.fleet = fleet.get();
    of_deployments.on_notice = [this](const std::string& source, const std::string& what) { notices.push_back(source + ": " + what); };
    deployments = std::make_unique<Deployments>(std::move(of_deployments));
    fleet->observe(*deployments);
    Fleet::Listener listener;
    listener.on_report = [this](DriftReport report) { reports[report.app] = std::move(report); };
    listener.on_synced = [](const std::string&, const std::string&) {};
    listener.on_cluster = [](const std::string&, bool, const std::string&) {};
    listener.on_repository = [](const std::string&, bool, const std::string&) {};
    listener.on_notice = [this](const std::string&, const std::string& what) { fleet_notices.push_back(what); };
    listener.on_apps_changed = [this] {
      ++changes;
      deployments->look_again();
    };
    fleet->start(std::move(listener));
    deployments->start();
    settle();
  }
  void settle() { clock.advance(std::chrono::seconds{5}); }
  const App* app(const std::string& name = "checkout") const { return fleet->app(name); }
  Result<DeployProgress> deploy(const std::string& revision, const std::string& id = "C-7:1", const std::string& name = "checkout") {
    return test::run(io, deployments->deploy(*app(name), revision, id, "ann"));
  }

  asio::io_context io;
  test::ManualClock clock;
  std::unique_ptr<Random> random;
  test::TemporaryDirectory directory;
  ArgoGround ground;
  Config config;
  Redactor redactor{"key"};
  std::unique_ptr<PatchedCluster> owned;
  PatchedCluster& cluster;
  std::map<std::string, DriftReport> reports;
  std::vector<std::string> notices;
  std::vector<std::string> fleet_notices;
  int changes = 0;
  std::unique_ptr<Fleet> fleet;
  std::unique_ptr<Deployments> deployments;
};

}  // namespace driftwarden
