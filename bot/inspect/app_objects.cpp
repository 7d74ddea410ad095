#include "bot/inspect/app_objects.hpp"

#include "bot/inspect/read_json.hpp"
#include "gitops/drift/live_store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden::inspect {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> kKinds{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "Rollout"};
constexpr std::size_t kJobsOfACronJob = 3;
constexpr std::size_t kPodsOfAWorkload = 500;
constexpr std::size_t kPodsOfALook = 1000;

WatchedKind pods_kind() {
  WatchedKind kind;
  kind.version = "v1";
  kind.kind = "Pod";
  return kind;
}

kubernetes::ListQuery pods_by(const std::string& namespace_, std::string selector) {
  kubernetes::ListQuery query;
  query.kind = pods_kind();
  query.namespace_ = namespace_;
  query.label_selector = std::move(selector);
  query.limit = kPodsOfAWorkload;
  return query;
}

/// What pods of a workload are looked for by, and the owner that they must have.
struct Source {
  std::string selector;
  ObjectRef owner;
  JsonPtr body;
};

/// Of a Deployment the ReplicaSets between it and its pods are known by the name that it gives them.
bool is_replica_set_of(const ObjectRef& workload, const json& pod, const json& owner) {
  if (workload.kind != "Deployment" && workload.kind != "Rollout") return false;
  if (text_at(owner, {"kind"}) != "ReplicaSet" || at(owner, {"controller"}) != json(true)) return false;
  const auto name = text_at(owner, {"name"});
  auto hash = text_at(pod, {"metadata", "labels", "pod-template-hash"});
  if (hash.empty()) hash = text_at(pod, {"metadata", "labels", "rollouts-pod-template-hash"});
  return hash.empty() ? is_made_for(workload, "ReplicaSet", name) : name == workload.name + "-" + hash;
}

bool is_pod_of(const Source& source, const json& pod) {
  if (text_at(pod, {"metadata", "namespace"}) != source.owner.namespace_) return false;
  if (is_controlled_by(pod, source.owner, *source.body)) return true;
  return std::ranges::any_of(list_at(pod, {"metadata", "ownerReferences"}), [&](const json& owner) { return is_replica_set_of(source.owner, pod, owner); });
}

/// A CronJob selects nothing itself: the pods are those of its newest Jobs.
asio::awaitable<Result<std::vector<Source>>> sources_of_jobs(kubernetes::Cluster& cluster, Workload cron) {
  kubernetes::ListQuery query;
  query.kind.group = "batch";
  query.kind.version = "v1";
  query.kind.kind = "Job";
  query.namespace_ = cron.ref.namespace_;
  const auto jobs = co_await cluster.list(std::move(query));
  if (!jobs) co_return jobs.error();
  std::vector<std::pair<std::string, const json*>> found;  // when, the Job
  for (const auto& job : **jobs) {
    if (is_controlled_by(job, cron.ref, *cron.object)) found.emplace_back(text_at(job, {"metadata", "creationTimestamp"}), &job);
  }
  std::ranges::stable_sort(found, [](const auto& a, const auto& b) { return a.first > b.first; });
  if (found.size() > kJobsOfACronJob) found.resize(kJobsOfACronJob);
  std::vector<Source> sources;
  for (const auto& [when, job] : found) {
    auto selector = selector_text(map_at(*job, {"spec", "selector"}));
    if (!selector) continue;
    Source source;
    source.selector = std::move(*selector);
    source.owner = cron.ref;
    source.owner.kind = "Job";
    source.owner.name = text_at(*job, {"metadata", "name"});
    source.body = std::make_shared<const json>(*job);
    sources.push_back(std::move(source));
  }
  co_return sources;
}

std::vector<Source> sources_of(const Workload& workload) {
  auto selector = selector_text(map_at(*workload.object, {"spec", "selector"}));
  if (!selector && workload.ref.kind == "Job") selector = "batch.kubernetes.io/job-name=" + workload.ref.name;
  std::vector<Source> sources;
  if (selector) sources.push_back({std::move(*selector), workload.ref, workload.object});
  return sources;
}

asio::awaitable<Result<std::vector<json>>> pods_of(kubernetes::Cluster& cluster, Workload workload) {
  std::vector<json> found;
  if (workload.ref.kind == "Pod") {
    const auto pod = co_await cluster.get(workload.ref);
    if (!pod && pod.error().kind != ErrorKind::NotFound) co_return pod.error();
    if (pod) found.push_back(**pod);
    co_return found;
  }
  auto sources = sources_of(workload);
  if (workload.ref.kind == "CronJob") {
    auto of_jobs = co_await sources_of_jobs(cluster, workload);
    if (!of_jobs) co_return of_jobs.error();
    sources = std::move(*of_jobs);
  }
  for (const auto& source : sources) {
    auto query = pods_by(workload.ref.namespace_, source.selector);
    const auto pods = co_await cluster.list(std::move(query));
    if (!pods) co_return pods.error();
    for (const auto& pod : **pods) {
      if (is_pod_of(source, pod)) found.push_back(pod);
    }
  }
  co_return found;
}

