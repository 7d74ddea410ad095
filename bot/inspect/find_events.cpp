#include "bot/inspect/app_objects.hpp"
#include "bot/inspect/read_json.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace driftwarden::inspect {
namespace {

using nlohmann::json;

constexpr std::size_t kEventsOfANamespace = 3000;
constexpr std::size_t kObjectsAskedFor = 30;
constexpr std::size_t kNamespacesAskedFor = 10;

/// The letters that Kubernetes makes names of.
bool is_random(std::string_view text, std::size_t least, std::size_t most) {
  static constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz0123456789";
  return text.size() >= least && text.size() <= most && text.find_first_not_of(kLetters) == std::string_view::npos;
}
bool is_number(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

kubernetes::ListQuery events_in(const std::string& namespace_) {
  kubernetes::ListQuery query;
  query.kind.version = "v1";
  query.kind.kind = "Event";
  query.namespace_ = namespace_;
  query.limit = kEventsOfANamespace;
  return query;
}

class Wanted {
 public:
  Wanted(const std::vector<ObjectRef>& objects, const std::vector<ObjectRef>& more) {
    for (const auto* refs : {&objects, &more}) {
      for (const auto& ref : *refs) named_.insert({ref.kind, ref.namespace_, ref.name});
    }
    std::ranges::copy_if(objects, std::back_inserter(makers_), [](const ObjectRef& ref) { return runs_pods(ref.group_kind()); });
  }
  bool takes(const json& event) const {
    const auto kind = text_at(event, {"involvedObject", "kind"});
    const auto name = text_at(event, {"involvedObject", "name"});
    const auto said = text_at(event, {"involvedObject", "namespace"});
    const auto own = said.empty() ? text_at(event, {"metadata", "namespace"}) : said;
    // Events of what is in no namespace are kept in one all the same.
    if (named_.contains({kind, own, name}) || (said.empty() && named_.contains({kind, "", name}))) return true;
    return std::ranges::any_of(makers_, [&](const ObjectRef& ref) { return ref.namespace_ == own && is_made_for(ref, kind, name); });
  }

 private:
  std::set<std::tuple<std::string, std::string, std::string>> named_;  ///< kind, namespace, name
  std::vector<ObjectRef> makers_;
};

std::string namespace_of_events(const ObjectRef& ref) { return ref.namespace_.empty() ? "default" : ref.namespace_; }

}  // namespace

bool is_made_for(const ObjectRef& workload, std::string_view kind, std::string_view name) {
  if (name.size() <= workload.name.size() + 1 || !name.starts_with(workload.name) || name[workload.name.size()] != '-') return false;
  const auto rest = name.substr(workload.name.size() + 1);
  const auto dash = rest.find('-');
  const auto head = rest.substr(0, dash);
  const auto tail = dash == std::string_view::npos ? std::string_view() : rest.substr(dash + 1);
  if (workload.kind == "Deployment" || workload.kind == "Rollout") {
    if (kind == "ReplicaSet") return dash == std::string_view::npos && is_random(head, 5, 10);
    return kind == "Pod" && is_random(head, 5, 10) && is_random(tail, 5, 5);
  }
  if (workload.kind == "StatefulSet") return kind == "Pod" && dash == std::string_view::npos && is_number(head);
  if (workload.kind == "CronJob") {
    if (kind == "Job") return dash == std::string_view::npos && is_number(head);
    return kind == "Pod" && is_number(head) && is_random(tail, 5, 5);
  }
  const bool names_pods = workload.kind == "DaemonSet" || workload.kind == "ReplicaSet" || workload.kind == "Job";
  return names_pods && kind == "Pod" && dash == std::string_view::npos && is_random(head, 5, 5);
}

asio::awaitable<Result<std::vector<EventRow>>> fetch_events(kubernetes::Cluster& cluster, std::vector<ObjectRef> objects, std::vector<ObjectRef> more) {
  std::set<std::string> namespaces;
  for (const auto& ref : objects) {
    if (namespaces.size() < kNamespacesAskedFor) namespaces.insert(namespace_of_events(ref));
  }
  const Wanted wanted(objects, more);
  // Pods first: theirs tell most.
  auto by_name = more;
  by_name.insert(by_name.end(), objects.begin(), objects.end());
  std::vector<EventRow> rows;
  std::set<std::string> seen;
  const auto take = [&](const json& events) {
    for (const auto& event : events) {
      if (wanted.takes(event) && seen.insert(text_at(event, {"metadata", "namespace"}) + "/" + text_at(event, {"metadata", "name"})).second) rows.push_back(event_row(event));
    }
  };
  for (const auto& name : namespaces) {
    auto query = events_in(name);
    const auto events = co_await cluster.list(std::move(query));
    if (!events) co_return events.error();
    take(**events);
    if ((*events)->size() < kEventsOfANamespace) continue;
    // The page is full, and its order says nothing of what is new: ask for the objects that matter by name.
    std::size_t asked = 0;
    for (const auto& ref : by_name) {
      if (namespace_of_events(ref) != name || asked++ >= kObjectsAskedFor) continue;
      auto one = events_in(name);
      one.field_selector = "involvedObject.kind=" + ref.kind + ",involvedObject.name=" + ref.name;
      const auto found = co_await cluster.list(std::move(one));
      if (found) take(**found);
    }
  }
  co_return rows;
}

}  // namespace driftwarden::inspect

namespace driftwarden {

asio::awaitable<Result<std::vector<EventRow>>> find_events(Fleet& fleet, App app, std::size_t limit) {
  const auto objects = inspect::objects_of(fleet, app);
  if (!objects) co_return objects.error();
  auto cluster = inspect::cluster_of(fleet, app);
  if (!cluster) co_return cluster.error();
  std::vector<ObjectRef> more;
  auto workloads = inspect::looked_at(inspect::workloads_of(fleet, app, *objects));
  // Pods whose names tell nothing (of bare Jobs, renamed ones) are found by their labels; without that right, by name only.
  const auto pods = co_await inspect::fetch_pods(**cluster, std::move(workloads));
  if (pods) more = inspect::refs_of(*pods);
  auto refs = inspect::own_refs(fleet, app, *objects);
  auto rows = co_await inspect::fetch_events(**cluster, std::move(refs), std::move(more));
  if (!rows) co_return rows.error();
  co_return sorted_events(std::move(*rows), limit);
}

}  // namespace driftwarden
