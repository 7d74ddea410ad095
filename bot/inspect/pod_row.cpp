// A pod as `kubectl get pods` sums it up (printers/internalversion of Kubernetes), and why it isn't ready.
#include "bot/inspect/inspect.hpp"
#include "bot/inspect/read_json.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

using inspect::at;
using inspect::condition;
using inspect::int_at;
using inspect::list_at;
using inspect::text_at;
using inspect::time_at;
using nlohmann::json;

/// "OOMKilled", "ExitCode:1", "Signal:9"
std::string ending(const json& terminated) {
  if (const auto reason = text_at(terminated, {"reason"}); !reason.empty()) return reason;
  if (const auto signal = int_at(terminated, {"signal"}); signal != 0) return fmt::format("Signal:{}", signal);
  return fmt::format("ExitCode:{}", int_at(terminated, {"exitCode"}));
}

/// "OOMKilled (137)"
std::string ending_words(const json& terminated) {
  const auto code = int_at(terminated, {"exitCode"});
  const auto reason = text_at(terminated, {"reason"});
  return reason.empty() ? fmt::format("exit code {}", code) : fmt::format("{} ({})", reason, code);
}

const json& status_of(const json& pod, const char* list, const std::string& name) {
  static const json kNone;
  for (const auto& one : list_at(pod, {"status", list})) {
    if (text_at(one, {"name"}) == name) return one;
  }
  return kNone;
}

ContainerState container_state(const json& spec, const json& status, bool init) {
  ContainerState out;
  out.name = text_at(spec, {"name"});
  out.image = text_at(spec, {"image"});
  out.init = init;
  out.ready = at(status, {"ready"}) == json(true);
  out.restarts = int_at(status, {"restartCount"});
  const auto& state = at(status, {"state"});
  if (at(state, {"running"}).is_object()) {
    out.state = "running";
    out.since = time_at(state, {"running", "startedAt"});
  } else if (const auto& ended = at(state, {"terminated"}); ended.is_object()) {
    out.state = "terminated: " + ending_words(ended);
    out.since = time_at(ended, {"finishedAt"});
  } else {
    const auto reason = text_at(state, {"waiting", "reason"});
    out.state = "waiting" + (reason.empty() ? "" : ": " + reason);
  }
  if (const auto& last = at(status, {"lastState", "terminated"}); last.is_object()) out.last = ending_words(last);
  return out;
}

bool is_sidecar(const json& pod, const std::string& name) {
  for (const auto& one : list_at(pod, {"spec", "initContainers"})) {
    if (text_at(one, {"name"}) == name) return text_at(one, {"restartPolicy"}) == "Always";
  }
  return false;
}

/// "Init:0/1", or "" once nothing of it is left to do.
std::string init_phase(const json& pod) {
  const auto total = list_at(pod, {"spec", "initContainers"}).size();
  std::size_t done = 0;
  for (const auto& one : list_at(pod, {"status", "initContainerStatuses"})) {
    const auto& ended = at(one, {"state", "terminated"});
    const bool finished = ended.is_object() && int_at(ended, {"exitCode"}) == 0;
    if (finished || (is_sidecar(pod, text_at(one, {"name"})) && at(one, {"started"}) == json(true))) {
      ++done;
      continue;
    }
    if (ended.is_object()) return "Init:" + ending(ended);
    const auto waiting = text_at(one, {"state", "waiting", "reason"});
    if (!waiting.empty() && waiting != "PodInitializing") return "Init:" + waiting;
    return fmt::format("Init:{}/{}", done, total);
  }
  return {};
}

bool holds(const json& pod, std::string_view type) { return text_at(condition(pod, type), {"status"}) == "True"; }

std::string container_phase(const json& pod, std::string phase) {
  bool running = false;
  const auto& statuses = list_at(pod, {"status", "containerStatuses"});
  for (auto one = statuses.rbegin(); one != statuses.rend(); ++one) {
    const auto waiting = text_at(*one, {"state", "waiting", "reason"});
    const auto& ended = at(*one, {"state", "terminated"});
    if (!waiting.empty()) {
      phase = waiting;
    } else if (ended.is_object()) {
      phase = ending(ended);
    } else if (at(*one, {"ready"}) == json(true) && at(*one, {"state", "running"}).is_object()) {
      running = true;
    }
  }
  if (phase == "Completed" && running) return holds(pod, "Ready") ? "Running" : "NotReady";
  return phase;
}

