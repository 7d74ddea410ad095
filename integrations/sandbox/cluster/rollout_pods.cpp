#include "integrations/sandbox/cluster/rollouts.hpp"
#include "integrations/sandbox/cluster/times.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {
namespace {

bool broken_image(const std::string& image) {
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string::npos ? 0 : slash);
  return colon != std::string::npos && image.find("broken", colon) != std::string::npos;
}

bool is_broken(const Json& pod) {
  for (const auto& one : array_at(pod, {"spec", "containers"})) {
    if (broken_image(text_at(one, {"image"}))) return true;
  }
  return false;
}

Json condition(const char* type, bool holds, const char* reason, WallTime now) {
  Json out{{"type", type}, {"status", holds ? "True" : "False"}, {"lastTransitionTime", second_text(now)}};
  if (*reason != '\0') out["reason"] = reason;
  return out;
}

Json conditions(bool ready, const char* reason, WallTime now) {
  return Json::array({condition("PodReadyToStartContainers", true, "", now),
                      condition("Initialized", true, reason == std::string_view("PodCompleted") ? reason : "", now), condition("Ready", ready, reason, now),
                      condition("ContainersReady", ready, reason, now), condition("PodScheduled", true, "", now)});
}

bool crashes(const Json& pod) {
  for (const auto& one : array_at(pod, {"spec", "containers"})) {
    if (is_crashing_image(text_at(one, {"image"}))) return true;
  }
  return false;
}

/// It ran a second, and ended; the kubelet waits before the next try, for ever.
Json crashed_status(const Json& container, WallTime now) {
  const auto image = text_at(container, {"image"});
  const auto name = text_at(container, {"name"});
  Json ended{{"exitCode", 1}, {"reason", "Error"}, {"startedAt", second_text(now - std::chrono::seconds{2})}, {"finishedAt", second_text(now)}};
  Json waiting{{"reason", "CrashLoopBackOff"}, {"message", fmt::format("back-off 5m0s restarting failed container={}", name)}};
  return Json{{"name", name},
              {"image", image},
              {"imageID", "sandbox://" + image},
              {"ready", false},
              {"started", false},
              {"restartCount", 5},
              {"state", {{"waiting", std::move(waiting)}}},
              {"lastState", {{"terminated", std::move(ended)}}}};
}

Json container_status(const Json& container, WallTime now) {
  const auto image = text_at(container, {"image"});
  if (is_crashing_image(image)) return crashed_status(container, now);
  const bool broken = broken_image(image);
  Json state{{"running", {{"startedAt", second_text(now)}}}};
  if (broken) state = Json{{"waiting", {{"reason", "ImagePullBackOff"}, {"message", fmt::format("Back-off pulling image \"{}\"", image)}}}};
  return Json{{"name", text_at(container, {"name"})},
              {"image", image},
              {"imageID", broken ? "" : "sandbox://" + image},
              {"ready", !broken},
              {"started", !broken},
              {"restartCount", 0},
              {"state", std::move(state)},
              {"lastState", Json::object()}};
}

Json ended_status(const Json& container, const std::string& started, WallTime now) {
  const auto image = text_at(container, {"image"});
  Json ended{{"exitCode", 0}, {"reason", "Completed"}, {"startedAt", started}, {"finishedAt", second_text(now)}};
  return Json{{"name", text_at(container, {"name"})},
              {"image", image},
              {"imageID", "sandbox://" + image},
              {"ready", false},
              {"started", false},
              {"restartCount", 0},
              {"state", {{"terminated", std::move(ended)}}},
              {"lastState", Json::object()}};
}

bool runs_once(const Json& pod) { return text_at(pod, {"spec", "restartPolicy"}) != "Always"; }

WallTime created_at(const Json& pod, WallTime now) {
  const auto time = parse_time(text_at(pod, {"metadata", "creationTimestamp"}));
  return time ? time.value() : now;
}

}  // namespace