int badness(const PodRow& row) {
  if (is_in_trouble(row)) return 0;
  if (!row.ready) return 1;
  return std::ranges::any_of(row.containers, [](const ContainerState& one) { return one.restarts > 0; }) ? 2 : 3;
}

}  // namespace

std::string label_of(const ObjectRef& ref) { return ref.kind + "/" + ref.name; }

bool runs_pods(const GroupKind& kind) {
  static constexpr std::array<std::string_view, 4> kGroups{"apps", "batch", "", "argoproj.io"};
  return std::ranges::find(kKinds, std::string_view(kind.kind)) != kKinds.end() && std::ranges::find(kGroups, std::string_view(kind.group)) != kGroups.end();
}

Result<std::vector<Manifest>> objects_of(Fleet& fleet, const App& app) {
  if (app.orphans) return Error{ErrorKind::InvalidInput, app.name + " stands for what no Git knows: it has no workloads of its own"};
  auto desired = fleet.desired(app.name);
  if (!desired) return Error{ErrorKind::Unavailable, app.name + ": its manifests aren't known yet, so I can't tell which objects are its own"};
  for (auto& manifest : *desired) {
    if (manifest.ref.namespace_.empty() && !is_cluster_scoped(manifest.ref.group_kind())) manifest.ref.namespace_ = app.namespace_;
  }
  return std::move(*desired);
}

Result<kubernetes::Cluster*> cluster_of(Fleet& fleet, const App& app) {
  auto* cluster = fleet.cluster(app.cluster);
  if (cluster == nullptr) return Error{ErrorKind::Unavailable, "there is no cluster " + app.cluster};
  return cluster;
}

bool is_own(const App& app, const ObjectRef& ref, const json& live) {
  const auto tracked = tracked_by(live, ref);
  if (!tracked.empty()) return tracked == app.name;
  return !app.namespace_.empty() && ref.namespace_ == app.namespace_;
}

bool may_be_own(const Fleet& fleet, const App& app, const ObjectRef& ref) {
  if (const auto live = fleet.live(app, ref)) return is_own(app, ref, *live);
  return !app.namespace_.empty() && ref.namespace_ == app.namespace_;
}

std::vector<ObjectRef> own_refs(const Fleet& fleet, const App& app, const std::vector<Manifest>& objects) {
  std::vector<ObjectRef> refs;
  for (const auto& manifest : objects) {
    if (may_be_own(fleet, app, manifest.ref)) refs.push_back(manifest.ref);
  }
  return refs;
}

std::vector<Workload> workloads_of(const Fleet& fleet, const App& app, const std::vector<Manifest>& objects) {
  std::vector<Workload> all;
  for (const auto& manifest : objects) {
    if (!runs_pods(manifest.ref.group_kind())) continue;
    auto live = fleet.live(app, manifest.ref);
    if (live != nullptr && is_own(app, manifest.ref, *live)) all.push_back({manifest.ref, std::move(live)});
  }
  return all;
}

std::vector<Workload> looked_at(std::vector<Workload> workloads, const std::string& named) {
  const auto is_named = [&](const Workload& one) { return is_workload(one.label(), named); };
  if (!named.empty() && std::ranges::any_of(workloads, is_named)) std::erase_if(workloads, [&](const Workload& one) { return !is_named(one); });
  if (workloads.size() <= kMostWorkloads) return workloads;
  std::ranges::stable_partition(workloads, [](const Workload& one) { return kubernetes::health_of(*one.object).health != kubernetes::Health::Healthy; });
  workloads.erase(workloads.begin() + kMostWorkloads, workloads.end());
  return workloads;
}

bool is_controlled_by(const json& object, const ObjectRef& owner, const json& owner_body) {
  const auto uid = text_at(owner_body, {"metadata", "uid"});
  return std::ranges::any_of(list_at(object, {"metadata", "ownerReferences"}), [&](const json& one) {
    const auto theirs = text_at(one, {"uid"});
    const bool same_uid = uid.empty() || theirs.empty() || uid == theirs;
    return same_uid && at(one, {"controller"}) == json(true) && text_at(one, {"kind"}) == owner.kind && text_at(one, {"name"}) == owner.name;
  });
}

