#include "integrations/sandbox/cluster/defaults.hpp"

namespace driftwarden::sandbox::cluster {
namespace {

void http_get(Json& action) {
  set_default(action, "path", "/");
  set_default(action, "scheme", "HTTP");
}

void probe(Json& value) {
  set_default(value, "timeoutSeconds", 1);
  set_default(value, "periodSeconds", 10);
  set_default(value, "successThreshold", 1);
  set_default(value, "failureThreshold", 3);
  if (Json* get = find(value, "httpGet")) http_get(*get);
  if (Json* grpc = find(value, "grpc")) set_default(*grpc, "service", "");
}

bool pulls_always(const std::string& image) {
  const auto name = image.substr(0, image.find('@'));
  if (name.size() != image.size()) return false;
  const auto slash = name.rfind('/');
  const auto colon = name.find(':', slash == std::string::npos ? 0 : slash);
  return colon == std::string::npos || name.substr(colon + 1) == "latest";
}

void container(Json& value) {
  set_default(value, "terminationMessagePath", "/dev/termination-log");
  set_default(value, "terminationMessagePolicy", "File");
  set_default(value, "resources", Json::object());
  set_default(value, "imagePullPolicy", pulls_always(text_at(value, {"image"})) ? "Always" : "IfNotPresent");
  if (Json* ports = find(value, "ports")) {
    for (auto& port : *ports) set_default(port, "protocol", "TCP");
  }
  if (Json* env = find(value, "env")) {
    for (auto& one : *env) {
      if (Json* ref = find(one, {"valueFrom", "fieldRef"})) set_default(*ref, "apiVersion", "v1");
      if (Json* ref = find(one, {"valueFrom", "resourceFieldRef"})) set_default(*ref, "divisor", "0");
    }
  }
  for (const char* const name : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    if (Json* one = find(value, name)) probe(*one);
  }
  for (const char* const hook : {"postStart", "preStop"}) {
    if (Json* get = find(value, {"lifecycle", hook, "httpGet"})) http_get(*get);
  }
}

void field_items(Json& items) {
  for (auto& item : items) {
    if (Json* ref = find(item, "fieldRef")) set_default(*ref, "apiVersion", "v1");
  }
}

void volume(Json& value) {
  if (value.is_object() && value.size() == 1) value["emptyDir"] = Json::object();
  for (const char* const name : {"secret", "configMap", "downwardAPI", "projected"}) {
    if (Json* source = find(value, name)) set_default(*source, "defaultMode", 420);
  }
  if (Json* items = find(value, {"downwardAPI", "items"})) field_items(*items);
  if (Json* path = find(value, "hostPath")) set_default(*path, "type", "");
  if (Json* claim = find(value, {"ephemeral", "volumeClaimTemplate", "spec"})) set_default(*claim, "volumeMode", "Filesystem");
  Json* sources = find(value, {"projected", "sources"});
  if (sources == nullptr) return;
  for (auto& source : *sources) {
    if (Json* token = find(source, "serviceAccountToken")) set_default(*token, "expirationSeconds", 3600);
    if (Json* items = find(source, {"downwardAPI", "items"})) field_items(*items);
  }
}

void host_ports(Json& spec) {
  if (!bool_at(spec, {"hostNetwork"})) return;
  for (const char* const list : {"containers", "initContainers"}) {
    Json* containers = find(spec, list);
    if (containers == nullptr) continue;
    for (auto& one : *containers) {
      Json* ports = find(one, "ports");
      if (ports == nullptr) continue;
      for (auto& port : *ports) {
        if (find(port, "containerPort") != nullptr) set_default(port, "hostPort", port["containerPort"]);
      }
    }
  }
}

}  // namespace

void set_pod_defaults(Json& spec) {
  if (!spec.is_object()) return;
  set_default(spec, "restartPolicy", "Always");
  set_default(spec, "dnsPolicy", "ClusterFirst");
  set_default(spec, "terminationGracePeriodSeconds", 30);
  set_default(spec, "securityContext", Json::object());
  set_default(spec, "schedulerName", "default-scheduler");
  if (const auto account = text_at(spec, {"serviceAccountName"}); !account.empty()) {
    spec["serviceAccount"] = account;
  } else if (const auto old = text_at(spec, {"serviceAccount"}); !old.empty()) {
    spec["serviceAccountName"] = old;
  }
  host_ports(spec);
  for (const char* const list : {"containers", "initContainers", "ephemeralContainers"}) {
    Json* containers = find(spec, list);
    if (containers == nullptr || !containers->is_array()) continue;
    for (auto& one : *containers) container(one);
  }
  Json* volumes = find(spec, "volumes");
  if (volumes == nullptr || !volumes->is_array()) return;
  for (auto& one : *volumes) volume(one);
}

void set_pod_only_defaults(Json& pod) {
  Json& spec = pod["spec"];
  set_default(spec, "enableServiceLinks", true);
  for (const char* const list : {"containers", "initContainers"}) {
    Json* containers = find(spec, list);
    if (containers == nullptr || !containers->is_array()) continue;
    for (auto& one : *containers) {
      for (const auto& [name, limit] : object_at(one, {"resources", "limits"}).items()) set_default(one["resources"]["requests"], name.c_str(), limit);
    }
  }
}

}  // namespace driftwarden::sandbox::cluster