void Rollouts::make_pod(const Json& owner, const std::string& name, Json labels, WallTime now) {
  const Json& source = object_at(owner, {"spec", "template"});
  Json meta = object_at(source, {"metadata"});
  if (name.ends_with('-')) {
    meta["generateName"] = name;
  } else {
    meta["name"] = name;
  }
  for (const auto& [key, value] : labels.items()) meta["labels"][key] = value;
  meta["ownerReferences"] = Json::array({Json{{"apiVersion", owner.value("apiVersion", "")},
                                              {"kind", owner.value("kind", "")},
                                              {"name", text_at(owner, {"metadata", "name"})},
                                              {"uid", text_at(owner, {"metadata", "uid"})},
                                              {"controller", true},
                                              {"blockOwnerDeletion", true}}});
  Json body{{"metadata", std::move(meta)}, {"spec", object_at(source, {"spec"})}};
  auto made = core_.create(resource("/pods"), text_at(owner, {"metadata", "namespace"}), std::move(body), writer("kube-controller-manager", "", now));
  if (!made) return;
  const auto kind = owner.value("kind", "");
  const char* const component = kind == "Job"           ? "job-controller"
                                : kind == "StatefulSet" ? "statefulset-controller"
                                : kind == "DaemonSet"   ? "daemonset-controller"
                                                        : "replicaset-controller";
  event(owner, "Normal", "SuccessfulCreate", "Created pod: " + text_at(made.value()->body(), {"metadata", "name"}), component, now);
}

/// Pending, then Running after the rollout time; a broken image waits for ever; a Job's pod ends after as long again.
void Rollouts::pod(const StoredPtr& object, WallTime now) {
  const Json& body = object->body();
  const Work work{"/pods", {text_at(body, {"metadata", "namespace"}), text_at(body, {"metadata", "name"})}};
  const auto phase = text_at(body, {"status", "phase"});
  const auto name = work.key.namespace_ + "/" + work.key.name;
  if (text_at(body, {"spec", "nodeName"}).empty()) {
    Json next = body;
    next["spec"]["nodeName"] = "sandbox-0";
    static_cast<void>(core_.update(resource("/pods"), work.key, std::move(next), writer("kube-scheduler", "", now)));
    event(body, "Normal", "Scheduled", fmt::format("Successfully assigned {} to sandbox-0", name), "default-scheduler", now);
    schedule(work, now + options_.rollout_time);
    return;
  }
  if (due_.contains(work)) return;
  if (phase == "Pending" && find(body, {"status", "containerStatuses"}) == nullptr) {
    // A restart of the wait is harmless; a pod that just came has it scheduled already.
    const bool broken = is_broken(body);
    const bool crashing = crashes(body);
    Json status = object_at(body, {"status"});
    status["startTime"] = second_text(created_at(body, now));
    status["hostIP"] = "192.0.2.1";
    last_ip_ = last_ip_ % 60'000 + 1;
    status["podIP"] = fmt::format("10.244.{}.{}", last_ip_ / 250, last_ip_ % 250 + 1);
    status["podIPs"] = Json::array({Json{{"ip", status["podIP"]}}});
    status["phase"] = broken ? "Pending" : "Running";
    const bool well = !broken && !crashing;
    status["conditions"] = conditions(well, well ? "" : "ContainersNotReady", now);
    status["containerStatuses"] = Json::array();
    for (const auto& one : array_at(body, {"spec", "containers"})) {
      const auto image = text_at(one, {"image"});
      status["containerStatuses"].push_back(container_status(one, now));
      if (broken_image(image)) {
        event(body, "Warning", "Failed", fmt::format("Failed to pull image \"{}\": not found", image), "kubelet", now);
        event(body, "Warning", "BackOff", fmt::format("Back-off pulling image \"{}\"", image), "kubelet", now);
      } else {
        event(body, "Normal", "Pulled", fmt::format("Successfully pulled image \"{}\"", image), "kubelet", now);
      }
    }
    if (!broken) event(body, "Normal", "Started", "Started container", "kubelet", now);
    if (crashing) event(body, "Warning", "BackOff", fmt::format("Back-off restarting failed container in pod {}", name), "kubelet", now);
    write_status("/pods", object, std::move(status), now);
    if (well && runs_once(body)) schedule(work, now + options_.rollout_time);
    return;
  }
  if (phase == "Running" && runs_once(body)) {
    Json status = object_at(body, {"status"});
    const auto started = text_at(status, {"startTime"});
    status["phase"] = "Succeeded";
    status["conditions"] = conditions(false, "PodCompleted", now);
    status["containerStatuses"] = Json::array();
    for (const auto& one : array_at(body, {"spec", "containers"})) status["containerStatuses"].push_back(ended_status(one, started, now));
    write_status("/pods", object, std::move(status), now);
    return;
  }
  // An image was changed in place.
  const Json& statuses = array_at(body, {"status", "containerStatuses"});
  const Json& containers = array_at(body, {"spec", "containers"});
  for (std::size_t i = 0; i < statuses.size() && i < containers.size(); ++i) {
    if (text_at(statuses[i], {"image"}) == text_at(containers[i], {"image"})) continue;
    Json status = object_at(body, {"status"});
    status.erase("containerStatuses");
    status["phase"] = "Pending";
    write_status("/pods", object, std::move(status), now);
    schedule(work, now + options_.rollout_time);
    return;
  }
}

