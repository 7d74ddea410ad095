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
  std::function<std::optional<Error>(const kubernetes::LogQuery&)> log_fails;
  std::vector<kubernetes::ListQuery> lists;       ///< as asked
  std::vector<kubernetes::LogQuery> log_queries;
  WallTime heard{};  ///< what last_heard says

  const std::string& name() const override { return name_; }
  WallTime last_heard() const override { return heard; }
  void watch(std::set<WatchedKind> kinds, LiveSink& sink) override {
    sink_ = &sink;
    sink.on_reachable(name_, state_->lost.empty(), state_->lost);
    for (const auto& kind : kinds) {
      if (!kinds_.insert(kind).second) continue;
      sink.on_relist(name_, kind);
      for (const auto& [id, object] : state_->objects) {
        if (object.at("kind") == kind.kind) tell(object);
      }
      sink.on_listed(name_, kind);
    }
  }
  asio::awaitable<Result<kubernetes::ApplyOutcome>> apply(JsonPtr object, kubernetes::ApplyOptions options) override {
    kubernetes::ApplyOutcome outcome;
    outcome.status = 200;
    outcome.object = object;
    if (!options.dry_run) {
      ++state_->applies;
      put(*object);
    }
    co_return outcome;
  }
  asio::awaitable<Result<JsonPtr>> patch(ObjectRef ref, JsonPtr json_patch, std::string) override {
    auto patched = state_->objects.at(object_id(ref)).patch(*json_patch);
    put(patched);
    JsonPtr answer = std::make_shared<const nlohmann::json>(patched);
    co_return answer;
  }
  asio::awaitable<Result<void>> remove(ObjectRef ref) override {
    if (state_->objects.erase(object_id(ref)) > 0 && sink_ != nullptr) sink_->on_deleted(name_, ref);
    co_return Result<void>{};
  }
  asio::awaitable<Result<JsonPtr>> get(ObjectRef ref) override {
    const auto found = state_->objects.find(object_id(ref));
    if (found == state_->objects.end()) co_return Error{ErrorKind::NotFound, "no such object"};
    JsonPtr answer = std::make_shared<const nlohmann::json>(found->second);
    co_return answer;
  }
  /// Of the kind and namespace, and as far as selectors go, those with `key=value` terms.
  asio::awaitable<Result<JsonPtr>> list(kubernetes::ListQuery query) override {
    lists.push_back(query);
    if (list_fails) co_return *list_fails;
    auto found = nlohmann::json::array();
    for (const auto& [id, object] : state_->objects) {
      if (object.at("kind") != query.kind.kind) continue;
      if (!query.namespace_.empty() && object.at("metadata").value("namespace", "") != query.namespace_) continue;
      if (!matches(object.at("metadata").value("labels", nlohmann::json::object()), query.label_selector, false)) continue;
      if (!matches(object, query.field_selector, true) || found.size() >= query.limit) continue;
      found.push_back(object);
    }
    JsonPtr answer = std::make_shared<const nlohmann::json>(std::move(found));
    co_return answer;
  }
  /// The last lines of state.logs. With `log_fails` that, where it says something of the pod.
  asio::awaitable<Result<std::string>> logs(kubernetes::LogQuery query) override {
    log_queries.push_back(query);
    if (log_fails) {
      if (auto error = log_fails(query)) co_return *error;
    }
    const auto ending = std::string(query.previous ? "?previous" : "");
    auto found = state_->logs.find(query.pod + (query.container.empty() ? "" : "/" + query.container) + ending);
    if (found == state_->logs.end()) found = state_->logs.find(query.pod + ending);
    if (found == state_->logs.end()) co_return Error{ErrorKind::NotFound, "no such log"};
    std::string_view text = found->second;
    std::size_t lines = 0;
    auto at = text.size();
    while (at > 0) {
      if (text[at - 1] == '\n' && at != text.size() && ++lines == query.tail) break;
      --at;
    }
    co_return std::string(text.substr(at, query.limit_bytes));
  }
  asio::awaitable<Result<bool>> may(std::string verb, WatchedKind kind, std::string) override { co_return allows(verb, kind); }
  asio::awaitable<Result<std::string>> server_version() override { co_return std::string("v1.31.0"); }
  asio::awaitable<Result<bool>> is_namespaced(WatchedKind) override { co_return true; }
  asio::awaitable<Result<std::shared_ptr<const Schemas>>> schemas() override {
    std::shared_ptr<const Schemas> known = std::make_shared<const BuiltIn>();
    co_return known;
  }
  asio::awaitable<void> close() override { co_return; }

  /// Somebody changes the cluster.
  void put(nlohmann::json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++state_->version);
    if (object.at("kind") == "Deployment" && !stuck) {
      const auto replicas = object.at("spec").value("replicas", 1);
      object["metadata"]["generation"] = state_->version;
      object["status"] = {{"observedGeneration", state_->version}, {"replicas", replicas}, {"updatedReplicas", replicas}, {"readyReplicas", replicas}, {"availableReplicas", replicas}};
    }
    state_->objects[object_id(ref_of(object))] = object;
    tell(object);
  }
  void lose(const std::string& why) {
    state_->lost = why;
    sink_->on_reachable(name_, false, why);
  }
  void answer_again() {
    state_->lost.clear();
    sink_->on_reachable(name_, true, "");
  }

 private:
  /// "a=b,c=d" of labels, or of fields: "involvedObject.name=web".
  static bool matches(const nlohmann::json& object, const std::string& selector, bool fields) {
    for (const auto& term : split(selector, ',')) {
      const auto equals = term.find('=');
      if (equals == std::string::npos) continue;
      auto path = term.substr(0, equals);
      const auto* here = &object;
      while (fields && path.find('.') != std::string::npos) {
        const auto dot = path.find('.');
        if (!here->contains(path.substr(0, dot))) return false;
        here = &here->at(path.substr(0, dot));
        path.erase(0, dot + 1);
      }
      if (!here->contains(path) || here->at(path) != term.substr(equals + 1)) return false;
    }
    return true;
  }
  struct BuiltIn final : Schemas {
    const SchemaNode* find(const std::string& api_version, const std::string& kind) const override { return built_in_schemas().find(api_version, kind); }
  };

  static ObjectRef ref_of(const nlohmann::json& object) {
    ObjectRef ref;
    ref.set_api_version(object.at("apiVersion").get<std::string>());
    ref.kind = object.at("kind").get<std::string>();
    ref.namespace_ = object.at("metadata").value("namespace", "");
    ref.name = object.at("metadata").at("name").get<std::string>();
    return ref;
  }
  void tell(const nlohmann::json& object) {
    if (sink_ == nullptr) return;
    LiveObject live{ref_of(object), std::make_shared<const nlohmann::json>(object)};
    sink_->on_object(name_, std::move(live));
  }

  std::string name_;
  std::shared_ptr<State> state_;
  LiveSink* sink_ = nullptr;
  std::set<WatchedKind> kinds_;
};

}  // namespace driftwarden::test
