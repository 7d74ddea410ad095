// Restart: the one verb that touches the cluster and not Git.
#include "bot/change/plan_parts.hpp"
#include "bot/command/intents.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

bool can_restart(const ObjectRef& ref) { return ref.group == "apps" && (ref.kind == "Deployment" || ref.kind == "StatefulSet" || ref.kind == "DaemonSet"); }

bool is_named(const ObjectRef& ref, const std::string& wanted) {
  const auto slash = wanted.find('/');
  if (slash == std::string::npos) return ref.name == wanted;
  const auto kind = to_lower(wanted.substr(0, slash));
  const auto own = to_lower(ref.kind);
  return (kind == own || kind == own + "s") && ref.name == wanted.substr(slash + 1);
}

}  // namespace

Result<std::vector<ObjectRef>> plan_restart(const Change& change, const App& app, const std::vector<Manifest>& desired) {
  std::vector<ObjectRef> all;
  for (const auto& manifest : desired) {
    if (can_restart(manifest.ref)) all.push_back(manifest.ref);
  }
  if (all.empty()) return planning::refused(fmt::format("{} has no Deployment, StatefulSet or DaemonSet to restart", app.name));
  const auto wanted = restart_request_from(change.argument).workloads;
  if (wanted.empty()) return all;
  std::vector<ObjectRef> chosen;
  for (const auto& name : wanted) {
    std::vector<ObjectRef> found;
    std::ranges::copy_if(all, std::back_inserter(found), [&](const ObjectRef& ref) { return is_named(ref, name); });
    if (found.size() != 1) {
      std::vector<std::string> names;
      for (const auto& ref : found.empty() ? all : found) names.push_back(ref.kind + "/" + ref.name);
      return planning::refused(fmt::format("{} {} \"{}\": {}", app.name, found.empty() ? "has no workload" : "has several called", planning::shown(name), ellipsize(join(names, ", "), 300)));
    }
    if (std::ranges::find(chosen, found.front()) == chosen.end()) chosen.push_back(found.front());
  }
  return chosen;
}

}  // namespace driftwarden
