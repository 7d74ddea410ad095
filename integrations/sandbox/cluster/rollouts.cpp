#include "integrations/sandbox/cluster/rollouts.hpp"
#include "integrations/sandbox/cluster/times.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::cluster {
namespace {

constexpr std::size_t kMaxEvents = 1'000;

const std::map<std::string, std::string>& storages() {
  static const std::map<std::string, std::string> table{{"Deployment", "apps/deployments"},
                                                        {"ReplicaSet", "apps/replicasets"},
                                                        {"StatefulSet", "apps/statefulsets"},
                                                        {"DaemonSet", "apps/daemonsets"},
                                                        {"Job", "batch/jobs"},
                                                        {"CronJob", "batch/cronjobs"}};
  return table;
}

bool has_finalizer(const Json& object, const char* name) {
  const Json& all = array_at(object, {"metadata", "finalizers"});
  return std::find(all.begin(), all.end(), Json(name)) != all.end();
}

}  // namespace

void Rollouts::observe(const std::string& storage, const StoreChange& change) {
  const Json& body = change.object->body();
  const Work work{storage, {text_at(body, {"metadata", "namespace"}), text_at(body, {"metadata", "name"})}};
  const auto uid = text_at(body, {"metadata", "uid"});
  for (const auto& owner : array_at(body, {"metadata", "ownerReferences"})) {
    auto& mine = dependents_[text_at(owner, {"uid"})];
    if (change.type == ChangeType::Deleted) {
      mine.erase(work);
    } else {
      mine.insert(work);
    }
    const auto found = storages().find(text_at(owner, {"kind"}));
    if (found != storages().end()) dirty_.insert(Work{found->second, {work.key.namespace_, text_at(owner, {"name"})}});
  }
  if (change.type != ChangeType::Deleted) {
    dirty_.insert(work);
    return;
  }
  due_.erase(work);
  progress_.erase(uid);
  deleted_.push_back(uid);
  if (!work.key.namespace_.empty()) dirty_.insert(Work{"/namespaces", {"", work.key.namespace_}});
}

std::optional<WallTime> Rollouts::tick(WallTime now) {
  if (!started_) start(now);
  // A step's writes make more work; a bound keeps a mistake from hanging the server.
  for (int round = 0; round < 1'000; ++round) {
    for (auto at = due_.begin(); at != due_.end();) {
      if (at->second <= now) {
        dirty_.insert(at->first);
        at = due_.erase(at);
      } else {
        ++at;
      }
    }
    const auto gone = std::exchange(deleted_, {});
    for (const auto& uid : gone) collect(uid, now);
    const auto work = std::exchange(dirty_, {});
    if (work.empty() && deleted_.empty()) break;
    for (const auto& one : work) reconcile(one, now);
  }
  std::optional<WallTime> next;
  for (const auto& [work, when] : due_) next = next ? std::min(*next, when) : when;
  return next;
}

void Rollouts::schedule(const Work& work, WallTime when) {
  const auto [at, fresh] = due_.emplace(work, when);
  if (!fresh) at->second = std::min(at->second, when);
}

void Rollouts::start(WallTime now) {
  started_ = true;
  core_.handle(ApiRequest{.method = "GET", .path = "/readyz", .query = {}, .content_type = {}, .accept = {}, .user_agent = {}, .authorization = {}, .body = {}},
               now);
  if (!options_.play) return;
  const auto nodes = core_.resources().find("", "v1", "nodes");
  Json node = zero_object(*nodes);
  node["metadata"] = Json{{"name", "sandbox-0"}, {"labels", {{"kubernetes.io/hostname", "sandbox-0"}, {"kubernetes.io/os", "linux"}}}};
  auto made = core_.create(nodes, "", std::move(node), writer("kubelet", "", now));
  if (!made) return;
  Json conditions = Json::array({Json{{"type", "Ready"},
                                      {"status", "True"},
                                      {"reason", "KubeletReady"},
                                      {"message", "the sandbox's node is always ready"},
                                      {"lastHeartbeatTime", second_text(now)},
                                      {"lastTransitionTime", second_text(now)}}});
  const Json room{{"cpu", "32"}, {"memory", "128Gi"}, {"pods", "5000"}};
  Json status{{"capacity", room},
              {"allocatable", room},
              {"conditions", std::move(conditions)},
              {"nodeInfo", {{"kubeletVersion", "v1.36.3"}, {"operatingSystem", "linux"}}}};
  write_status("/nodes", made.value(), std::move(status), now);
}

