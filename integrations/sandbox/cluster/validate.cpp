#include "integrations/sandbox/cluster/validate.hpp"

#include "gitops/base/crypto.hpp"
#include "integrations/sandbox/cluster/selectors.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>

namespace driftwarden::sandbox::cluster {
namespace {

constexpr const char* kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr const char* kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character "
    "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kDns1035 =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character "
    "(e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kLabelValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr const char* kConfigKey =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation "
    "is '[-._a-zA-Z0-9]+')";

bool is_label_value(std::string_view text) {
  const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  if (text.empty()) return true;
  if (text.size() > 63 || !word(text.front()) || !word(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return word(c) || c == '-' || c == '_' || c == '.'; });
}

class Checker {
 public:
  Checker(const Resource& resource, const Json& object, const Json* old) : resource_(resource), object_(object), old_(old) {}

  std::vector<Cause> run() {
    metadata();
    if (resource_.custom) return std::move(out_);
    const Json& spec = object_at(object_, {"spec"});
    const auto& kind = resource_.kind;
    if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet" || kind == "DaemonSet") workload(spec);
    if (kind == "Job") job(spec);
    if (kind == "CronJob") cron_job(spec);
    if (kind == "Pod") pod(spec);
    if (kind == "Service") service(spec);
    if (kind == "ConfigMap" || kind == "Secret") data();
    if (kind == "PersistentVolumeClaim") claim(spec);
    if (kind == "RoleBinding" || kind == "ClusterRoleBinding") binding();
    if (kind == "Ingress") ingress(spec);
    if (kind == "HorizontalPodAutoscaler") autoscaler(spec);
    if (kind == "CustomResourceDefinition") definition(spec);
    return std::move(out_);
  }

 private:
  void add(Cause cause) { out_.push_back(std::move(cause)); }

  void metadata() {
    const Json& meta = object_at(object_, {"metadata"});
    const auto name = text_at(meta, {"name"});
    if (name.empty()) add(required_value("metadata.name", "name or generateName is required"));
    const auto& kind = resource_.kind;
    const bool label = kind == "Namespace";
    const bool free_form = resource_.group == "rbac.authorization.k8s.io";
    if (!name.empty() && label && !is_dns_label(name)) add(invalid_value("metadata.name", name, kLabel));
    if (kind == "Service" && !name.empty() && (!is_dns_label(name) || std::isalpha(static_cast<unsigned char>(name[0])) == 0)) {
      add(invalid_value("metadata.name", name, kDns1035));
    } else if (!name.empty() && !label && !free_form && kind != "Service" && !is_dns_subdomain(name)) {
      add(invalid_value("metadata.name", name, kSubdomain));
    }
    labels(object_at(meta, {"labels"}), "metadata.labels");
    if (old_ == nullptr) return;
    const auto uid = text_at(meta, {"uid"});
    if (uid != text_at(*old_, {"metadata", "uid"})) add(invalid_value("metadata.uid", uid, "field is immutable"));
  }

  void labels(const Json& values, const std::string& path) {
    for (const auto& [key, value] : values.items()) {
      if (value.is_string() && !is_label_value(value.get_ref<const std::string&>())) add(invalid_value(path, value, kLabelValue));
      const auto slash = key.find('/');
      const auto name = slash == std::string::npos ? key : key.substr(slash + 1);
      if (name.empty() || !is_label_value(name)) {
        add(invalid_value(path, key,
                          "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
                          "'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"));
      }
    }
  }

  void non_negative(const Json& object, const char* key, const std::string& path) {
    const auto value = int_at(object, {key});
    if (value < 0) add(invalid_value(path, value, "must be greater than or equal to 0"));
  }