bool is_workload(const std::string& label, const std::string& said) {
  const auto slash = said.find('/');
  const auto name = label.substr(label.find('/') + 1);
  if (slash == std::string::npos) return name == said;
  const auto kind = to_lower(label.substr(0, label.find('/')));
  auto word = to_lower(said.substr(0, slash));
  if (word == "deploy" || word == "deployments") word = "deployment";
  if (word == "sts") word = "statefulset";
  if (word == "ds") word = "daemonset";
  if (word == "rs") word = "replicaset";
  return name == said.substr(slash + 1) && (kind == word || kind + "s" == word);
}

std::optional<std::string> selector_text(const json& selector) {
  std::vector<std::string> terms;
  for (const auto& [key, value] : map_at(selector, {"matchLabels"}).items()) {
    if (value.is_string()) terms.push_back(key + "=" + value.get<std::string>());
  }
  for (const auto& one : list_at(selector, {"matchExpressions"})) {
    const auto key = text_at(one, {"key"});
    const auto op = text_at(one, {"operator"});
    std::vector<std::string> values;
    for (const auto& value : list_at(one, {"values"})) values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    if (op == "In") terms.push_back(fmt::format("{} in ({})", key, join(values, ",")));
    if (op == "NotIn") terms.push_back(fmt::format("{} notin ({})", key, join(values, ",")));
    if (op == "Exists") terms.push_back(key);
    if (op == "DoesNotExist") terms.push_back("!" + key);
  }
  if (terms.empty()) return std::nullopt;
  return join(terms, ",");
}

asio::awaitable<Result<std::vector<OwnedPod>>> fetch_pods(kubernetes::Cluster& cluster, std::vector<Workload> workloads) {
  std::vector<OwnedPod> all;
  std::set<std::string> seen;
  for (const auto& workload : workloads) {
    if (all.size() >= kPodsOfALook) break;
    auto pods = co_await pods_of(cluster, workload);
    if (!pods) co_return pods.error();
    for (auto& pod : *pods) {
      if (!seen.insert(text_at(pod, {"metadata", "namespace"}) + "/" + text_at(pod, {"metadata", "name"})).second) continue;
      OwnedPod owned;
      owned.pod = std::move(pod);
      owned.workload = workload.label();
      all.push_back(std::move(owned));
    }
  }
  co_return all;
}

std::vector<ObjectRef> refs_of(const std::vector<OwnedPod>& pods) {
  std::vector<ObjectRef> refs;
  for (const auto& owned : pods) refs.push_back({"", "v1", "Pod", text_at(owned.pod, {"metadata", "namespace"}), text_at(owned.pod, {"metadata", "name"})});
  return refs;
}

PodRow row_of(const OwnedPod& owned) { return pod_row(owned.pod, owned.workload); }

bool is_in_trouble(const PodRow& row) {
  if (row.ready || row.phase == "Terminating") return false;
  if (row.phase == "Pending") return !row.why.empty();
  return row.phase != "Running" && row.phase != "ContainerCreating" && row.phase != "PodInitializing" && row.phase != "NotReady" &&
         !(row.phase.starts_with("Init:") && row.phase.find('/') != std::string::npos);
}

void sort_rows(std::vector<PodRow>& rows) {
  std::ranges::stable_sort(rows, [](const PodRow& a, const PodRow& b) {
    const auto a_bad = badness(a);
    const auto b_bad = badness(b);
    return a_bad != b_bad ? a_bad < b_bad : std::tie(a.workload, a.name) < std::tie(b.workload, b.name);
  });
}

asio::awaitable<Result<std::vector<PodRow>>> fetch_rows(Fleet& fleet, App app, std::string named) {
  const auto objects = objects_of(fleet, app);
  if (!objects) co_return objects.error();
  auto cluster = cluster_of(fleet, app);
  if (!cluster) co_return cluster.error();
  auto workloads = looked_at(workloads_of(fleet, app, *objects), named);
  const auto pods = co_await fetch_pods(**cluster, std::move(workloads));
  if (!pods) co_return pods.error();
  std::vector<PodRow> rows;
  for (const auto& pod : *pods) rows.push_back(row_of(pod));
  sort_rows(rows);
  co_return rows;
}

}  // namespace driftwarden::inspect

namespace driftwarden {

bool has_pods(const GroupKind& kind) { return inspect::runs_pods(kind); }

asio::awaitable<Result<std::vector<PodRow>>> find_pods(Fleet& fleet, App app) {
  auto fetching = inspect::fetch_rows(fleet, app, std::string());
  co_return co_await std::move(fetching);
}

std::string workloads_left_out(Fleet& fleet, const App& app) {
  const auto objects = inspect::objects_of(fleet, app);
  const auto count = objects ? inspect::workloads_of(fleet, app, *objects).size() : 0;
  return count > inspect::kMostWorkloads ? fmt::format("only {} of {} workloads were looked at, those in trouble first", inspect::kMostWorkloads, count) : std::string();
}

}  // namespace driftwarden