long long Rollouts::ready_count(const std::vector<StoredPtr>& pods) const {
  long long out = 0;
  for (const auto& one : pods) {
    for (const auto& condition : array_at(one->body(), {"status", "conditions"})) {
      if (text_at(condition, {"type"}) == "Ready" && text_at(condition, {"status"}) == "True") ++out;
    }
  }
  return out;
}

void Rollouts::claim(const StoredPtr& object, WallTime now) {
  const Json& body = object->body();
  const Work work{"/persistentvolumeclaims", {text_at(body, {"metadata", "namespace"}), text_at(body, {"metadata", "name"})}};
  if (text_at(body, {"status", "phase"}) == "Bound") return;
  if (now < created_at(body, now) + options_.rollout_time) return schedule(work, created_at(body, now) + options_.rollout_time);
  StoredPtr bound = object;
  if (text_at(body, {"spec", "volumeName"}).empty()) {
    Json next = body;
    next["spec"]["volumeName"] = "pvc-" + text_at(body, {"metadata", "uid"});
    auto written = core_.update(resource(work.storage), work.key, std::move(next), writer("kube-controller-manager", "", now));
    if (!written) return;
    bound = written.value();
  }
  Json status{{"phase", "Bound"}, {"accessModes", array_at(body, {"spec", "accessModes"})}, {"capacity", object_at(body, {"spec", "resources", "requests"})}};
  write_status(work.storage, bound, std::move(status), now);
}

void Rollouts::service(const StoredPtr& object, WallTime now) {
  const Json& body = object->body();
  if (text_at(body, {"spec", "type"}) != "LoadBalancer" || !array_at(body, {"status", "loadBalancer", "ingress"}).empty()) return;
  const Work work{"/services", {text_at(body, {"metadata", "namespace"}), text_at(body, {"metadata", "name"})}};
  const auto when = created_at(body, now) + options_.rollout_time;
  if (now < when) return schedule(work, when);
  last_ip_ = last_ip_ % 60'000 + 1;
  Json status{{"loadBalancer", {{"ingress", Json::array({Json{{"ip", fmt::format("203.0.113.{}", last_ip_ % 250 + 1)}, {"ipMode", "VIP"}}})}}}};
  write_status(work.storage, object, std::move(status), now);
}

}  // namespace driftwarden::sandbox::cluster
