#pragma once
// Which objects of the cluster belong to an App: its workloads, what they run, and what is told of it.
#include "bot/inspect/inspect.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace driftwarden::inspect {

/// One that runs pods, with its object as it is live now or, where that isn't known, as it is desired.
struct Workload {
  ObjectRef ref;
  JsonPtr object;
  bool is_live = false;
  std::string label() const { return ref.kind + "/" + ref.name; }
};

/// "Deployment/web"
std::string label_of(const ObjectRef& ref);
/// The App's objects with their namespaces. InvalidInput for orphans, Unavailable before the first render.
Result<std::vector<Manifest>> objects_of(Fleet& fleet, const App& app);
Result<kubernetes::Cluster*> cluster_of(Fleet& fleet, const App& app);
bool runs_pods(const GroupKind& kind);
std::vector<Workload> workloads_of(Fleet& fleet, const App& app, const std::vector<Manifest>& objects);
/// A label selector as the API takes it: "app=web,tier in (a,b)". Nothing for one that selects nothing.
std::optional<std::string> selector_text(const nlohmann::json& selector);

struct OwnedPod {
  nlohmann::json pod;
  std::string workload;  ///< "Deployment/web"
};
/// Pods of these workloads, as they are now.
asio::awaitable<Result<std::vector<OwnedPod>>> fetch_pods(kubernetes::Cluster& cluster, std::vector<Workload> workloads);
PodRow row_of(const OwnedPod& owned);
/// Those in trouble first.
void sort_rows(std::vector<PodRow>& rows);
bool is_in_trouble(const PodRow& row);

/// Does `name`, an object of `kind` that somebody made for the workload, bear the name that its controller gives?
bool is_made_for(const ObjectRef& workload, std::string_view kind, std::string_view name);
/// The events of these objects and of what was made for them, newest known; `more` names further objects ("Pod/web-1").
asio::awaitable<Result<std::vector<EventRow>>> fetch_events(kubernetes::Cluster& cluster, std::vector<ObjectRef> objects, std::set<std::string> more);

}  // namespace driftwarden::inspect
