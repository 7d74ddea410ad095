#include "tests/support/fakes/cluster.hpp"

namespace driftwarden::test {

void FakeCluster::watch(std::set<WatchedKind> kinds, LiveSink& sink) {
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

asio::awaitable<Result<kubernetes::ApplyOutcome>> FakeCluster::apply(JsonPtr object, kubernetes::ApplyOptions options) {
  if (options.dry_run && on_dry_run) {
    if (auto answer = on_dry_run(*object)) co_return std::move(*answer);
  }
  kubernetes::ApplyOutcome outcome;
  outcome.status = 200;
  outcome.object = object;
  if (!options.dry_run) {
    ++state_->applies;
    put(*object);
  }
  co_return outcome;
}

asio::awaitable<Result<JsonPtr>> FakeCluster::patch(ObjectRef ref, JsonPtr json_patch, std::string) {
  auto patched = state_->objects.at(object_id(ref)).patch(*json_patch);
  put(patched);
  JsonPtr answer = std::make_shared<const nlohmann::json>(patched);
  co_return answer;
}

asio::awaitable<Result<void>> FakeCluster::remove(ObjectRef ref) {
  if (state_->objects.erase(object_id(ref)) > 0 && sink_ != nullptr) sink_->on_deleted(name_, ref);
  co_return Result<void>{};
}

asio::awaitable<Result<JsonPtr>> FakeCluster::get(ObjectRef ref) {
  const auto found = state_->objects.find(object_id(ref));
  if (found == state_->objects.end()) co_return Error{ErrorKind::NotFound, "no such object"};
  JsonPtr answer = std::make_shared<const nlohmann::json>(found->second);
  co_return answer;
}

asio::awaitable<Result<JsonPtr>> FakeCluster::list(kubernetes::ListQuery query) {
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

asio::awaitable<Result<std::string>> FakeCluster::logs(kubernetes::LogQuery query) {
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

asio::awaitable<Result<std::shared_ptr<const Schemas>>> FakeCluster::schemas() {
  std::shared_ptr<const Schemas> known = std::make_shared<const BuiltIn>();
  co_return known;
}

void FakeCluster::put(nlohmann::json object) {
  object["metadata"]["resourceVersion"] = std::to_string(++state_->version);
  if (object.at("kind") == "Deployment" && !stuck) {
    const auto replicas = object.at("spec").value("replicas", 1);
    object["metadata"]["generation"] = state_->version;
    object["status"] = {{"observedGeneration", state_->version}, {"replicas", replicas}, {"updatedReplicas", replicas}, {"readyReplicas", replicas}, {"availableReplicas", replicas}};
  }
  state_->objects[object_id(ref_of(object))] = object;
  tell(object);
}

void FakeCluster::lose(const std::string& why) {
  state_->lost = why;
  sink_->on_reachable(name_, false, why);
}

void FakeCluster::answer_again() {
  state_->lost.clear();
  sink_->on_reachable(name_, true, "");
}

bool FakeCluster::matches(const nlohmann::json& object, const std::string& selector, bool fields) {
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

ObjectRef FakeCluster::ref_of(const nlohmann::json& object) {
  ObjectRef ref;
  ref.set_api_version(object.at("apiVersion").get<std::string>());
  ref.kind = object.at("kind").get<std::string>();
  ref.namespace_ = object.at("metadata").value("namespace", "");
  ref.name = object.at("metadata").at("name").get<std::string>();
  return ref;
}

void FakeCluster::tell(const nlohmann::json& object) {
  if (sink_ == nullptr) return;
  LiveObject live{ref_of(object), std::make_shared<const nlohmann::json>(object)};
  sink_->on_object(name_, std::move(live));
}

}  // namespace driftwarden::test
