#include "integrations/sandbox/cluster/resources.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>

namespace driftwarden::sandbox::cluster {
namespace {

/// flags: n namespaced, s status, c scale, l log, g generation, a in category all
struct Row {
  const char* group_version;
  const char* plural;
  const char* kind;
  const char* short_names;
  const char* flags;
};

constexpr std::array kRows{
    Row{"v1", "configmaps", "ConfigMap", "cm", "n"},
    Row{"v1", "endpoints", "Endpoints", "ep", "n"},
    Row{"v1", "events", "Event", "ev", "n"},
    Row{"v1", "limitranges", "LimitRange", "limits", "n"},
    Row{"v1", "namespaces", "Namespace", "ns", "s"},
    Row{"v1", "nodes", "Node", "no", "s"},
    Row{"v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc", "ns"},
    Row{"v1", "persistentvolumes", "PersistentVolume", "pv", "s"},
    Row{"v1", "pods", "Pod", "po", "nslga"},
    Row{"v1", "podtemplates", "PodTemplate", "", "n"},
    Row{"v1", "replicationcontrollers", "ReplicationController", "rc", "nscga"},
    Row{"v1", "resourcequotas", "ResourceQuota", "quota", "ns"},
    Row{"v1", "secrets", "Secret", "", "n"},
    Row{"v1", "serviceaccounts", "ServiceAccount", "sa", "n"},
    Row{"v1", "services", "Service", "svc", "nsa"},
    Row{"admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", "", "g"},
    Row{"admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", "", "g"},
    Row{"apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", "crd,crds", "sg"},
    Row{"apps/v1", "controllerrevisions", "ControllerRevision", "", "n"},
    Row{"apps/v1", "daemonsets", "DaemonSet", "ds", "nsga"},
    Row{"apps/v1", "deployments", "Deployment", "deploy", "nscga"},
    Row{"apps/v1", "replicasets", "ReplicaSet", "rs", "nscga"},
    Row{"apps/v1", "statefulsets", "StatefulSet", "sts", "nscga"},
    Row{"autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", "nsa"},
    Row{"batch/v1", "cronjobs", "CronJob", "cj", "nsga"},
    Row{"batch/v1", "jobs", "Job", "", "nsga"},
    Row{"coordination.k8s.io/v1", "leases", "Lease", "", "n"},
    Row{"discovery.k8s.io/v1", "endpointslices", "EndpointSlice", "", "ng"},
    Row{"networking.k8s.io/v1", "ingressclasses", "IngressClass", "", "g"},
    Row{"networking.k8s.io/v1", "ingresses", "Ingress", "ing", "nsg"},
    Row{"networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", "netpol", "ng"},
    Row{"policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", "nsg"},
    Row{"rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", "", ""},
    Row{"rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", "", ""},
    Row{"rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", "", "n"},
    Row{"rbac.authorization.k8s.io/v1", "roles", "Role", "", "n"},
    Row{"scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", "pc", "g"},
    Row{"storage.k8s.io/v1", "storageclasses", "StorageClass", "sc", ""},
};

Resource make(const Row& row) {
  Resource out;
  const std::string group_version = row.group_version;
  const auto slash = group_version.find('/');
  out.group = slash == std::string::npos ? "" : group_version.substr(0, slash);
  out.version = slash == std::string::npos ? group_version : group_version.substr(slash + 1);
  out.plural = row.plural;
  out.kind = row.kind;
  out.singular = to_lower(out.kind);
  out.list_kind = out.kind + "List";
  if (*row.short_names != '\0') out.short_names = split(row.short_names, ',');
  const std::string_view flags = row.flags;
  const auto has = [&](char flag) { return flags.find(flag) != std::string_view::npos; };
  out.namespaced = has('n');
  out.status = has('s');
  out.scale = has('c');
  out.log = has('l');
  out.generation = has('g');
  if (has('a')) out.categories = {"all"};
  if (out.group == "apiextensions.k8s.io" || out.group == "admissionregistration.k8s.io") out.categories = {"api-extensions"};
  out.type = find_type(out.kind);
  return out;
}

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> out;
  for (const auto& item : list) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

}  // namespace

Resources::Resources() {
  for (const auto& row : kRows) add(make(row));
}

void Resources::add(Resource resource) { all_.push_back(std::make_shared<const Resource>(std::move(resource))); }

ResourcePtr Resources::find(const std::string& group, const std::string& version, const std::string& plural) const {
  for (const auto& one : all_) {
    if (one->plural == plural && one->group == group && one->version == version) return one;
  }
  return nullptr;
}

ResourcePtr Resources::find_kind(const std::string& group, const std::string& kind) const {
  for (const auto& one : all_) {
    if (one->kind == kind && one->group == group) return one;
  }
  return nullptr;
}

bool Resources::serves(const std::string& group, const std::string& version) const {
  return std::any_of(all_.begin(), all_.end(), [&](const auto& one) { return one->group == group && one->version == version; });
}

std::vector<std::pair<std::string, std::vector<std::string>>> Resources::groups() const {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  for (const auto& one : all_) {
    auto at = std::find_if(out.begin(), out.end(), [&](const auto& group) { return group.first == one->group; });
    if (at == out.end()) at = out.insert(out.end(), {one->group, {}});
    if (std::find(at->second.begin(), at->second.end(), one->version) == at->second.end()) at->second.push_back(one->version);
  }
  return out;
}

void Resources::define(const Json& definition) {
  const Json& spec = object_at(definition, {"spec"});
  Resource base;
  base.group = text_at(spec, {"group"});
  base.plural = text_at(spec, {"names", "plural"});
  base.kind = text_at(spec, {"names", "kind"});
  base.singular = text_at(spec, {"names", "singular"});
  base.list_kind = text_at(spec, {"names", "listKind"});
  if (base.singular.empty()) base.singular = to_lower(base.kind);
  if (base.list_kind.empty()) base.list_kind = base.kind + "List";
  base.short_names = strings(array_at(spec, {"names", "shortNames"}));
  base.categories = strings(array_at(spec, {"names", "categories"}));
  base.namespaced = text_at(spec, {"scope"}) != "Cluster";
  base.generation = true;
  base.custom = true;
  base.type = &custom_type();
  forget(base.group, base.plural);
  for (const auto& version : array_at(spec, {"versions"})) {
    if (!bool_at(version, {"served"})) continue;
    Resource one = base;
    one.version = text_at(version, {"name"});
    one.status = cluster::find(version, {"subresources", "status"}) != nullptr;
    one.scale = cluster::find(version, {"subresources", "scale"}) != nullptr;
    for (const auto& column : array_at(version, {"additionalPrinterColumns"})) {
      one.columns.push_back({text_at(column, {"name"}), text_at(column, {"type"}), text_at(column, {"jsonPath"}), text_at(column, {"format"}),
                             text_at(column, {"description"}), static_cast<int>(int_at(column, {"priority"}))});
    }
    add(std::move(one));
  }
}

void Resources::forget(const std::string& group, const std::string& plural) {
  std::erase_if(all_, [&](const auto& one) { return one->custom && one->group == group && one->plural == plural; });
}

}  // namespace driftwarden::sandbox::cluster