void Rollouts::reconcile(const Work& work, WallTime now) {
  const auto object = core_.store().find(work.storage, work.key);
  if (!object || dying(work, object, now)) return;
  if (work.storage == "/namespaces") return name_space(object, now);
  if (!options_.play) return;
  if (work.storage == "apps/deployments") return deployment(object, now);
  if (work.storage == "apps/replicasets") return replica_set(object, now);
  if (work.storage == "apps/statefulsets") return stateful_set(object, now);
  if (work.storage == "apps/daemonsets") return daemon_set(object, now);
  if (work.storage == "batch/jobs") return job(object, now);
  if (work.storage == "/pods") return pod(object, now);
  if (work.storage == "/persistentvolumeclaims") return claim(object, now);
  if (work.storage == "/services") return service(object, now);
}

/// Finalizers that the garbage collector takes care of; true when the object is on its way out.
bool Rollouts::dying(const Work& work, const StoredPtr& object, WallTime now) {
  if (work.storage == "/namespaces" || find(object->body(), {"metadata", "deletionTimestamp"}) == nullptr) return false;
  const auto uid = text_at(object->body(), {"metadata", "uid"});
  for (const char* const protection : {"kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"}) {
    if (!has_finalizer(object->body(), protection)) continue;
    Json next = object->body();
    std::erase(next["metadata"]["finalizers"].get_ref<Json::array_t&>(), Json(protection));
    static_cast<void>(core_.update(resource(work.storage), work.key, std::move(next), writer("kube-controller-manager", "", now)));
    return true;
  }
  const bool orphan = has_finalizer(object->body(), "orphan");
  if (!orphan && !has_finalizer(object->body(), "foregroundDeletion")) return true;
  const auto found = dependents_.find(uid);
  const auto dependents = found == dependents_.end() ? std::set<Work>{} : found->second;
  for (const auto& one : dependents) {
    const auto dependent = core_.store().find(one.storage, one.key);
    if (!dependent) continue;
    if (!orphan) {
      remove(one.storage, dependent, now);
      continue;
    }
    Json next = dependent->body();
    Json& owners = next["metadata"]["ownerReferences"];
    std::erase_if(owners.get_ref<Json::array_t&>(), [&](const Json& owner) { return text_at(owner, {"uid"}) == uid; });
    static_cast<void>(core_.update(resource(one.storage), one.key, std::move(next), writer("kube-controller-manager", "", now)));
  }
  if (orphan) dependents_.erase(uid);
  Json next = object->body();
  auto& finalizers = next["metadata"]["finalizers"].get_ref<Json::array_t&>();
  std::erase(finalizers, Json(orphan ? "orphan" : "foregroundDeletion"));
  static_cast<void>(core_.update(resource(work.storage), work.key, std::move(next), writer("kube-controller-manager", "", now)));
  return true;
}

void Rollouts::collect(const std::string& uid, WallTime now) {
  const auto found = dependents_.find(uid);
  if (found == dependents_.end()) return;
  const auto dependents = std::move(found->second);
  dependents_.erase(found);
  for (const auto& one : dependents) {
    const auto object = core_.store().find(one.storage, one.key);
    if (!object) continue;
    const Json& owners = array_at(object->body(), {"metadata", "ownerReferences"});
    const bool mine = std::any_of(owners.begin(), owners.end(), [&](const Json& owner) { return text_at(owner, {"uid"}) == uid; });
    if (mine) remove(one.storage, object, now);
  }
}

