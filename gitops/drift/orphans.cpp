#include "gitops/drift/orphans.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_tracked(const json& metadata) {
  const auto& annotations = member_at(metadata, "annotations");
  if (annotations.is_object() && (annotations.contains(kTrackingAnnotation) || annotations.contains("argocd.argoproj.io/tracking-id"))) return true;
  const auto& labels = member_at(metadata, "labels");
  return labels.is_object() && (labels.contains("kustomize.toolkit.fluxcd.io/name") || labels.contains("helm.toolkit.fluxcd.io/name"));
}

/// The oldest entry that isn't about status; times are RFC 3339, so they sort as text.
std::string maker(const json& metadata) {
  const auto& entries = member_at(metadata, "managedFields");
  if (!entries.is_array()) return {};
  std::pair<std::string_view, std::string_view> oldest;
  for (const auto& entry : entries) {
    if (!entry.is_object() || entry.contains("subresource")) continue;
    const auto candidate = std::make_pair(text_at(entry, "time"), text_at(entry, "manager"));
    if (oldest.second.empty() || candidate < oldest) oldest = candidate;
  }
  return std::string(oldest.second);
}

}  // namespace

const std::vector<WatchedKind>& orphan_kinds() {
  static const std::vector<WatchedKind> kKinds{
      {"apps", "v1", "Deployment"}, {"apps", "v1", "StatefulSet"}, {"apps", "v1", "DaemonSet"},          {"batch", "v1", "CronJob"}, {"batch", "v1", "Job"},
      {"", "v1", "Service"},        {"", "v1", "ConfigMap"},       {"", "v1", "PersistentVolumeClaim"}, {"", "v1", "Pod"},          {"networking.k8s.io", "v1", "Ingress"}};
  return kKinds;
}

bool is_platform_made(const json& object, const ObjectRef& ref) {
  static constexpr std::array<std::string_view, 6> kKinds{"Event", "Lease", "Endpoints", "EndpointSlice", "ControllerRevision", "PodMetrics"};
  if (std::find(kKinds.begin(), kKinds.end(), ref.kind) != kKinds.end()) return true;
  if (ref.kind == "ConfigMap" && (ref.name == "kube-root-ca.crt" || ref.name == "openshift-service-ca.crt")) return true;
  if (ref.kind == "ServiceAccount" && ref.name == "default") return true;
  if (ref.kind == "Service" && ref.name == "kubernetes" && ref.namespace_ == "default") return true;
  if (ref.kind != "Secret") return false;
  const auto type = text_at(object, "type");
  return type == "kubernetes.io/service-account-token" || type == "helm.sh/release.v1" || type == "bootstrap.kubernetes.io/token";
}

std::optional<Orphan> as_orphan(const json& object, const ObjectRef& ref) {
  const auto& metadata = member_at(object, "metadata");
  const auto& owners = member_at(metadata, "ownerReferences");
  if (ref.namespace_.empty() || (owners.is_array() && !owners.empty()) || is_tracked(metadata) || is_platform_made(object, ref)) return std::nullopt;
  return Orphan{ref, maker(metadata), std::string(text_at(metadata, "creationTimestamp"))};
}

void OrphanStore::put(Orphan orphan) {
  auto place = std::make_pair(orphan.ref.namespace_, object_id(orphan.ref));
  all_.insert_or_assign(std::move(place), std::move(orphan));
}

bool OrphanStore::erase(const ObjectRef& ref) { return !all_.empty() && all_.erase({ref.namespace_, object_id(ref)}) > 0; }

std::vector<const Orphan*> OrphanStore::in(const std::string& namespace_) const {
  std::vector<const Orphan*> found;
  for (auto at = all_.lower_bound({namespace_, ""}); at != all_.end() && at->first.first == namespace_; ++at) found.push_back(&at->second);
  return found;
}

void OrphanStore::keep_only(const std::set<std::string>& namespaces) {
  std::erase_if(all_, [&](const auto& item) { return !namespaces.contains(item.first.first); });
}

ObjectDrift to_drift(const Orphan& orphan) {
  ObjectDrift drift{orphan.ref, Verdict::Untracked, {}, {}};
  std::string note = "created";
  if (!orphan.manager.empty()) note += " by " + orphan.manager;
  if (!orphan.created.empty()) note += " " + orphan.created;
  if (note != "created") drift.notes.push_back(std::move(note));
  return drift;
}

bool hides_object(const IgnoreRule& rule, const ObjectRef& ref) {
  const bool whole = rule.paths.empty() || std::find(rule.paths.begin(), rule.paths.end(), ".**") != rule.paths.end();
  const auto& match = rule.match;
  return whole && glob_match(match.group, ref.group) && glob_match(match.kind, ref.kind) && glob_match(match.namespace_, ref.namespace_) &&
         glob_match(match.name, ref.name);
}

}  // namespace driftwarden
