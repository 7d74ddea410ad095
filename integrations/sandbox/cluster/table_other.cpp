#include "integrations/sandbox/cluster/table_cells.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <map>

namespace driftwarden::sandbox::cluster {
namespace {

using Path = std::vector<std::string>;

const Json* at(const Json& object, const Path& path) {
  const Json* value = &object;
  for (const auto& step : path) {
    value = find(*value, step);
    if (value == nullptr) return nullptr;
  }
  return value;
}

std::string scalar(const Json* value, const std::string& otherwise) {
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>() ? "true" : "false";
  return value->is_string() ? value->get<std::string>() : value->dump();
}

Column text(const char* name, Path path, std::string otherwise = "", int priority = 0) {
  return {name, [path = std::move(path), otherwise = std::move(otherwise)](const Json& object, WallTime) { return Json(scalar(at(object, path), otherwise)); },
          "string", priority};
}

Column counted(const char* name, std::vector<Path> lists, const char* type = "string") {
  const bool number = std::string_view(type) == "integer";
  return {name,
          [lists = std::move(lists), number](const Json& object, WallTime) {
            std::size_t size = 0;
            for (const auto& path : lists) {
              if (const Json* list = at(object, path)) size += list->size();
            }
            return number ? Json(size) : Json(std::to_string(size));
          },
          type};
}

std::string service_ports(const Json& service) {
  std::string out;
  for (const auto& port : array_at(service, {"spec", "ports"})) {
    if (!out.empty()) out += ",";
    const auto node = int_at(port, {"nodePort"});
    out += node == 0 ? fmt::format("{}/{}", int_at(port, {"port"}), text_at(port, {"protocol"}))
                     : fmt::format("{}:{}/{}", int_at(port, {"port"}), node, text_at(port, {"protocol"}));
  }
  return out.empty() ? "<none>" : out;
}

std::string external_address(const Json& service) {
  const auto type = text_at(service, {"spec", "type"});
  if (type == "ExternalName") return text_at(service, {"spec", "externalName"});
  const Json& addresses = array_at(service, {"status", "loadBalancer", "ingress"});
  if (type == "LoadBalancer") return addresses.empty() ? "<pending>" : scalar(at(addresses[0], {"ip"}), text_at(addresses[0], {"hostname"}));
  const Json& external = array_at(service, {"spec", "externalIPs"});
  return external.empty() ? "<none>" : external[0].get<std::string>();
}

std::string label_text(const Json& labels) {
  std::string out;
  for (const auto& [key, value] : labels.items()) out += (out.empty() ? "" : ",") + key + "=" + scalar(&value, "");
  return out.empty() ? "<none>" : out;
}

std::string ingress_hosts(const Json& ingress) {
  std::string out;
  for (const auto& rule : array_at(ingress, {"spec", "rules"})) {
    if (const auto host = text_at(rule, {"host"}); !host.empty()) out += (out.empty() ? "" : ",") + host;
  }
  return out.empty() ? "*" : out;
}

std::string event_object(const Json& event) { return to_lower(text_at(event, {"involvedObject", "kind"})) + "/" + text_at(event, {"involvedObject", "name"}); }

std::string subjects(const Json& binding, const char* kind) {
  std::string out;
  for (const auto& one : array_at(binding, {"subjects"})) {
    if (text_at(one, {"kind"}) != kind) continue;
    const auto space = text_at(one, {"namespace"});
    out += (out.empty() ? "" : ", ") + (space.empty() ? "" : space + "/") + text_at(one, {"name"});
  }
  return out;
}

std::string access_modes(const Json& modes) {
  static const std::map<std::string, std::string> names{
      {"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"}, {"ReadWriteMany", "RWX"}, {"ReadWriteOncePod", "RWOP"}};
  std::string out;
  for (const auto& one : modes) {
    const auto found = names.find(one.get<std::string>());
    out += (out.empty() ? "" : ",") + (found == names.end() ? one.get<std::string>() : found->second);
  }
  return out;
}

std::string scaler_targets(const Json& scaler) {
  std::string out;
  for (const auto& metric : array_at(scaler, {"spec", "metrics"})) {
    const auto name = text_at(metric, {"resource", "name"});
    out += (out.empty() ? "" : ", ") + fmt::format("{}: <unknown>/{}%", name, int_at(metric, {"resource", "target", "averageUtilization"}));
  }
  return out.empty() ? "<none>" : out;
}

std::string node_status(const Json& node) {
  for (const auto& one : array_at(node, {"status", "conditions"})) {
    if (text_at(one, {"type"}) == "Ready") return text_at(one, {"status"}) == "True" ? "Ready" : "NotReady";
  }
  return "Unknown";
}

Column made(const char* name, std::function<std::string(const Json&)> cell, int priority = 0) {
  return {name, [cell = std::move(cell)](const Json& object, WallTime) { return Json(cell(object)); }, "string", priority};
}

Column since(const char* name, Path path, int priority = 0) {
  return {name, [path = std::move(path)](const Json& object, WallTime now) { return Json(age_since(scalar(at(object, path), ""), now)); }, "string", priority};
}

std::vector<Column> binding_columns() {
  return {name_column(),
          made("Role",
               [](const Json& one) {
                 return text_at(one, {"roleRef", "kind"}) + "/" + text_at(one, {"roleRef", "name"});
               }),
          age_column(),
          made(
              "Users", [](const Json& one) { return subjects(one, "User"); }, 1),
          made(
              "Groups", [](const Json& one) { return subjects(one, "Group"); }, 1),
          made(
              "ServiceAccounts", [](const Json& one) { return subjects(one, "ServiceAccount"); }, 1)};
}

std::map<std::string, std::vector<Column>> make_tables() {
  std::map<std::string, std::vector<Column>> out;
  out["Service"] = {name_column(),
                    text("Type", {"spec", "type"}),
                    text("Cluster-IP", {"spec", "clusterIP"}, "<none>"),
                    made("External-IP", external_address),
                    made("Port(s)", service_ports),
                    age_column(),
                    made(
                        "Selector",
                        [](const Json& one) {
                          return label_text(object_at(one, {"spec", "selector"}));
                        },
                        1)};
  out["ConfigMap"] = {name_column(), counted("Data", {{"data"}, {"binaryData"}}), age_column()};
  out["Secret"] = {name_column(), text("Type", {"type"}), counted("Data", {{"data"}}), age_column()};
  out["Namespace"] = {name_column(), text("Status", {"status", "phase"}), age_column()};
  out["Node"] = {name_column(), made("Status", node_status), made("Roles", [](const Json&) { return std::string("<none>"); }), age_column(),
                 text("Version", {"status", "nodeInfo", "kubeletVersion"})};
  out["Ingress"] = {name_column(),
                    text("Class", {"spec", "ingressClassName"}, "<none>"),
                    made("Hosts", ingress_hosts),
                    made("Address", [](const Json&) { return std::string(); }),
                    made("Ports",
                         [](const Json& one) {
                           return std::string(array_at(one, {"spec", "tls"}).empty() ? "80" : "80, 443");
                         }),
                    age_column()};
  out["NetworkPolicy"] = {name_column(),
                          made("Pod-Selector",
                               [](const Json& one) {
                                 return label_text(object_at(one, {"spec", "podSelector", "matchLabels"}));
                               }),
                          age_column()};
  out["IngressClass"] = {name_column(), text("Controller", {"spec", "controller"}), made("Parameters", [](const Json&) { return std::string("<none>"); }),
                         age_column()};
  out["Event"] = {since("Last Seen", {"lastTimestamp"}),
                  text("Type", {"type"}),
                  text("Reason", {"reason"}),
                  made("Object", event_object),
                  text("Subobject", {"involvedObject", "fieldPath"}, "", 1),
                  text("Source", {"source", "component"}, "", 1),
                  text("Message", {"message"}),
                  since("First Seen", {"firstTimestamp"}, 1),
                  text("Count", {"count"}, "1", 1),
                  text("Name", {"metadata", "name"}, "", 1)};
  out["RoleBinding"] = binding_columns();
  out["ClusterRoleBinding"] = binding_columns();
  const auto created = text("Created At", {"metadata", "creationTimestamp"});
  out["Role"] = {name_column(), created};
  out["ClusterRole"] = {name_column(), created};
  out["CustomResourceDefinition"] = {name_column(), created};
  out["PersistentVolumeClaim"] = {name_column(),
                                  text("Status", {"status", "phase"}),
                                  text("Volume", {"spec", "volumeName"}),
                                  text("Capacity", {"status", "capacity", "storage"}),
                                  made("Access Modes",
                                       [](const Json& one) {
                                         return access_modes(array_at(one, {"status", "accessModes"}));
                                       }),
                                  text("StorageClass", {"spec", "storageClassName"}),
                                  text("VolumeAttributesClass", {"spec", "volumeAttributesClassName"}, "<unset>"),
                                  age_column(),
                                  text("VolumeMode", {"spec", "volumeMode"}, "", 1)};
  out["PersistentVolume"] = {name_column(),
                             text("Capacity", {"spec", "capacity", "storage"}),
                             made("Access Modes",
                                  [](const Json& one) {
                                    return access_modes(array_at(one, {"spec", "accessModes"}));
                                  }),
                             text("Reclaim Policy", {"spec", "persistentVolumeReclaimPolicy"}),
                             text("Status", {"status", "phase"}),
                             made("Claim",
                                  [](const Json& one) {
                                    const auto name = text_at(one, {"spec", "claimRef", "name"});
                                    return name.empty() ? name : text_at(one, {"spec", "claimRef", "namespace"}) + "/" + name;
                                  }),
                             text("StorageClass", {"spec", "storageClassName"}),
                             text("VolumeAttributesClass", {"spec", "volumeAttributesClassName"}, "<unset>"),
                             text("Reason", {"status", "reason"}),
                             age_column(),
                             text("VolumeMode", {"spec", "volumeMode"}, "", 1)};
  out["HorizontalPodAutoscaler"] = {name_column(),
                                    made("Reference",
                                         [](const Json& one) {
                                           return text_at(one, {"spec", "scaleTargetRef", "kind"}) + "/" + text_at(one, {"spec", "scaleTargetRef", "name"});
                                         }),
                                    made("Targets", scaler_targets),
                                    text("MinPods", {"spec", "minReplicas"}),
                                    text("MaxPods", {"spec", "maxReplicas"}),
                                    text("Replicas", {"status", "currentReplicas"}, "0"),
                                    age_column()};
  out["PodDisruptionBudget"] = {name_column(),
                                text("Min Available", {"spec", "minAvailable"}, "N/A"),
                                text("Max Unavailable", {"spec", "maxUnavailable"}, "N/A"),
                                {"Allowed Disruptions",
                                 [](const Json& one, WallTime) {
                                   return Json(int_at(one, {"status", "disruptionsAllowed"}));
                                 },
                                 "integer"},
                                age_column()};
  out["StorageClass"] = {name_column(),
                         text("Provisioner", {"provisioner"}),
                         text("ReclaimPolicy", {"reclaimPolicy"}),
                         text("VolumeBindingMode", {"volumeBindingMode"}),
                         text("AllowVolumeExpansion", {"allowVolumeExpansion"}, "false"),
                         age_column()};
  out["PriorityClass"] = {name_column(),
                          {"Value", [](const Json& one, WallTime) { return Json(int_at(one, {"value"})); }, "integer"},
                          {"Global-Default", [](const Json& one, WallTime) { return Json(bool_at(one, {"globalDefault"})); }, "boolean"},
                          age_column(),
                          text("PreemptionPolicy", {"preemptionPolicy"})};
  out["Lease"] = {name_column(), text("Holder", {"spec", "holderIdentity"}), age_column()};
  out["Endpoints"] = {name_column(), made("Endpoints", [](const Json&) { return std::string("<none>"); }), age_column()};
  out["EndpointSlice"] = {name_column(), text("AddressType", {"addressType"}), made("Ports", [](const Json&) { return std::string("<unset>"); }),
                          made("Endpoints", [](const Json&) { return std::string("<unset>"); }), age_column()};
  for (const char* const kind : {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"})
    out[kind] = {name_column(), counted("Webhooks", {{"webhooks"}}, "integer"), age_column()};
  return out;
}

}  // namespace

const std::vector<Column>* other_columns(const std::string& kind) {
  static const auto tables = make_tables();
  const auto found = tables.find(kind);
  return found == tables.end() ? nullptr : &found->second;
}

Column name_column() {
  return {"Name", [](const Json& object, WallTime) { return Json(text_at(object, {"metadata", "name"})); }};
}

Column age_column() {
  return {"Age", [](const Json& object, WallTime now) { return Json(age_since(text_at(object, {"metadata", "creationTimestamp"}), now)); }};
}

std::string human_duration(Duration age) {
  const long long seconds = age.count() / 1000;
  if (seconds < -1) return "<invalid>";
  if (seconds <= 0) return "0s";
  const long long minutes = seconds / 60;
  const long long hours = minutes / 60;
  const long long days = hours / 24;
  if (minutes < 2) return fmt::format("{}s", seconds);
  if (minutes < 10) return seconds % 60 == 0 ? fmt::format("{}m", minutes) : fmt::format("{}m{}s", minutes, seconds % 60);
  if (hours < 3) return fmt::format("{}m", minutes);
  if (hours < 8) return minutes % 60 == 0 ? fmt::format("{}h", hours) : fmt::format("{}h{}m", hours, minutes % 60);
  if (hours < 48) return fmt::format("{}h", hours);
  if (days < 8) return hours % 24 == 0 ? fmt::format("{}d", days) : fmt::format("{}d{}h", days, hours % 24);
  if (days < 730) return fmt::format("{}d", days);
  return days % 365 == 0 || days >= 2920 ? fmt::format("{}y", days / 365) : fmt::format("{}y{}d", days / 365, days % 365);
}

std::string age_since(const std::string& time, WallTime now) {
  if (time.empty()) return "<unknown>";
  const auto then = parse_time(time);
  return then ? human_duration(now - then.value()) : "<unknown>";
}

}  // namespace driftwarden::sandbox::cluster
