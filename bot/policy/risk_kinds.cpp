// How grave a kind is, and what its pods look like.
#include "bot/policy/risk_fields.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

/// Groups whose every kind says who may do what, or what may enter the cluster at all.
constexpr std::array<std::string_view, 16> kPowerGroups{
    "rbac.authorization.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io", "apiregistration.k8s.io", "certificates.k8s.io", "storage.k8s.io",
    "snapshot.storage.k8s.io",   "kyverno.io",           "templates.gatekeeper.sh",      "constraints.gatekeeper.sh", "security.istio.io", "cilium.io",
    "crd.projectcalico.org",     "projectcalico.org",    "security.openshift.io",        "policy.networking.k8s.io"};
constexpr std::array<std::string_view, 14> kPowerKinds{"Secret",           "ServiceAccount", "PersistentVolume",   "PersistentVolumeClaim", "NetworkPolicy",
                                                       "PodSecurityPolicy", "SealedSecret",  "ExternalSecret",     "ClusterExternalSecret", "SecretStore",
                                                       "ClusterSecretStore", "AppProject",   "AuthorizationPolicy", "SopsSecret"};
constexpr std::array<std::string_view, 6> kHoldsData{"Namespace", "CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim", "StatefulSet", "Secret"};
constexpr std::array<std::string_view, 8> kMildDeletions{"ConfigMap", "HorizontalPodAutoscaler", "Job", "CronJob", "LimitRange", "ResourceQuota", "Event", "Lease"};
constexpr std::array<std::string_view, 13> kSchemaWords{"migrat", "flyway", "liquibase", "alembic", "db-init", "initdb", "schema", "goose", "rails db:", "prisma", "sqitch", "dbmate", "sequelize"};

bool looks_like_schema(std::string_view text) {
  const auto lower = to_lower(text);
  return std::ranges::any_of(kSchemaWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

const json* at_path(const json& object, const std::vector<std::string>& path) {
  const json* here = &object;
  for (const auto& key : path) {
    if (!here->is_object()) return nullptr;
    const auto found = here->find(key);
    if (found == here->end()) return nullptr;
    here = &*found;
  }
  return here;
}

}  // namespace

bool is_built_in(const GroupKind& kind) { return kind.group.find('.') == std::string::npos || kind.group.ends_with(".k8s.io"); }

RiskTier gravity_of(const GroupKind& kind) { return among(kPowerGroups, kind.group) || among(kPowerKinds, kind.kind) ? RiskTier::High : RiskTier::Medium; }

RiskTier gravity_of_deletion(const GroupKind& kind) {
  if (is_built_in(kind) && among(kHoldsData, kind.kind)) return RiskTier::Destructive;
  return is_built_in(kind) && among(kMildDeletions, kind.kind) ? RiskTier::Medium : RiskTier::High;
}

std::vector<std::string> pod_template_path(const json& object) {
  static const std::array<std::vector<std::string>, 2> kPlaces{std::vector<std::string>{"spec", "jobTemplate", "spec", "template"}, {"spec", "template"}};
  for (const auto& place : kPlaces) {
    const auto* found = at_path(object, place);
    if (found != nullptr && member_at(member_at(*found, "spec"), "containers").is_array()) return place;
  }
  return {};
}

const json* pod_template(const json& object) {
  if (text_at(object, "kind") == "Pod") return &object;
  const auto path = pod_template_path(object);
  return path.empty() ? nullptr : at_path(object, path);
}

bool is_schema_container(const json& container) {
  if (looks_like_schema(text_at(container, "name")) || looks_like_schema(text_at(container, "image"))) return true;
  for (const auto* key : {"command", "args"}) {
    for (const auto& word : member_at(container, key)) {
      if (word.is_string() && looks_like_schema(word.get_ref<const std::string&>())) return true;
    }
  }
  return false;
}

bool is_schema_job(const ObjectRef& ref, const json& object) {
  if (ref.kind != "Job" && ref.kind != "CronJob") return false;
  if (looks_like_schema(ref.name)) return true;
  const auto* pods = pod_template(object);
  if (pods == nullptr) return false;
  for (const auto* list : {"containers", "initContainers"}) {
    const auto& containers = member_at(member_at(*pods, "spec"), list);
    if (containers.is_array() && std::ranges::any_of(containers, is_schema_container)) return true;
  }
  return false;
}

}  // namespace driftwarden
