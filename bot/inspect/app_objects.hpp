#pragma once
// Which objects of the cluster belong to an App: its workloads, what they run, and what is told of it.
#include "bot/inspect/inspect.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace driftwarden::inspect {

inline constexpr std::size_t kMostWorkloads = 40;

/// One that runs pods and is the App's own, as it is live now.
struct Workload {
  ObjectRef ref;
  JsonPtr object;
  std::string label() const { return ref.kind + "/" + ref.name; }
};

/// "Deployment/web"
std::string label_of(const ObjectRef& ref);
/// The App's objects with their namespaces. InvalidInput for orphans, Unavailable before the first render.
Result<std::vector<Manifest>> objects_of(Fleet& fleet, const App& app);
Result<kubernetes::Cluster*> cluster_of(Fleet& fleet, const App& app);
bool runs_pods(const GroupKind& kind);
/// A manifest in Git may name any object of the cluster: this one, as it is live, is the App's when its tracking annotation says so or, without one, when it
/// lives in the App's own namespace.
bool is_own(const App& app, const ObjectRef& ref, const nlohmann::json& live);
/// The same as far as is known without asking the cluster: what isn't live may be asked for in the App's own namespace.
bool may_be_own(const Fleet& fleet, const App& app, const ObjectRef& ref);
std::vector<ObjectRef> own_refs(const Fleet& fleet, const App& app, const std::vector<Manifest>& objects);
/// Only those that are live and its own.
std::vector<Workload> workloads_of(const Fleet& fleet, const App& app, const std::vector<Manifest>& objects);
/// At most kMostWorkloads: those that are named so ("Deployment/web", "web"), or else those that aren't healthy first.
std::vector<Workload> looked_at(std::vector<Workload> workloads, const std::string& named = {});
/// Made by this very workload.
bool is_controlled_by(const nlohmann::json& object, const ObjectRef& owner, const nlohmann::json& owner_body);
/// "deploy/web", "Deployment/web" and "web" mean the same workload.
bool is_workload(const std::string& label, const std::string& said);
/// A label selector as the API takes it: "app=web,tier in (a,b)". Nothing for one that selects nothing.
std::optional<std::string> selector_text(const nlohmann::json& selector);

struct OwnedPod {
  nlohmann::json pod;
  std::string workload;  ///< "Deployment/web"
};
/// Pods that these workloads own, as they are now.
asio::awaitable<Result<std::vector<OwnedPod>>> fetch_pods(kubernetes::Cluster& cluster, std::vector<Workload> workloads);
std::vector<ObjectRef> refs_of(const std::vector<OwnedPod>& pods);
PodRow row_of(const OwnedPod& owned);
/// Of the App's workloads, or of the one that is named, those in trouble first.
asio::awaitable<Result<std::vector<PodRow>>> fetch_rows(Fleet& fleet, App app, std::string named);
/// Those in trouble first.
void sort_rows(std::vector<PodRow>& rows);
bool is_in_trouble(const PodRow& row);

/// Does `name`, an object of `kind` that somebody made for the workload, bear the name that its controller gives?
bool is_made_for(const ObjectRef& workload, std::string_view kind, std::string_view name);
/// The events of these objects and of what was made for them, newest known; `more` are further objects.
asio::awaitable<Result<std::vector<EventRow>>> fetch_events(kubernetes::Cluster& cluster, std::vector<ObjectRef> objects, std::vector<ObjectRef> more);

}  // namespace driftwarden::inspect