void Rollouts::name_space(const StoredPtr& object, WallTime now) {
  const auto name = text_at(object->body(), {"metadata", "name"});
  const auto namespaces = core_.resources().find("", "v1", "namespaces");
  if (find(object->body(), {"metadata", "deletionTimestamp"}) == nullptr) {
    const auto accounts = core_.resources().find("", "v1", "serviceaccounts");
    if (!options_.play || core_.store().find("/serviceaccounts", Key{name, "default"})) return;
    Json account{{"metadata", {{"name", "default"}}}};
    static_cast<void>(core_.create(accounts, name, std::move(account), writer("kube-controller-manager", "", now)));
    return;
  }
  bool empty = true;
  for (const auto& one : core_.resources().all()) {
    if (!one->namespaced) continue;
    std::vector<StoredPtr> inside;
    const auto& all = core_.store().objects(one->storage());
    for (auto at = all.lower_bound(Key{name, ""}); at != all.end() && at->first.namespace_ == name; ++at) inside.push_back(at->second);
    for (const auto& each : inside) {
      remove(one->storage(), each, now);
      empty = empty && array_at(each->body(), {"metadata", "finalizers"}).empty();
    }
  }
  if (empty) core_.erase(namespaces, Key{"", name});
}

std::vector<StoredPtr> Rollouts::owned(const std::string& storage, const Json& owner) const {
  std::vector<StoredPtr> out;
  const auto found = dependents_.find(text_at(owner, {"metadata", "uid"}));
  if (found == dependents_.end()) return out;
  for (const auto& one : found->second) {
    if (one.storage != storage) continue;
    if (auto object = core_.store().find(one.storage, one.key)) out.push_back(std::move(object));
  }
  return out;
}

void Rollouts::remove(const std::string& storage, const StoredPtr& object, WallTime now) {
  const Key key{text_at(object->body(), {"metadata", "namespace"}), text_at(object->body(), {"metadata", "name"})};
  static_cast<void>(core_.remove(resource(storage), key, Json::object(), writer("kube-controller-manager", "", now)));
}

void Rollouts::write_status(const std::string& storage, const StoredPtr& object, Json status, WallTime now) {
  const Key key{text_at(object->body(), {"metadata", "namespace"}), text_at(object->body(), {"metadata", "name"})};
  Json next = object->body();
  next["status"] = std::move(status);
  const bool kubelet = storage == "/pods" || storage == "/nodes";
  static_cast<void>(core_.update(resource(storage), key, std::move(next), writer(kubelet ? "kubelet" : "kube-controller-manager", "status", now)));
}

void Rollouts::event(const Json& about, const char* type, const char* reason, const std::string& message, const char* component, WallTime now) {
  const auto name = text_at(about, {"metadata", "name"});
  const auto space = text_at(about, {"metadata", "namespace"});
  Json ref{{"kind", about.value("kind", "")},
           {"apiVersion", about.value("apiVersion", "")},
           {"name", name},
           {"namespace", space},
           {"uid", text_at(about, {"metadata", "uid"})}};
  const Key key{space, fmt::format("{}.{}", name, core_.make_uid().substr(0, 8) + core_.make_uid().substr(0, 8))};
  Json body{{"metadata", {{"name", key.name}}},
            {"involvedObject", std::move(ref)},
            {"reason", reason},
            {"message", message},
            {"type", type},
            {"count", 1},
            {"firstTimestamp", second_text(now)},
            {"lastTimestamp", second_text(now)},
            {"source", {{"component", component}}},
            {"reportingComponent", component},
            {"reportingInstance", ""}};
  const auto events = core_.resources().find("", "v1", "events");
  if (!core_.create(events, space, std::move(body), writer(component, "", now))) return;
  events_.push_back(key);
  if (events_.size() <= kMaxEvents) return;
  core_.erase(events, events_.front());
  events_.pop_front();
}

WriteOptions Rollouts::writer(const char* manager, const char* subresource, WallTime now) const {
  return {.manager = manager, .subresource = subresource, .validation = "Ignore", .dry_run = false, .force = false, .now = now};
}

ResourcePtr Rollouts::resource(const std::string& storage) const {
  for (const auto& one : core_.resources().all()) {
    if (one->storage() == storage) return one;
  }
  return nullptr;
}

}  // namespace driftwarden::sandbox::cluster