  void workload(const Json& spec) {
    non_negative(spec, "replicas", "spec.replicas");
    const Json* selector = find(spec, "selector");
    const bool empty = selector == nullptr || (object_at(*selector, {"matchLabels"}).empty() && array_at(*selector, {"matchExpressions"}).empty());
    if (selector == nullptr) {
      add(required_value("spec.selector", ""));
    } else if (empty) {
      add(invalid_value("spec.selector", *selector, fmt::format("empty selector is invalid for {}", resource_.singular)));
    }
    const Json& template_labels = object_at(spec, {"template", "metadata", "labels"});
    if (!empty && !LabelSelector::from_json(*selector).matches(template_labels)) {
      add(invalid_value("spec.template.metadata.labels", template_labels.is_null() ? Json::object() : template_labels,
                        "`selector` does not match template `labels`"));
    }
    labels(template_labels, "spec.template.labels");
    pod_spec(object_at(spec, {"template", "spec"}), "spec.template.spec");
    if (const auto policy = text_at(spec, {"template", "spec", "restartPolicy"}); !policy.empty() && policy != "Always") {
      add(not_supported("spec.template.spec.restartPolicy", policy, {"Always"}));
    }
    if (old_ == nullptr) return;
    immutable("selector");
    if (resource_.kind == "StatefulSet") stateful_set_update();
  }

  void stateful_set_update() {
    Json before = object_at(*old_, {"spec"});
    Json after = object_at(object_, {"spec"});
    for (const char* const key : {"replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
                                  "minReadySeconds", "selector"}) {
      before.erase(key);
      after.erase(key);
    }
    if (before == after) return;
    add(forbidden("spec",
                  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
                  "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"));
  }

  void immutable(const char* key) {
    const Json* before = find(*old_, {"spec", key});
    const Json* after = find(object_, {"spec", key});
    if (before == nullptr || after == nullptr || *before == *after) return;
    add(invalid_value(std::string("spec.") + key, *after, "field is immutable"));
  }

  void job(const Json& spec) {
    pod_spec(object_at(spec, {"template", "spec"}), "spec.template.spec");
    const auto policy = text_at(spec, {"template", "spec", "restartPolicy"});
    if (policy != "OnFailure" && policy != "Never") {
      add({"FieldValueRequired", "spec.template.spec.restartPolicy", "Required value: valid values: \"OnFailure\", \"Never\""});
    }
    if (old_ == nullptr) return;
    immutable("template");
    immutable("completions");
    immutable("selector");
  }

  void cron_job(const Json& spec) {
    if (text_at(spec, {"schedule"}).empty()) add(required_value("spec.schedule", ""));
    pod_spec(object_at(spec, {"jobTemplate", "spec", "template", "spec"}), "spec.jobTemplate.spec.template.spec");
  }

