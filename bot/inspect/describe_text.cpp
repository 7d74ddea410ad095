#include "bot/inspect/describe_text.hpp"

#include "bot/inspect/read_json.hpp"
#include "integrations/kubernetes/cluster.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden::inspect {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestValue = 160;

std::string scalar(const json& value) { return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string("-") : value.dump(); }
std::string age(const std::optional<WallTime>& when, WallTime now) { return when ? format_age(std::max(Duration{0}, now - *when)) : std::string("?"); }

class Text {
 public:
  explicit Text(WallTime now) : now_(now) {}

  void field(std::string_view name, const std::string& value) {
    if (!value.empty()) out_ += fmt::format("{:<13} {}\n", std::string(name) + ":", ellipsize(value, 400));
  }
  void line(const std::string& text) { out_ += text + "\n"; }

  void map(std::string_view name, const json& values) {
    std::string head(name);
    head += ':';
    for (const auto& [key, value] : values.items()) {
      if (key == "kubectl.kubernetes.io/last-applied-configuration") continue;
      out_ += fmt::format("{:<13} {}={}\n", head, key, ellipsize(scalar(value), kLongestValue));
      head.clear();
    }
  }

  void head(const json& object) {
    field("Name", text_at(object, {"metadata", "name"}));
    field("Kind", text_at(object, {"apiVersion"}) + " " + text_at(object, {"kind"}));
    field("Namespace", text_at(object, {"metadata", "namespace"}));
    const auto created = text_at(object, {"metadata", "creationTimestamp"});
    if (!created.empty()) field("Created", fmt::format("{} ({} ago)", created, age(time_at(object, {"metadata", "creationTimestamp"}), now_)));
    field("Deletion", text_at(object, {"metadata", "deletionTimestamp"}));
    map("Labels", map_at(object, {"metadata", "labels"}));
    map("Annotations", map_at(object, {"metadata", "annotations"}));
    for (const auto& owner : list_at(object, {"metadata", "ownerReferences"})) field("Controlled by", text_at(owner, {"kind"}) + "/" + text_at(owner, {"name"}));
    const auto health = kubernetes::health_of(object);
    if (health.health != kubernetes::Health::Healthy) field("Health", fmt::format("{}: {}", kubernetes::to_string(health.health), health.why));
  }

  void selector(const json& object) {
    std::vector<std::string> terms;
    for (const auto& [key, value] : map_at(object, {"spec", "selector", "matchLabels"}).items()) terms.push_back(key + "=" + scalar(value));
    field("Selector", join(terms, ","));
  }

  void workload(const json& object) {
    selector(object);
    const auto count = [&](const char* name) { return int_at(object, {"status", name}); };
    const auto kind = text_at(object, {"kind"});
    if (kind == "Job") {
      field("Pods", fmt::format("{} active, {} succeeded, {} failed", count("active"), count("succeeded"), count("failed")));
    } else if (kind == "DaemonSet") {
      field("Pods", fmt::format("{} desired, {} updated, {} ready, {} available", count("desiredNumberScheduled"), count("updatedNumberScheduled"), count("numberReady"), count("numberAvailable")));
    } else if (kind == "CronJob") {
      field("Schedule", text_at(object, {"spec", "schedule"}));
      field("Suspended", at(object, {"spec", "suspend"}) == json(true) ? "yes" : "");
      field("Last run", text_at(object, {"status", "lastScheduleTime"}));
    } else {
      field("Replicas", fmt::format("{} desired, {} total, {} updated, {} ready, {} available", int_at(object, {"spec", "replicas"}, 1), count("replicas"), count("updatedReplicas"),
                                    count("readyReplicas"), count("availableReplicas")));
    }
    const auto strategy = text_at(object, {"spec", "strategy", "type"});
    field("Strategy", strategy.empty() ? text_at(object, {"spec", "updateStrategy", "type"}) : strategy);
    if (at(object, {"spec", "paused"}) == json(true)) field("Paused", "yes");
  }

  void pod(const json& object) {
    const auto row = pod_row(object, "");
    field("Status", row.phase);
    field("Why", row.why);
    field("Node", row.node);
    field("IP", text_at(object, {"status", "podIP"}));
    field("QoS", text_at(object, {"status", "qosClass"}));
  }

  void containers(const json& spec, const std::vector<ContainerState>& states) {
    for (const char* list : {"initContainers", "containers"}) {
      const auto& all = list_at(spec, {list});
      if (!all.empty()) line(list == std::string_view("containers") ? "Containers:" : "Init containers:");
      for (const auto& one : all) container(one, states);
    }
  }

