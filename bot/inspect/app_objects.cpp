#include "bot/inspect/app_objects.hpp"

#include "bot/inspect/read_json.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden::inspect {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> kKinds{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "Rollout"};
constexpr std::size_t kJobsOfACronJob = 3;
constexpr std::size_t kPodsOfAWorkload = 500;

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

bool is_owned_by(const json& object, const ObjectRef& owner) {
  return std::ranges::any_of(list_at(object, {"metadata", "ownerReferences"}),
                             [&](const json& one) { return text_at(one, {"kind"}) == owner.kind && text_at(one, {"name"}) == owner.name; });
}

/// A CronJob selects nothing itself: the pods are those of its newest Jobs.
asio::awaitable<Result<std::vector<std::string>>> selectors_of_jobs(kubernetes::Cluster& cluster, ObjectRef cron) {
  kubernetes::ListQuery query;
  query.kind.group = "batch";
  query.kind.version = "v1";
  query.kind.kind = "Job";
  query.namespace_ = cron.namespace_;
  const auto jobs = co_await cluster.list(std::move(query));
  if (!jobs) co_return jobs.error();
  std::vector<std::pair<std::string, std::string>> found;  // when, selector
  for (const auto& job : **jobs) {
    if (!is_owned_by(job, cron)) continue;
    if (auto selector = selector_text(map_at(job, {"spec", "selector"}))) found.emplace_back(text_at(job, {"metadata", "creationTimestamp"}), std::move(*selector));
  }
  std::ranges::sort(found, std::greater<>{});
  std::vector<std::string> selectors;
  for (auto& [when, selector] : found) {
    if (selectors.size() < kJobsOfACronJob) selectors.push_back(std::move(selector));
  }
  co_return selectors;
}

asio::awaitable<Result<std::vector<json>>> pods_of(kubernetes::Cluster& cluster, Workload workload) {
  std::vector<json> found;
  if (workload.ref.kind == "Pod") {
    const auto pod = co_await cluster.get(workload.ref);
    if (!pod && pod.error().kind != ErrorKind::NotFound) co_return pod.error();
    if (pod) found.push_back(**pod);
    co_return found;
  }
  std::vector<std::string> selectors;
  if (workload.ref.kind == "CronJob") {
    auto of_jobs = co_await selectors_of_jobs(cluster, workload.ref);
    if (!of_jobs) co_return of_jobs.error();
    selectors = std::move(*of_jobs);
  } else if (auto selector = selector_text(map_at(*workload.object, {"spec", "selector"}))) {
    selectors.push_back(std::move(*selector));
  } else if (workload.ref.kind == "Job") {
    selectors.push_back("batch.kubernetes.io/job-name=" + workload.ref.name);
  }
  for (const auto& selector : selectors) {
    auto query = pods_by(workload.ref.namespace_, selector);
    const auto pods = co_await cluster.list(std::move(query));
    if (!pods) co_return pods.error();
    for (const auto& pod : **pods) found.push_back(pod);
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

std::vector<Workload> workloads_of(Fleet& fleet, const App& app, const std::vector<Manifest>& objects) {
  std::vector<Workload> all;
  for (const auto& manifest : objects) {
    if (!runs_pods(manifest.ref.group_kind())) continue;
    auto live = fleet.live(app, manifest.ref);
    const bool is_live = live != nullptr;
    all.push_back({manifest.ref, is_live ? std::move(live) : manifest.body, is_live});
  }
  return all;
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

}  // namespace driftwarden::inspect

namespace driftwarden {

bool has_pods(const GroupKind& kind) { return inspect::runs_pods(kind); }

asio::awaitable<Result<std::vector<PodRow>>> find_pods(Fleet& fleet, App app) {
  const auto objects = inspect::objects_of(fleet, app);
  if (!objects) co_return objects.error();
  auto cluster = inspect::cluster_of(fleet, app);
  if (!cluster) co_return cluster.error();
  auto workloads = inspect::workloads_of(fleet, app, *objects);
  const auto pods = co_await inspect::fetch_pods(**cluster, std::move(workloads));
  if (!pods) co_return pods.error();
  std::vector<PodRow> rows;
  for (const auto& pod : *pods) rows.push_back(inspect::row_of(pod));
  inspect::sort_rows(rows);
  co_return rows;
}

}  // namespace driftwarden
