#include "integrations/sandbox/cluster/strategy.hpp"

#include "gitops/base/text.hpp"
#include "integrations/sandbox/cluster/go_value.hpp"
#include "integrations/sandbox/cluster/times.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::cluster {
namespace {

void allocate(Json& service, const Json* old, Allocations& allocations) {
  Json& spec = service["spec"];
  const auto type = text_at(spec, {"type"});
  if (old != nullptr && type == "ClusterIP" && text_at(*old, {"spec", "type"}) != "ClusterIP") {
    for (const char* const key : {"externalTrafficPolicy", "allocateLoadBalancerNodePorts", "healthCheckNodePort"}) spec.erase(key);
  }
  if (old != nullptr && text_at(*old, {"spec", "type"}) != "ExternalName" && type != "ExternalName") {
    for (const char* const key : {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"}) {
      const Json* before = find(*old, {"spec", key});
      const Json* now = find(spec, key);
      if (before != nullptr && (now == nullptr || is_empty(*now))) spec[key] = *before;
    }
  }
  if (type == "ExternalName") {
    for (const char* const key : {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"}) spec.erase(key);
    return;
  }
  if (text_at(spec, {"clusterIP"}).empty()) spec["clusterIP"] = allocations.next_address();
  if (array_at(spec, {"clusterIPs"}).empty()) spec["clusterIPs"] = Json::array({spec["clusterIP"]});
  if (array_at(spec, {"ipFamilies"}).empty()) spec["ipFamilies"] = Json::array({"IPv4"});
  set_default(spec, "ipFamilyPolicy", "SingleStack");
  Json* ports = find(spec, "ports");
  if (ports == nullptr) return;
  const bool wants_ports = type == "NodePort" || (type == "LoadBalancer" && bool_at(spec, {"allocateLoadBalancerNodePorts"}, true));
  for (auto& port : *ports) {
    if (!wants_ports) {
      if (old != nullptr && text_at(*old, {"spec", "type"}) != type) port.erase("nodePort");
      continue;
    }
    if (int_at(port, {"nodePort"}) != 0) continue;
    for (const auto& before : old == nullptr ? Json::array() : array_at(*old, {"spec", "ports"})) {
      if (before.value("port", 0) == port.value("port", -1) && before.value("protocol", "") == port.value("protocol", "") &&
          int_at(before, {"nodePort"}) != 0) {
        port["nodePort"] = before["nodePort"];
      }
    }
    if (int_at(port, {"nodePort"}) == 0) port["nodePort"] = allocations.next_port();
  }
}

void prepare_job(Json& job, const std::string& uid) {
  Json& spec = job["spec"];
  if (bool_at(spec, {"manualSelector"})) return;
  const auto name = text_at(job, {"metadata", "name"});
  Json& labels = spec["template"]["metadata"]["labels"];
  const bool shared = object_at(job, {"metadata", "labels"}) == (labels.is_object() ? labels : Json::object());
  labels["batch.kubernetes.io/controller-uid"] = uid;
  labels["batch.kubernetes.io/job-name"] = name;
  labels["controller-uid"] = uid;
  labels["job-name"] = name;
  // The defaulting lets a Job without labels share its template's.
  if (shared) job["metadata"]["labels"] = labels;
  spec["selector"] = Json{{"matchLabels", {{"batch.kubernetes.io/controller-uid", uid}}}};
}

std::string quality_of_service(const Json& spec) {
  bool any = false;
  bool all = true;
  for (const auto& one : array_at(spec, {"containers"})) {
    const Json& limits = object_at(one, {"resources", "limits"});
    const Json& requests = object_at(one, {"resources", "requests"});
    any = any || !limits.empty() || !requests.empty();
    for (const char* const name : {"cpu", "memory"}) all = all && limits.contains(name) && (!requests.contains(name) || requests[name] == limits[name]);
  }
  return !any ? "BestEffort" : all ? "Guaranteed" : "Burstable";
}

void prepare_pod(Json& pod) {
  Json& spec = pod["spec"];
  pod["status"] = Json{{"phase", "Pending"}, {"qosClass", quality_of_service(spec)}};
  set_default(spec, "priority", 0);
  set_default(spec, "preemptionPolicy", "PreemptLowerPriority");
  Json& tolerations = spec["tolerations"];
  if (!tolerations.is_array()) tolerations = Json::array();
  for (const char* const key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    const bool there = std::any_of(tolerations.begin(), tolerations.end(), [&](const Json& one) { return text_at(one, {"key"}) == key; });
    if (!there) tolerations.push_back(Json{{"effect", "NoExecute"}, {"key", key}, {"operator", "Exists"}, {"tolerationSeconds", 300}});
  }
}

void establish(Json& definition, WallTime now) {
  Json& spec = definition["spec"];
  Json conditions = Json::array();
  const auto condition = [&](const char* type, const char* reason, const char* message) {
    conditions.push_back(Json{{"type", type}, {"status", "True"}, {"lastTransitionTime", second_text(now)}, {"reason", reason}, {"message", message}});
  };
  condition("NamesAccepted", "NoConflicts", "no conflicts found");
  condition("Established", "InitialNamesAccepted", "the initial names have been accepted");
  Json stored = Json::array();
  for (const auto& version : array_at(spec, {"versions"})) {
    if (bool_at(version, {"storage"})) stored.push_back(version.value("name", ""));
  }
  definition["status"] = Json{{"conditions", conditions}, {"acceptedNames", spec["names"]}, {"storedVersions", stored}};
}

void reset_status(const Resource& resource, Json& object) {
  if (!resource.status) return;
  if (resource.custom) {
    object.erase("status");
    return;
  }
  const Json zero = zero_object(resource);
  if (const Json* status = find(zero, "status")) object["status"] = *status;
}

void keep_metadata(const Json& old, Json& object) {
  for (const char* const key :
       {"uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "name", "namespace", "generateName"}) {
    const Json* before = find(old, {"metadata", key});
    if (before != nullptr) {
      object["metadata"][key] = *before;
    } else {
      object["metadata"].erase(key);
    }
  }
}

bool spec_changed(const Resource& resource, const Json& old, const Json& object) {
  if (resource.kind == "Deployment" && object_at(old, {"metadata", "annotations"}) != object_at(object, {"metadata", "annotations"})) return true;
  const auto counts = [](const std::string& key) { return key != "metadata" && key != "status" && key != "apiVersion" && key != "kind"; };
  for (const auto& [key, value] : object.items()) {
    if (counts(key) && (!old.contains(key) || old[key] != value)) return true;
  }
  for (const auto& [key, value] : old.items()) {
    if (counts(key) && !object.contains(key)) return true;
  }
  return false;
}

void count_template(const Json* old, Json& object) {
  constexpr const char* kGeneration = "deprecated.daemonset.template.generation";
  long long count = 1;
  if (old != nullptr) {
    const auto text = text_at(*old, {"metadata", "annotations", kGeneration});
    count = text.empty() ? 1 : std::atoll(text.c_str());
    if (object_at(*old, {"spec", "template"}) != object_at(object, {"spec", "template"})) ++count;
  }
  object["metadata"]["annotations"][kGeneration] = std::to_string(count);
}

}  // namespace

void Allocations::take(const Json& service) {
  if (const auto address = text_at(service, {"spec", "clusterIP"}); !address.empty() && address != "None") addresses_.insert(address);
  for (const auto& port : array_at(service, {"spec", "ports"})) {
    if (const auto number = int_at(port, {"nodePort"}); number != 0) ports_.insert(number);
  }
}

void Allocations::free(const Json& service) {
  addresses_.erase(text_at(service, {"spec", "clusterIP"}));
  for (const auto& port : array_at(service, {"spec", "ports"})) ports_.erase(int_at(port, {"nodePort"}));
}

std::string Allocations::next_address() {
  while (true) {
    last_address_ = last_address_ % 65'000 + 1;
    auto address = fmt::format("10.96.{}.{}", last_address_ / 254, last_address_ % 254 + 1);
    if (!addresses_.contains(address)) return address;
  }
}

long long Allocations::next_port() {
  while (true) {
    last_port_ = last_port_ >= 32'767 ? 30'000 : last_port_ + 1;
    if (!ports_.contains(last_port_)) return last_port_;
  }
}

Json zero_object(const Resource& resource) {
  static std::map<std::string, Json> cache;
  if (resource.custom) return Json{{"apiVersion", resource.api_version()}, {"kind", resource.kind}, {"metadata", Json::object()}};
  const auto found = cache.find(resource.storage());
  if (found != cache.end()) return found->second;
  Json out{{"apiVersion", resource.api_version()}, {"kind", resource.kind}};
  static_cast<void>(round_trip(*resource.type, out));
  return cache.emplace(resource.storage(), std::move(out)).first->second;
}

void prepare_create(const Resource& resource, Json& object, Allocations& allocations, const std::string& uid, WallTime now) {
  Json& meta = object["metadata"];
  meta["uid"] = uid;
  meta["creationTimestamp"] = second_text(now);
  for (const char* const key : {"resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"}) meta.erase(key);
  if (resource.generation) meta["generation"] = 1;
  reset_status(resource, object);
  const auto& kind = resource.kind;
  if (resource.custom) return;
  if (kind == "Service") allocate(object, nullptr, allocations);
  if (kind == "Job") prepare_job(object, uid);
  if (kind == "Pod") prepare_pod(object);
  if (kind == "DaemonSet") count_template(nullptr, object);
  if (kind == "CustomResourceDefinition") establish(object, now);
  if (kind == "PersistentVolumeClaim") {
    object["status"] = Json{{"phase", "Pending"}};
    meta["finalizers"].push_back("kubernetes.io/pvc-protection");
  }
  if (kind == "PersistentVolume") {
    object["status"] = Json{{"phase", "Available"}};
    meta["finalizers"].push_back("kubernetes.io/pv-protection");
  }
  if (kind == "Namespace") {
    object["status"] = Json{{"phase", "Active"}};
    object["spec"]["finalizers"] = Json::array({"kubernetes"});
  }
}

void prepare_update(const Resource& resource, const Json& old, Json& object, const std::string& subresource, Allocations& allocations, WallTime now) {
  keep_metadata(old, object);
  if (subresource == "status") {
    for (const auto& [key, value] : old.items()) {
      if (key != "status" && key != "metadata") object[key] = value;
    }
    for (auto at = object.begin(); at != object.end();) at = at.key() == "status" || old.contains(at.key()) ? std::next(at) : object.erase(at);
    const Json* labels = find(old, {"metadata", "labels"});
    if (resource.group == "apps" && labels != nullptr) object["metadata"]["labels"] = *labels;
    return;
  }
  if (resource.status && subresource.empty()) {
    const Json* status = find(old, "status");
    if (status != nullptr) {
      object["status"] = *status;
    } else {
      object.erase("status");
    }
  }
  if (!resource.custom) {
    if (resource.kind == "Service") allocate(object, &old, allocations);
    if (resource.kind == "DaemonSet") count_template(&old, object);
    if (resource.kind == "CustomResourceDefinition") establish(object, now);
    if (resource.kind == "Namespace") object["spec"] = object_at(old, {"spec"});
    if (resource.kind == "PersistentVolumeClaim" && text_at(object, {"spec", "volumeName"}).empty()) {
      if (const Json* volume = find(old, {"spec", "volumeName"})) object["spec"]["volumeName"] = *volume;
    }
  }
  if (resource.generation && spec_changed(resource, old, object)) object["metadata"]["generation"] = int_at(old, {"metadata", "generation"}, 0) + 1;
}

}  // namespace driftwarden::sandbox::cluster
