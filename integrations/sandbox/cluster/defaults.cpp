#include "integrations/sandbox/cluster/defaults.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <functional>

namespace driftwarden::sandbox::cluster {
namespace {

Json& ensure(Json& object, const char* key) {
  set_default(object, key, Json::object());
  return object[key];
}

void pod_template(Json& spec) {
  if (Json* pod = find(spec, {"template", "spec"})) set_pod_defaults(*pod);
}

void rolling(Json& strategy, const Json& parameters) {
  set_default(strategy, "type", "RollingUpdate");
  if (text_at(strategy, {"type"}) != "RollingUpdate") return;
  Json& update = ensure(strategy, "rollingUpdate");
  for (const auto& [key, value] : parameters.items()) set_default(update, key.c_str(), value);
}

void deployment(Json& object) {
  Json& spec = ensure(object, "spec");
  pod_template(spec);
  set_default(spec, "replicas", 1);
  set_default(spec, "revisionHistoryLimit", 10);
  set_default(spec, "progressDeadlineSeconds", 600);
  rolling(ensure(spec, "strategy"), Json{{"maxUnavailable", "25%"}, {"maxSurge", "25%"}});
}

void claim(Json& object) {
  set_default(ensure(object, "spec"), "volumeMode", "Filesystem");
  set_default(ensure(object, "status"), "phase", "Pending");
}

void stateful_set(Json& object) {
  Json& spec = ensure(object, "spec");
  pod_template(spec);
  set_default(spec, "replicas", 1);
  set_default(spec, "revisionHistoryLimit", 10);
  set_default(spec, "podManagementPolicy", "OrderedReady");
  rolling(ensure(spec, "updateStrategy"), Json{{"partition", 0}});
  Json& retention = ensure(spec, "persistentVolumeClaimRetentionPolicy");
  set_default(retention, "whenDeleted", "Retain");
  set_default(retention, "whenScaled", "Retain");
  Json* claims = find(spec, "volumeClaimTemplates");
  if (claims == nullptr || !claims->is_array()) return;
  for (auto& one : *claims) {
    one["apiVersion"] = "v1";
    one["kind"] = "PersistentVolumeClaim";
    claim(one);
  }
}

void daemon_set(Json& object) {
  set_default(ensure(ensure(object, "metadata"), "annotations"), "deprecated.daemonset.template.generation", "0");
  Json& spec = ensure(object, "spec");
  pod_template(spec);
  set_default(spec, "revisionHistoryLimit", 10);
  rolling(ensure(spec, "updateStrategy"), Json{{"maxUnavailable", 1}, {"maxSurge", 0}});
}

void replica_set(Json& object) {
  Json& spec = ensure(object, "spec");
  pod_template(spec);
  set_default(spec, "replicas", 1);
}

void job_spec(Json& spec) {
  pod_template(spec);
  if (find(spec, "completions") == nullptr && find(spec, "parallelism") == nullptr) spec["completions"] = 1;
  set_default(spec, "parallelism", 1);
  set_default(spec, "backoffLimit", find(spec, "backoffLimitPerIndex") != nullptr ? 2147483647 : 6);
  set_default(spec, "completionMode", "NonIndexed");
  set_default(spec, "suspend", false);
  set_default(spec, "podReplacementPolicy", find(spec, "podFailurePolicy") != nullptr ? "Failed" : "TerminatingOrFailed");
}

void job(Json& object) {
  job_spec(ensure(object, "spec"));
  set_default(object["spec"], "manualSelector", false);
  const Json& labels = object_at(object, {"spec", "template", "metadata", "labels"});
  if (!labels.empty() && object_at(object, {"metadata", "labels"}).empty()) ensure(object, "metadata")["labels"] = labels;
}

void cron_job(Json& object) {
  Json& spec = ensure(object, "spec");
  if (Json* pod = find(spec, {"jobTemplate", "spec", "template", "spec"})) set_pod_defaults(*pod);
  set_default(spec, "concurrencyPolicy", "Allow");
  set_default(spec, "suspend", false);
  set_default(spec, "successfulJobsHistoryLimit", 3);
  set_default(spec, "failedJobsHistoryLimit", 1);
}

void service(Json& object) {
  Json& spec = ensure(object, "spec");
  set_default(spec, "sessionAffinity", "None");
  set_default(spec, "type", "ClusterIP");
  const auto type = text_at(spec, {"type"});
  if (text_at(spec, {"sessionAffinity"}) == "ClientIP") set_default(ensure(ensure(spec, "sessionAffinityConfig"), "clientIP"), "timeoutSeconds", 10800);
  if (type == "NodePort" || type == "LoadBalancer") set_default(spec, "externalTrafficPolicy", "Cluster");
  if (type == "LoadBalancer") set_default(spec, "allocateLoadBalancerNodePorts", true);
  if (type != "ExternalName") set_default(spec, "internalTrafficPolicy", "Cluster");
  Json* ports = find(spec, "ports");
  if (ports == nullptr || !ports->is_array()) return;
  for (auto& port : *ports) {
    set_default(port, "protocol", "TCP");
    const Json* target = find(port, "targetPort");
    if (target == nullptr || *target == 0 || *target == "") port["targetPort"] = port.value("port", Json(0));
  }
}

void secret(Json& object) {
  if (const Json* texts = find(object, "stringData")) {
    for (const auto& [key, value] : texts->items()) {
      if (value.is_string()) ensure(object, "data")[key] = base64_encode(value.get<std::string>());
    }
  }
  object.erase("stringData");
  set_default(object, "type", "Opaque");
}

void name_space(Json& object) {
  Json& metadata = ensure(object, "metadata");
  if (const auto name = text_at(metadata, {"name"}); !name.empty()) ensure(metadata, "labels")["kubernetes.io/metadata.name"] = name;
  set_default(ensure(object, "status"), "phase", "Active");
}

void network_policy(Json& object) {
  Json& spec = ensure(object, "spec");
  for (const char* const side : {"ingress", "egress"}) {
    Json* rules = find(spec, side);
    if (rules == nullptr || !rules->is_array()) continue;
    for (auto& rule : *rules) {
      Json* ports = find(rule, "ports");
      if (ports == nullptr) continue;
      for (auto& port : *ports) set_default(port, "protocol", "TCP");
    }
  }
  if (find(spec, "policyTypes") != nullptr) return;
  spec["policyTypes"] = Json::array({"Ingress"});
  if (!array_at(spec, {"egress"}).empty()) spec["policyTypes"].push_back("Egress");
}

void autoscaler(Json& object) {
  Json& spec = ensure(object, "spec");
  set_default(spec, "minReplicas", 1);
  if (find(spec, "metrics") == nullptr) {
    spec["metrics"] =
        Json::array({Json{{"type", "Resource"}, {"resource", {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", 80}}}}}}});
  }
  for (const char* const side : {"scaleUp", "scaleDown"}) {
    if (Json* rules = find(spec, {"behavior", side})) set_default(*rules, "selectPolicy", "Max");
  }
}

void binding(Json& object) {
  constexpr const char* kGroup = "rbac.authorization.k8s.io";
  if (Json* role = find(object, "roleRef")) {
    if (text_at(*role, {"apiGroup"}).empty()) (*role)["apiGroup"] = kGroup;
  }
  Json* subjects = find(object, "subjects");
  if (subjects == nullptr || !subjects->is_array()) return;
  for (auto& subject : *subjects) {
    const auto kind = text_at(subject, {"kind"});
    if (kind == "User" || kind == "Group") set_default(subject, "apiGroup", kGroup);
  }
}

void volume(Json& object) {
  Json& spec = ensure(object, "spec");
  set_default(spec, "persistentVolumeReclaimPolicy", "Retain");
  set_default(spec, "volumeMode", "Filesystem");
  if (Json* path = find(spec, "hostPath")) set_default(*path, "type", "");
  set_default(ensure(object, "status"), "phase", "Pending");
}

void storage_class(Json& object) {
  set_default(object, "reclaimPolicy", "Delete");
  set_default(object, "volumeBindingMode", "Immediate");
}

void webhooks(Json& object) {
  Json* hooks = find(object, "webhooks");
  if (hooks == nullptr || !hooks->is_array()) return;
  const bool mutating = text_at(object, {"kind"}) == "MutatingWebhookConfiguration";
  for (auto& hook : *hooks) {
    set_default(hook, "failurePolicy", "Fail");
    set_default(hook, "matchPolicy", "Equivalent");
    set_default(hook, "namespaceSelector", Json::object());
    set_default(hook, "objectSelector", Json::object());
    set_default(hook, "timeoutSeconds", 10);
    if (mutating) set_default(hook, "reinvocationPolicy", "Never");
    if (Json* target = find(hook, {"clientConfig", "service"})) set_default(*target, "port", 443);
    Json* rules = find(hook, "rules");
    if (rules == nullptr) continue;
    for (auto& rule : *rules) set_default(rule, "scope", "*");
  }
}

void definition(Json& object) {
  Json& spec = ensure(object, "spec");
  Json& names = ensure(spec, "names");
  const auto kind = text_at(names, {"kind"});
  if (text_at(names, {"singular"}).empty()) names["singular"] = to_lower(kind);
  if (text_at(names, {"listKind"}).empty()) names["listKind"] = kind + "List";
  set_default(spec, "conversion", Json{{"strategy", "None"}});
}

using Rule = std::function<void(Json&)>;

const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> table{
      {"Deployment", deployment},
      {"StatefulSet", stateful_set},
      {"DaemonSet", daemon_set},
      {"ReplicaSet", replica_set},
      {"ReplicationController", replica_set},
      {"Job", job},
      {"CronJob", cron_job},
      {"Service", service},
      {"Secret", secret},
      {"Namespace", name_space},
      {"PersistentVolumeClaim", claim},
      {"PersistentVolume", volume},
      {"NetworkPolicy", network_policy},
      {"HorizontalPodAutoscaler", autoscaler},
      {"RoleBinding", binding},
      {"ClusterRoleBinding", binding},
      {"StorageClass", storage_class},
      {"PriorityClass", [](Json& object) { set_default(object, "preemptionPolicy", "PreemptLowerPriority"); }},
      {"MutatingWebhookConfiguration", webhooks},
      {"ValidatingWebhookConfiguration", webhooks},
      {"CustomResourceDefinition", definition},
      {"Pod",
       [](Json& object) {
         set_pod_defaults(ensure(object, "spec"));
         set_pod_only_defaults(object);
       }},
  };
  return table;
}

}  // namespace

void set_defaults(const Resource& resource, Json& object) {
  if (resource.custom) return;
  const auto rule = rules().find(resource.kind);
  if (rule != rules().end()) rule->second(object);
}

}  // namespace driftwarden::sandbox::cluster
