#include "gitops/base/members.hpp"
#include "gitops/manifest/manifest.hpp"

#include "gitops/manifest/yaml_reader.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

Error bad(const std::string& file, int line, const std::string& what) { return Error{ErrorKind::InvalidInput, fmt::format("{}:{}: {}", file, line, what)}; }

/// Helm runs hooks at moments of its own; they are no part of what stays in the cluster.
bool is_helm_hook(const json& metadata) {
  const auto annotations = metadata.find("annotations");
  return annotations != metadata.end() && annotations->is_object() && annotations->contains("helm.sh/hook");
}

struct Collector {
  const std::string& file;
  std::vector<Manifest> manifests;

  Result<void> add(json object, int line, int depth) {
    if (!object.is_object()) return bad(file, line, fmt::format("expected an object with apiVersion and kind, found {}", object.type_name()));
    if (object.empty()) return {};
    const std::string kind(text_at(object, "kind"));
    if (kind.ends_with("List") && object.contains("items")) return add_items(object["items"], line, depth);
    CHECK_OK(check(object, kind, line));
    auto ref = ref_of(object);
    if (is_helm_hook(object["metadata"])) return {};
    manifests.push_back({std::move(ref), std::make_shared<const json>(std::move(object)), file, line});
    return {};
  }

  Result<void> add_items(json& items, int line, int depth) {
    if (items.is_null()) return {};
    if (!items.is_array()) return bad(file, line, "items of a List must be a list");
    if (depth > 8) return bad(file, line, "Lists inside Lists, too deep");
    for (auto& item : items) CHECK_OK(add(std::move(item), line, depth + 1));
    return {};
  }

  Result<void> check(const json& object, const std::string& kind, int line) const {
    const auto shown = kind.empty() ? std::string("object") : kind;
    if (kind.empty()) return bad(file, line, "no Kubernetes object: kind is missing");
    if (text_at(object, "apiVersion").empty()) return bad(file, line, fmt::format("{}: apiVersion is missing", shown));
    const auto metadata = object.find("metadata");
    if (metadata == object.end() || !metadata->is_object()) return bad(file, line, fmt::format("{}: metadata is missing", shown));
    const auto name = metadata->find("name");
    if (name != metadata->end() && name->is_string() && !name->get_ref<const std::string&>().empty()) return {};
    if (metadata->contains("generateName")) {
      return bad(file, line, fmt::format("{}: generateName makes a new object each time; give it a metadata.name", shown));
    }
    if (name != metadata->end() && !name->is_string()) {
      return bad(file, line, fmt::format("{}: metadata.name must be text, found {}; quote it", shown, name->type_name()));
    }
    return bad(file, line, fmt::format("{}: metadata.name is missing", shown));
  }
};

int apply_rank(const ObjectRef& ref) {
  static constexpr std::array<std::string_view, 31> kOrder{"PriorityClass",
                                                           "Namespace",
                                                           "CustomResourceDefinition",
                                                           "NetworkPolicy",
                                                           "ResourceQuota",
                                                           "LimitRange",
                                                           "PodDisruptionBudget",
                                                           "ServiceAccount",
                                                           "Secret",
                                                           "ConfigMap",
                                                           "StorageClass",
                                                           "PersistentVolume",
                                                           "PersistentVolumeClaim",
                                                           "ClusterRole",
                                                           "ClusterRoleBinding",
                                                           "Role",
                                                           "RoleBinding",
                                                           "Service",
                                                           "DaemonSet",
                                                           "Pod",
                                                           "ReplicationController",
                                                           "ReplicaSet",
                                                           "Deployment",
                                                           "HorizontalPodAutoscaler",
                                                           "StatefulSet",
                                                           "Job",
                                                           "CronJob",
                                                           "IngressClass",
                                                           "Ingress",
                                                           "APIService",
                                                           ""};
  constexpr int kCustom = 100;
  if (ref.kind == "MutatingWebhookConfiguration" || ref.kind == "ValidatingWebhookConfiguration") return kCustom + 1;
  const auto found = std::find(kOrder.begin(), kOrder.end() - 1, std::string_view(ref.kind));
  return found == kOrder.end() - 1 ? kCustom : static_cast<int>(found - kOrder.begin());
}

}  // namespace

ObjectRef ref_of(const json& object) {
  ObjectRef ref;
  if (!object.is_object()) return ref;
  ref.set_api_version(text_at(object, "apiVersion"));
  ref.kind = text_at(object, "kind");
  const auto metadata = object.find("metadata");
  if (metadata == object.end()) return ref;
  ref.name = text_at(*metadata, "name");
  ref.namespace_ = text_at(*metadata, "namespace");
  return ref;
}

Result<std::vector<Manifest>> parse_manifests(std::string_view text, const std::string& file, const ParseLimits& limits) {
  TRY(auto documents, read_documents(text, file, limits));
  Collector collector{file, {}};
  for (auto& document : documents) CHECK_OK(collector.add(std::move(document.value), document.line, 0));
  return std::move(collector.manifests);
}

bool is_cluster_scoped(const GroupKind& kind) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 31> kKinds{{
      {"", "Namespace"},
      {"", "Node"},
      {"", "PersistentVolume"},
      {"", "ComponentStatus"},
      {"admissionregistration.k8s.io", "MutatingWebhookConfiguration"},
      {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"},
      {"admissionregistration.k8s.io", "ValidatingAdmissionPolicy"},
      {"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"},
      {"admissionregistration.k8s.io", "MutatingAdmissionPolicy"},
      {"admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"},
      {"apiextensions.k8s.io", "CustomResourceDefinition"},
      {"apiregistration.k8s.io", "APIService"},
      {"certificates.k8s.io", "CertificateSigningRequest"},
      {"certificates.k8s.io", "ClusterTrustBundle"},
      {"flowcontrol.apiserver.k8s.io", "FlowSchema"},
      {"flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"},
      {"networking.k8s.io", "IngressClass"},
      {"networking.k8s.io", "IPAddress"},
      {"networking.k8s.io", "ServiceCIDR"},
      {"node.k8s.io", "RuntimeClass"},
      {"policy", "PodSecurityPolicy"},
      {"rbac.authorization.k8s.io", "ClusterRole"},
      {"rbac.authorization.k8s.io", "ClusterRoleBinding"},
      {"resource.k8s.io", "DeviceClass"},
      {"resource.k8s.io", "ResourceSlice"},
      {"scheduling.k8s.io", "PriorityClass"},
      {"storage.k8s.io", "CSIDriver"},
      {"storage.k8s.io", "CSINode"},
      {"storage.k8s.io", "StorageClass"},
      {"storage.k8s.io", "VolumeAttachment"},
      {"storage.k8s.io", "VolumeAttributesClass"},
  }};
  return std::any_of(kKinds.begin(), kKinds.end(), [&](const auto& known) { return known.first == kind.group && known.second == kind.kind; });
}

void sort_for_apply(std::vector<Manifest>& manifests) {
  std::stable_sort(manifests.begin(), manifests.end(), [](const Manifest& a, const Manifest& b) { return apply_rank(a.ref) < apply_rank(b.ref); });
}

}  // namespace driftwarden
