#include "bot/deploy/kept_object.hpp"

#include "gitops/base/members.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <memory>
#include <string>

namespace driftwarden {
namespace {

using nlohmann::json;

/// Argo CD and Flux take these off again: asking for a look at Git is no change of what is deployed.
constexpr std::array<std::string_view, 4> kPassing{"argocd.argoproj.io/refresh", "argocd.argoproj.io/hydrate", "reconcile.fluxcd.io/requestedAt",
                                                   "kubectl.kubernetes.io/last-applied-configuration"};

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) { return a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6U) + (a >> 2U)); }
std::uint64_t digest(const json& value) { return std::hash<json>{}(value); }

json annotations_that_stay(const json& metadata) {
  const auto& given = member_at(metadata, "annotations");
  if (!given.is_object()) return json();
  auto kept = given;
  for (const auto& name : kPassing) kept.erase(std::string(name));
  return kept;
}

void copy_member(const json& from, json& to, const char* name) {
  if (const auto& value = member_at(from, name); !value.is_null()) to[name] = value;
}

json resources_to_prune(const json& resources) {
  auto kept = json::array();
  if (!resources.is_array()) return kept;
  for (const auto& resource : resources) {
    if (member_at(resource, "requiresPruning") == json(true)) kept.push_back(resource);
  }
  return kept;
}

/// An Application's status names each of its objects up to three times.
json slim_status(const json& status) {
  auto kept = json::object();
  for (const auto* name : {"sync", "health", "conditions", "sourceHydrator"}) copy_member(status, kept, name);
  kept["resources"] = resources_to_prune(member_at(status, "resources"));
  if (const auto& history = member_at(status, "history"); history.is_array()) {
    auto revisions = json::array();
    for (const auto& entry : history) {
      auto& item = revisions.emplace_back(json::object());
      for (const auto* name : {"id", "revision", "revisions"}) copy_member(entry, item, name);
    }
    kept["history"] = std::move(revisions);
  }
  const auto& running = member_at(status, "operationState");
  if (!running.is_object()) return kept;
  auto& operation = kept["operationState"] = json::object();
  for (const auto* name : {"phase", "message", "operation", "startedAt", "finishedAt"}) copy_member(running, operation, name);
  const auto& result = member_at(running, "syncResult");
  for (const auto* name : {"revision", "revisions"}) {
    if (!member_at(result, name).is_null()) operation["syncResult"][name] = member_at(result, name);
  }
  return kept;
}

/// Conditions without the times at which they were looked at.
json conditions_of(const json& status) {
  auto kept = json::array();
  const auto& conditions = member_at(status, "conditions");
  if (!conditions.is_array()) return kept;
  for (const auto& condition : conditions) {
    auto& item = kept.emplace_back(json::object());
    for (const auto* name : {"type", "status", "reason", "message"}) copy_member(condition, item, name);
  }
  return kept;
}

json slim_status(const ObjectRef& ref, const json& status) {
  if (ref.group != "argoproj.io") return status;
  if (ref.kind == "Application") return slim_status(status);
  if (ref.kind == "ApplicationSet") return {{"conditions", conditions_of(status)}};
  return json::object();
}

/// Only then somebody asks who did it, and when.
bool is_paused(const json& body) {
  const auto& spec = member_at(body, "spec");
  if (member_at(spec, "suspend") == json(true)) return true;
  if (member_at(member_at(member_at(spec, "syncPolicy"), "automated"), "enabled") == json(false)) return true;
  return text_at(member_at(member_at(body, "metadata"), "annotations"), "argocd.argoproj.io/skip-reconcile") == "true";
}

}  // namespace

KeptObject keep_object(const LiveObject& live) {
  KeptObject kept;
  const auto& body = *live.body;
  const auto& metadata = member_at(body, "metadata");
  auto slim = json::object();
  for (const auto* name : {"apiVersion", "kind", "spec", "operation"}) copy_member(body, slim, name);
  auto& own = slim["metadata"] = json::object();
  for (const auto* name : {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "labels", "annotations", "ownerReferences"}) {
    copy_member(metadata, own, name);
  }
  if (own.contains("annotations")) own["annotations"] = annotations_that_stay(metadata);
  if (is_paused(body)) copy_member(metadata, own, "managedFields");
  if (const auto& status = member_at(body, "status"); status.is_object()) slim["status"] = slim_status(live.ref, status);
  kept.spec = digest(member_at(slim, "spec"));
  for (const auto* name : {"labels", "annotations", "ownerReferences", "deletionTimestamp"}) kept.spec = mixed(kept.spec, digest(member_at(own, name)));
  kept.status = mixed(digest(member_at(slim, "status")), digest(member_at(slim, "operation")));
  kept.status = mixed(kept.status, digest(member_at(own, "generation")));
  kept.object.ref = live.ref;
  kept.object.body = std::make_shared<const json>(std::move(slim));
  return kept;
}

bool is_deploying_kind(const GroupKind& kind) { return kind.kind == "Application" || kind.kind == "Kustomization" || kind.kind == "HelmRelease"; }

}  // namespace driftwarden
