#pragma once
// A cluster: objects with their owners, a controller that takes its time, watches that come late and break.
#include "integrations/kubernetes/cluster.hpp"
#include "tests/sim/ground.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>

namespace driftwarden::sim {

class ClusterModel {
 public:
  explicit ClusterModel(Ground& ground) : ground_(ground) {}

  const std::string name = "prod-eu";
  std::map<std::string, nlohmann::json> objects;  ///< by object_id
  /// The bot is about to alter it: before that.
  std::function<void(const ObjectRef& ref, const nlohmann::json& wanted)> on_apply;
  std::function<void(const ObjectRef& ref, const nlohmann::json& patch)> on_patch;
  std::function<void(const ObjectRef& ref)> on_remove;

  /// As it was first deployed.
  void create(const nlohmann::json& desired);
  /// Somebody's `kubectl edit`: `pointer` of the object is `value` now, null = taken away. `fields` is what is theirs then.
  void edit(const std::string& id, const std::string& manager, const std::string& pointer, const nlohmann::json& value, const nlohmann::json& fields);
  nlohmann::json merged(const nlohmann::json& wanted) const;
  Result<JsonPtr> apply(const nlohmann::json& wanted);
  Result<JsonPtr> patch(const ObjectRef& ref, const nlohmann::json& patch);
  void remove(const ObjectRef& ref);

  // Watches of the life that runs.
  void watch(const std::set<WatchedKind>& kinds, LiveSink& sink);
  void unwatch();
  /// The connection breaks for a while: what happens meanwhile is told by a new list.
  void break_watches(Duration how_long);
  WallTime last_heard() const { return heard_; }

 private:
  void changed(const std::string& id);
  void tell(const std::string& id);
  void relist(const WatchedKind& kind);
  /// On the bot's thread, in order.
  void later(std::function<void(LiveSink&)> what);

  Ground& ground_;
  std::map<std::string, nlohmann::json> applied_;  ///< what the bot applied last, by object
  LiveSink* sink_ = nullptr;
  std::uint64_t epoch_ = 0;
  std::set<WatchedKind> kinds_;
  bool broken_ = false;
  bool lost_told_ = false;
  MonoTime last_told_{};
  WallTime heard_{};
  int version_ = 0;
};

class ClusterPort final : public kubernetes::Cluster {
 public:
  ClusterPort(Ground& ground, ClusterModel& model) : ground_(ground), model_(model) {}
  ~ClusterPort() override { model_.unwatch(); }
  const std::string& name() const override { return model_.name; }
  WallTime last_heard() const override { return model_.last_heard(); }
  void watch(std::set<WatchedKind> kinds, LiveSink& sink) override { model_.watch(kinds, sink); }
  asio::awaitable<Result<kubernetes::ApplyOutcome>> apply(JsonPtr object, kubernetes::ApplyOptions options) override;
  asio::awaitable<Result<JsonPtr>> patch(ObjectRef ref, JsonPtr json_patch, std::string field_manager) override;
  asio::awaitable<Result<void>> remove(ObjectRef ref) override;
  asio::awaitable<Result<JsonPtr>> get(ObjectRef ref) override;
  asio::awaitable<Result<JsonPtr>> list(kubernetes::ListQuery query) override;
  asio::awaitable<Result<std::string>> logs(kubernetes::LogQuery query) override;
  asio::awaitable<Result<bool>> may(std::string verb, WatchedKind kind, std::string namespace_) override;
  asio::awaitable<Result<std::string>> server_version() override;
  asio::awaitable<Result<bool>> is_namespaced(WatchedKind kind) override;
  asio::awaitable<Result<std::shared_ptr<const Schemas>>> schemas() override;
  asio::awaitable<void> close() override;

 private:
  Ground& ground_;
  ClusterModel& model_;
};

}  // namespace driftwarden::sim