  void pod(const Json& spec) {
    pod_spec(spec, "spec");
    if (old_ == nullptr) return;
    Json before = object_at(*old_, {"spec"});
    Json after = spec;
    for (Json* one : {&before, &after}) {
      for (const char* const key : {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName", "schedulingGates"}) one->erase(key);
      for (const char* const list : {"containers", "initContainers"}) {
        if (Json* containers = find(*one, list)) {
          for (auto& container : *containers) container.erase("image");
        }
      }
    }
    if (before == after) return;
    add(forbidden(
        "spec",
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
        "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
        "negative)"));
  }

  void pod_spec(const Json& spec, const std::string& path) {
    const Json& containers = array_at(spec, {"containers"});
    if (containers.empty()) add(required_value(path + ".containers", ""));
    std::set<std::string> volumes;
    std::size_t index = 0;
    for (const auto& volume : array_at(spec, {"volumes"})) {
      const auto name = text_at(volume, {"name"});
      if (!volumes.insert(name).second) add({"FieldValueDuplicate", fmt::format("{}.volumes[{}].name", path, index), "Duplicate value: " + Json(name).dump()});
      ++index;
    }
    std::set<std::string> names;
    for (const char* const list : {"initContainers", "containers"}) {
      index = 0;
      for (const auto& one : array_at(spec, {list})) container(one, fmt::format("{}.{}[{}]", path, list, index++), names, volumes);
    }
  }

  void container(const Json& value, const std::string& path, std::set<std::string>& names, const std::set<std::string>& volumes) {
    const auto name = text_at(value, {"name"});
    if (name.empty()) {
      add(required_value(path + ".name", ""));
    } else if (!is_dns_label(name)) {
      add(invalid_value(path + ".name", name, kLabel));
    } else if (!names.insert(name).second) {
      add({"FieldValueDuplicate", path + ".name", "Duplicate value: " + Json(name).dump()});
    }
    if (text_at(value, {"image"}).empty()) add(required_value(path + ".image", ""));
    const auto policy = text_at(value, {"imagePullPolicy"});
    if (policy != "Always" && policy != "IfNotPresent" && policy != "Never")
      add(not_supported(path + ".imagePullPolicy", policy, {"Always", "IfNotPresent", "Never"}));
    std::size_t index = 0;
    for (const auto& port : array_at(value, {"ports"})) {
      const auto number = int_at(port, {"containerPort"});
      const auto at = fmt::format("{}.ports[{}]", path, index++);
      if (number == 0) {
        add(required_value(at + ".containerPort", ""));
      } else if (number < 1 || number > 65535) {
        add(invalid_value(at + ".containerPort", number, "must be between 1 and 65535, inclusive"));
      }
    }
    index = 0;
    for (const auto& one : array_at(value, {"env"})) {
      const auto at = fmt::format("{}.env[{}]", path, index++);
      if (text_at(one, {"name"}).empty()) add(required_value(at + ".name", ""));
      if (find(one, "valueFrom") != nullptr && !text_at(one, {"value"}).empty()) {
        add(invalid_value(at + ".valueFrom", "", "may not be specified when `value` is not empty"));
      }
    }
    index = 0;
    for (const auto& mount : array_at(value, {"volumeMounts"})) {
      const auto at = fmt::format("{}.volumeMounts[{}].name", path, index++);
      const auto volume = text_at(mount, {"name"});
      if (!volumes.contains(volume)) add({"FieldValueNotFound", at, "Not found: " + Json(volume).dump()});
    }
  }

  void service(const Json& spec) {
    const auto type = text_at(spec, {"type"});
    if (type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer" && type != "ExternalName") {
      add(not_supported("spec.type", type, {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"}));
    }
    const Json& ports = array_at(spec, {"ports"});
    if (ports.empty() && type != "ExternalName" && text_at(spec, {"clusterIP"}) != "None") add(required_value("spec.ports", ""));
    std::size_t index = 0;
    for (const auto& port : ports) {
      const auto at = fmt::format("spec.ports[{}]", index++);
      if (ports.size() > 1 && text_at(port, {"name"}).empty()) add(required_value(at + ".name", ""));
      const auto number = int_at(port, {"port"});
      if (number < 1 || number > 65535) add(invalid_value(at + ".port", number, "must be between 1 and 65535, inclusive"));
      const Json* target = find(port, "targetPort");
      if (target != nullptr && target->is_number() && (*target < 1 || *target > 65535))
        add(invalid_value(at + ".targetPort", *target, "must be between 1 and 65535, inclusive"));
      const auto node_port = int_at(port, {"nodePort"});
      if (node_port != 0 && (node_port < 30000 || node_port > 32767)) {
        add(invalid_value(at + ".nodePort", node_port, "provided port is not in the valid range. The range of valid ports is 30000-32767"));
      }
    }
    if (old_ == nullptr || type == "ExternalName") return;
    const auto before = text_at(*old_, {"spec", "clusterIP"});
    const auto after = text_at(spec, {"clusterIP"});
    if (!before.empty() && before != after) add(invalid_value("spec.clusterIPs[0]", Json::array({after}), "may not change once set"));
  }

  void data() {
    for (const char* const part : {"data", "binaryData"}) {
      for (const auto& [key, value] : object_at(object_, {part}).items()) {
        const bool good = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
          return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
        });
        if (!good) add(invalid_value(fmt::format("{}[{}]", part, key), key, kConfigKey));
      }
    }
    if (old_ == nullptr) return;
    if (resource_.kind == "Secret" && text_at(*old_, {"type"}) != text_at(object_, {"type"}))
      add(invalid_value("type", text_at(object_, {"type"}), "field is immutable"));
    if (!bool_at(*old_, {"immutable"})) return;
    if (!bool_at(object_, {"immutable"})) add(forbidden("immutable", "field is immutable when `immutable` is set"));
    if (object_at(*old_, {"data"}) != object_at(object_, {"data"})) add(forbidden("data", "field is immutable when `immutable` is set"));
  }

  void claim(const Json& spec) {
    if (array_at(spec, {"accessModes"}).empty()) add(required_value("spec.accessModes", "at least 1 access mode is required"));
    if (find(spec, {"resources", "requests", "storage"}) == nullptr) add(required_value("spec.resources[storage]", ""));
    if (old_ == nullptr) return;
    Json before = object_at(*old_, {"spec"});
    Json after = spec;
    for (Json* one : {&before, &after}) {
      for (const char* const key : {"resources", "volumeName", "volumeAttributesClassName"}) one->erase(key);
    }
    if (before == after) return;
    add(forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"));
  }

  void binding() {
    if (text_at(object_, {"roleRef", "name"}).empty()) add(required_value("roleRef.name", ""));
    if (old_ != nullptr && object_at(*old_, {"roleRef"}) != object_at(object_, {"roleRef"})) {
      add(invalid_value("roleRef", object_at(object_, {"roleRef"}), "cannot change roleRef"));
    }
  }

  void ingress(const Json& spec) {
    if (array_at(spec, {"rules"}).empty() && find(spec, "defaultBackend") == nullptr) {
      add(invalid_value("spec", Json::array(), "either `defaultBackend` or `rules` must be specified"));
    }
    std::size_t rule_index = 0;
    for (const auto& rule : array_at(spec, {"rules"})) {
      std::size_t path_index = 0;
      for (const auto& path : array_at(rule, {"http", "paths"})) {
        const auto at = fmt::format("spec.rules[{}].http.paths[{}]", rule_index, path_index++);
        if (find(path, "pathType") == nullptr) add(required_value(at + ".pathType", "pathType must be specified"));
      }
      ++rule_index;
    }
  }

  void autoscaler(const Json& spec) {
    if (int_at(spec, {"maxReplicas"}) < 1) add(invalid_value("spec.maxReplicas", int_at(spec, {"maxReplicas"}), "must be greater than 0"));
    if (text_at(spec, {"scaleTargetRef", "kind"}).empty()) add(required_value("spec.scaleTargetRef.kind", ""));
    if (text_at(spec, {"scaleTargetRef", "name"}).empty()) add(required_value("spec.scaleTargetRef.name", ""));
  }

  void definition(const Json& spec) {
    const auto wanted = text_at(spec, {"names", "plural"}) + "." + text_at(spec, {"group"});
    if (text_at(object_, {"metadata", "name"}) != wanted)
      add(invalid_value("metadata.name", text_at(object_, {"metadata", "name"}), "must be spec.names.plural+\".\"+spec.group"));
    if (array_at(spec, {"versions"}).empty()) add(required_value("spec.versions", ""));
    if (text_at(spec, {"names", "kind"}).empty()) add(required_value("spec.names.kind", ""));
  }

  const Resource& resource_;
  const Json& object_;
  const Json* old_;
  std::vector<Cause> out_;
};

}  // namespace

bool is_dns_label(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > 63 || !plain(text.front()) || !plain(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const auto dot = text.find('.');
    const auto part = text.substr(0, dot);
    if (part.size() > 253 || part.empty()) return false;
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (!plain(part.front()) || !plain(part.back())) return false;
    if (!std::all_of(part.begin(), part.end(), [&](char c) { return plain(c) || c == '-'; })) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::vector<Cause> validate(const Resource& resource, const Json& object, const Json* old) { return Checker(resource, object, old).run(); }

}  // namespace driftwarden::sandbox::cluster