  void container(const json& one, const std::vector<ContainerState>& states) {
    const auto name = text_at(one, {"name"});
    line("  " + name);
    line("    image     " + text_at(one, {"image"}));
    if (const auto state = std::ranges::find(states, name, &ContainerState::name); state != states.end()) {
      line(fmt::format("    state     {}{}{}", state->state, state->since ? ", for " + age(state->since, now_) : "", state->ready ? ", ready" : ", not ready"));
      if (!state->last.empty()) line("    before    " + state->last);
      line(fmt::format("    restarts  {}", state->restarts));
    }
    std::vector<std::string> ports;
    for (const auto& port : list_at(one, {"ports"})) ports.push_back(fmt::format("{}/{}", scalar(at(port, {"containerPort"})), at(port, {"protocol"}).is_string() ? text_at(port, {"protocol"}) : "TCP"));
    if (!ports.empty()) line("    ports     " + join(ports, ", "));
    for (const char* part : {"requests", "limits"}) {
      std::vector<std::string> amounts;
      for (const auto& [key, value] : map_at(one, {"resources", part}).items()) amounts.push_back(key + " " + scalar(value));
      if (!amounts.empty()) line(fmt::format("    {:<9} {}", part, join(amounts, ", ")));
    }
    for (const char* probe : {"startupProbe", "readinessProbe", "livenessProbe"}) {
      if (at(one, {probe}).is_object()) line(fmt::format("    {} {}", std::string(probe).substr(0, std::string(probe).size() - 5), probe_words(at(one, {probe}))));
    }
    for (const auto& variable : list_at(one, {"env"})) line(fmt::format("    env       {}", variable_words(variable)));
    for (const auto& from : list_at(one, {"envFrom"})) {
      const auto secret = text_at(from, {"secretRef", "name"});
      line(fmt::format("    env from  {}", secret.empty() ? "ConfigMap/" + text_at(from, {"configMapRef", "name"}) : "Secret/" + secret));
    }
    for (const auto& mount : list_at(one, {"volumeMounts"})) line(fmt::format("    mount     {} from {}", text_at(mount, {"mountPath"}), text_at(mount, {"name"})));
  }

  static std::string variable_words(const json& variable) {
    const auto name = text_at(variable, {"name"});
    const auto& from = at(variable, {"valueFrom"});
    if (!from.is_object()) return name + "=" + ellipsize(scalar(at(variable, {"value"})), kLongestValue);
    if (at(from, {"secretKeyRef"}).is_object()) return fmt::format("{} from Secret/{} key {}", name, text_at(from, {"secretKeyRef", "name"}), text_at(from, {"secretKeyRef", "key"}));
    if (at(from, {"configMapKeyRef"}).is_object()) return fmt::format("{} from ConfigMap/{} key {}", name, text_at(from, {"configMapKeyRef", "name"}), text_at(from, {"configMapKeyRef", "key"}));
    return name + " from " + from.dump();
  }

  static std::string probe_words(const json& probe) {
    std::string what = "tcp " + scalar(at(probe, {"tcpSocket", "port"}));
    if (at(probe, {"httpGet"}).is_object()) what = fmt::format("http {}{}", scalar(at(probe, {"httpGet", "port"})), text_at(probe, {"httpGet", "path"}));
    if (at(probe, {"exec"}).is_object()) what = "exec";
    if (at(probe, {"grpc"}).is_object()) what = "grpc " + scalar(at(probe, {"grpc", "port"}));
    return fmt::format("{}, every {}s, gives up after {}", what, int_at(probe, {"periodSeconds"}, 10), int_at(probe, {"failureThreshold"}, 3));
  }

  /// A kind that nothing more is known about: what it asks for and how it stands.
  void other(const json& object) {
    auto rest = json::object();
    for (const auto& [key, value] : object.items()) {
      if (key != "metadata" && key != "apiVersion" && key != "kind") rest[key] = value;
    }
    if (rest.contains("status") && rest["status"].is_object()) rest["status"].erase("conditions");
    if (!rest.empty()) out_ += "\n" + to_yaml(rest);
  }

  void events(const std::vector<EventRow>& events) {
    line(events.empty() ? "Events:       none that the cluster still remembers" : "Events:");
    for (const auto& one : events) {
      line(fmt::format("  {} {}{} {} ago: {}", one.type, one.reason, one.count > 1 ? fmt::format(" x{}", one.count) : "", age(one.last, now_), ellipsize(one.message, 400)));
    }
  }

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  WallTime now_;
};

}  // namespace

std::string conditions_text(const json& object, WallTime now) {
  std::string out;
  for (const auto& one : list_at(object, {"status", "conditions"})) {
    const auto when = time_at(one, {"lastTransitionTime"});
    const auto reason = text_at(one, {"reason"});
    const auto message = text_at(one, {"message"});
    out += fmt::format("  {}={}{}{}{}\n", text_at(one, {"type"}), text_at(one, {"status"}), when ? fmt::format(" for {}", age(when, now)) : "", reason.empty() ? "" : " " + reason,
                       message.empty() ? "" : ": " + ellipsize(message, 300));
  }
  return out;
}

std::string describe_text(const json& object, const std::vector<EventRow>& events, WallTime now) {
  Text text(now);
  text.head(object);
  const auto kind = text_at(object, {"kind"});
  const auto& pod_template = map_at(object, {"spec", "jobTemplate", "spec", "template", "spec"});
  if (kind == "Pod") {
    text.pod(object);
    text.containers(map_at(object, {"spec"}), pod_row(object, "").containers);
  } else if (at(object, {"spec", "template", "spec", "containers"}).is_array()) {
    text.workload(object);
    text.containers(map_at(object, {"spec", "template", "spec"}), {});
  } else if (pod_template.contains("containers")) {
    text.workload(object);
    text.containers(pod_template, {});
  } else {
    text.other(object);
  }
  if (const auto conditions = conditions_text(object, now); !conditions.empty()) text.line("Conditions:\n" + conditions.substr(0, conditions.size() - 1));
  text.events(events);
  return text.take();
}

}  // namespace driftwarden::inspect
