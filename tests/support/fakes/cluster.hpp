#pragma once
// A cluster in memory: objects as last applied, told to the sink at once.
#include "gitops/base/text.hpp"
#include "integrations/kubernetes/cluster.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <string>

namespace driftwarden::test {

class FakeCluster final : public kubernetes::Cluster {
 public:
  /// What outlives a restart of the bot.
  struct State {
    std::map<std::string, nlohmann::json> objects;  ///< by object_id
    std::map<std::string, std::string> logs;  ///< by "pod", "pod/container", "pod/container?previous"
    int applies = 0;
    int version = 0;
    std::string lost;  ///< why it can't be reached, "" when it can
  };
  FakeCluster(std::string name, std::shared_ptr<State> state) : name_(std::move(name)), state_(std::move(state)) {}

  bool stuck = false;  ///< Deployments make no progress

  std::function<bool(const std::string& verb, const WatchedKind& kind)> allows = [](const std::string&, const WatchedKind&) { return true; };
  std::optional<Error> list_fails;
  /// What a dry-run of this object comes to; nothing = it is taken.
  std::function<std::optional<Result<kubernetes::ApplyOutcome>>(const nlohmann::json& object)> on_dry_run;
  std::function<std::optional<Error>(const kubernetes::LogQuery&)> log_fails;
  std::vector<kubernetes::ListQuery> lists;       ///< as asked
  std::vector<kubernetes::LogQuery> log_queries;
  WallTime heard{};  ///< what last_heard says

  const std::string& name() const override { return name_; }
  WallTime last_heard() const override { return heard; }
  void watch(std::set<WatchedKind> kinds, LiveSink& sink) override;
  asio::awaitable<Result<kubernetes::ApplyOutcome>> apply(JsonPtr object, kubernetes::ApplyOptions options) override;
  asio::awaitable<Result<JsonPtr>> patch(ObjectRef ref, JsonPtr json_patch, std::string) override;
  asio::awaitable<Result<void>> remove(ObjectRef ref) override;
  asio::awaitable<Result<JsonPtr>> get(ObjectRef ref) override;
  /// Of the kind and namespace, and as far as selectors go, those with `key=value` terms.
  asio::awaitable<Result<JsonPtr>> list(kubernetes::ListQuery query) override;
  /// The last lines of state.logs. With `log_fails` that, where it says something of the pod.
  asio::awaitable<Result<std::string>> logs(kubernetes::LogQuery query) override;
  asio::awaitable<Result<bool>> may(std::string verb, WatchedKind kind, std::string) override { co_return allows(verb, kind); }
  asio::awaitable<Result<std::string>> server_version() override { co_return std::string("v1.31.0"); }
  asio::awaitable<Result<bool>> is_namespaced(WatchedKind) override { co_return true; }
  asio::awaitable<Result<std::shared_ptr<const Schemas>>> schemas() override;
  asio::awaitable<void> close() override { co_return; }

  /// Somebody changes the cluster.
  void put(nlohmann::json object);
  void lose(const std::string& why);
  void answer_again();

 private:
  /// "a=b,c=d" of labels, or of fields: "involvedObject.name=web".
  static bool matches(const nlohmann::json& object, const std::string& selector, bool fields);
  struct BuiltIn final : Schemas {
    const SchemaNode* find(const std::string& api_version, const std::string& kind) const override { return built_in_schemas().find(api_version, kind); }
  };

  static ObjectRef ref_of(const nlohmann::json& object);
  void tell(const nlohmann::json& object);

  std::string name_;
  std::shared_ptr<State> state_;
  LiveSink* sink_ = nullptr;
  std::set<WatchedKind> kinds_;
};

}  // namespace driftwarden::test