std::string phase_of(const json& pod) {
  auto phase = text_at(pod, {"status", "phase"});
  if (const auto reason = text_at(pod, {"status", "reason"}); !reason.empty()) phase = reason;
  if (text_at(condition(pod, "PodScheduled"), {"reason"}) == "SchedulingGated") phase = "SchedulingGated";
  const auto init = init_phase(pod);
  if (!init.empty()) phase = init;
  if (init.empty() || holds(pod, "Initialized")) phase = container_phase(pod, phase);
  if (!at(pod, {"metadata", "deletionTimestamp"}).is_string()) return phase.empty() ? "Unknown" : phase;
  if (text_at(pod, {"status", "reason"}) == "NodeLost") return "Unknown";
  const auto now = text_at(pod, {"status", "phase"});
  return now == "Succeeded" || now == "Failed" ? phase : "Terminating";
}

std::string message_of(const json& object) {
  const auto message = text_at(object, {"message"});
  return message.empty() ? text_at(object, {"reason"}) : message;
}

/// The container that stands in the way, in words.
std::string container_trouble(const json& pod) {
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    for (const auto& one : list_at(pod, {"status", list})) {
      const auto& waiting = at(one, {"state", "waiting"});
      const auto& ended = at(one, {"state", "terminated"});
      const auto& last = at(one, {"lastState", "terminated"});
      const auto name = text_at(one, {"name"});
      const auto reason = text_at(waiting, {"reason"});
      if (reason == "CrashLoopBackOff" && last.is_object()) return fmt::format("container {} keeps crashing: {}", name, ending_words(last));
      if (!reason.empty() && reason != "PodInitializing" && reason != "ContainerCreating") {
        const auto message = text_at(waiting, {"message"});
        return fmt::format("container {}: {}{}{}", name, reason, message.empty() ? "" : ": ", message);
      }
      if (ended.is_object() && int_at(ended, {"exitCode"}) != 0) return fmt::format("container {} ended: {}", name, ending_words(ended));
    }
  }
  return {};
}

std::string why_not_ready(const json& pod) {
  const auto phase = text_at(pod, {"status", "phase"});
  if (phase == "Succeeded") return {};
  if (phase == "Failed") {
    const auto message = message_of(at(pod, {"status"}));
    if (!message.empty()) return message;
  }
  if (const auto& scheduled = condition(pod, "PodScheduled"); text_at(scheduled, {"status"}) == "False") return message_of(scheduled);
  if (auto trouble = container_trouble(pod); !trouble.empty()) return trouble;
  if (at(pod, {"metadata", "deletionTimestamp"}).is_string() || holds(pod, "Ready")) return {};
  return message_of(condition(pod, "Ready"));
}

void add_containers(PodRow& row, const json& pod) {
  const auto main = text_at(pod, {"metadata", "annotations", "kubectl.kubernetes.io/default-container"});
  for (const auto& spec : list_at(pod, {"spec", "containers"})) {
    const auto name = text_at(spec, {"name"});
    auto state = container_state(spec, status_of(pod, "containerStatuses", name), false);
    if (name == main) {
      row.containers.insert(row.containers.begin(), std::move(state));
    } else {
      row.containers.push_back(std::move(state));
    }
  }
  for (const auto& spec : list_at(pod, {"spec", "initContainers"})) {
    row.containers.push_back(container_state(spec, status_of(pod, "initContainerStatuses", text_at(spec, {"name"})), true));
  }
}

}  // namespace

PodRow pod_row(const json& pod, const std::string& workload) {
  PodRow row;
  row.name = text_at(pod, {"metadata", "name"});
  row.namespace_ = text_at(pod, {"metadata", "namespace"});
  row.workload = workload;
  row.node = text_at(pod, {"spec", "nodeName"});
  row.created = time_at(pod, {"metadata", "creationTimestamp"});
  row.phase = phase_of(pod);
  row.why = redact_log(why_not_ready(pod));
  row.ready = holds(pod, "Ready") || text_at(pod, {"status", "phase"}) == "Succeeded";
  add_containers(row, pod);
  return row;
}

}  // namespace driftwarden
