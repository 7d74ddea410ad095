// Rules as kstatus and Argo CD have them: an object is judged by its own status only, and only once its controller has seen its latest spec.
#include "gitops/base/members.hpp"
#include "integrations/kubernetes/cluster.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <array>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

std::int64_t number(const json& object, const char* key, std::int64_t otherwise) {
  const auto& value = member_at(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}
std::string text(const json& object, const char* key) {
  return std::string(text_at(object, key));
}
bool is_true(const json& object, const char* key) { return member_at(object, key) == json(true); }

struct Condition {
  std::string status;
  std::string reason;
  std::string message;
};

std::optional<Condition> condition(const json& status, const std::string& type) {
  for (const auto& item : member_at(status, "conditions")) {
    if (text(item, "type") == type) return Condition{text(item, "status"), text(item, "reason"), text(item, "message")};
  }
  return std::nullopt;
}

HealthReport healthy() { return {Health::Healthy, {}}; }
HealthReport progressing(std::string why) { return {Health::Progressing, std::move(why)}; }
HealthReport degraded(std::string why) { return {Health::Degraded, std::move(why)}; }

/// True while the controller hasn't looked at the latest spec.
bool is_unobserved(const json& object) {
  const auto generation = number(member_at(object, "metadata"), "generation", 0);
  return generation > number(member_at(object, "status"), "observedGeneration", 0);
}

HealthReport unobserved() { return progressing("waiting for its controller to see the latest spec"); }

HealthReport deployment(const json& object) {
  const auto& spec = member_at(object, "spec");
  const auto& status = member_at(object, "status");
  if (is_true(spec, "paused")) return {Health::Unknown, "paused: its rollout is on hold"};
  if (is_unobserved(object)) return unobserved();
  const auto progress = condition(status, "Progressing");
  if (progress && progress->reason == "ProgressDeadlineExceeded") {
    return degraded("its rollout exceeded the progress deadline: " + (progress->message.empty() ? "no progress" : progress->message));
  }
  if (const auto failure = condition(status, "ReplicaFailure"); failure && failure->status == "True") return degraded("can't make pods: " + failure->message);
  const auto wanted = number(spec, "replicas", 1);
  const auto updated = number(status, "updatedReplicas", 0);
  const auto total = number(status, "replicas", 0);
  const auto available = number(status, "availableReplicas", 0);
  if (updated < wanted) return progressing(fmt::format("{} of {} replicas updated", updated, wanted));
  if (total > updated) return progressing(fmt::format("{} old replicas pending termination", total - updated));
  if (available < updated) return progressing(fmt::format("{} of {} replicas available", available, updated));
  return healthy();
}

HealthReport stateful_set(const json& object) {
  const auto& spec = member_at(object, "spec");
  const auto& status = member_at(object, "status");
  if (is_unobserved(object)) return unobserved();
  const auto wanted = number(spec, "replicas", 1);
  const auto ready = number(status, "readyReplicas", 0);
  if (ready < wanted) return progressing(fmt::format("{} of {} replicas ready", ready, wanted));
  const auto& strategy = member_at(spec, "updateStrategy");
  if (text(strategy, "type") == "OnDelete") return healthy();
  const auto updated = number(status, "updatedReplicas", 0);
  const auto partition = number(member_at(strategy, "rollingUpdate"), "partition", 0);
  if (partition > 0) {
    const auto due = std::max<std::int64_t>(0, wanted - partition);
    return updated < due ? progressing(fmt::format("{} of {} replicas updated (partition {})", updated, due, partition)) : healthy();
  }
  if (text(status, "currentRevision") != text(status, "updateRevision")) return progressing(fmt::format("{} of {} replicas updated", updated, wanted));
  return healthy();
}

HealthReport daemon_set(const json& object) {
  const auto& status = member_at(object, "status");
  if (is_unobserved(object)) return unobserved();
  const auto wanted = number(status, "desiredNumberScheduled", 0);
  const auto updated = number(status, "updatedNumberScheduled", 0);
  const auto available = number(status, "numberAvailable", 0);
  const bool on_delete = text(member_at(member_at(object, "spec"), "updateStrategy"), "type") == "OnDelete";
  if (!on_delete && updated < wanted) return progressing(fmt::format("{} of {} pods updated", updated, wanted));
  if (available < wanted) return progressing(fmt::format("{} of {} pods available", available, wanted));
  return healthy();
}

HealthReport replica_set(const json& object) {
  const auto& status = member_at(object, "status");
  if (is_unobserved(object)) return unobserved();
  if (const auto failure = condition(status, "ReplicaFailure"); failure && failure->status == "True") return degraded("can't make pods: " + failure->message);
  const auto wanted = number(member_at(object, "spec"), "replicas", 1);
  const auto available = number(status, "availableReplicas", 0);
  if (available < wanted) return progressing(fmt::format("{} of {} replicas available", available, wanted));
  return healthy();
}

HealthReport job(const json& object) {
  const auto& status = member_at(object, "status");
  if (const auto failed = condition(status, "Failed"); failed && failed->status == "True") {
    return degraded("failed: " + (failed->message.empty() ? failed->reason : failed->message));
  }
  if (const auto done = condition(status, "Complete"); done && done->status == "True") return healthy();
  if (is_true(member_at(object, "spec"), "suspend")) return {Health::Unknown, "suspended"};
  return progressing(fmt::format("{} pods active, {} succeeded", number(status, "active", 0), number(status, "succeeded", 0)));
}

/// "container app: ImagePullBackOff: ...", for reasons that don't go away by waiting a little.
std::optional<std::string> container_trouble(const json& status) {
  static constexpr std::array<std::string_view, 7> kTroubles{"CrashLoopBackOff",  "ImagePullBackOff",     "ErrImagePull",     "InvalidImageName",
                                                              "CreateContainerConfigError", "CreateContainerError", "RunContainerError"};
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    for (const auto& container : member_at(status, list)) {
      const auto& waiting = member_at(member_at(container, "state"), "waiting");
      const auto reason = text(waiting, "reason");
      if (std::find(kTroubles.begin(), kTroubles.end(), reason) == kTroubles.end()) continue;
      const auto message = text(waiting, "message");
      return fmt::format("container {}: {}{}{}", text(container, "name"), reason, message.empty() ? "" : ": ", message);
    }
  }
  return std::nullopt;
}

HealthReport pod(const json& object) {
  const auto& status = member_at(object, "status");
  const auto phase = text(status, "phase");
  if (phase == "Succeeded") return healthy();
  const auto message = text(status, "message");
  if (phase == "Failed") return degraded("failed: " + (message.empty() ? text(status, "reason") : message));
  if (const auto trouble = container_trouble(status)) return degraded(*trouble);
  if (phase == "Running") {
    const auto ready = condition(status, "Ready");
    if (ready && ready->status == "True") return healthy();
    return progressing("running, not ready yet" + (ready && !ready->message.empty() ? ": " + ready->message : std::string{}));
  }
  if (const auto scheduled = condition(status, "PodScheduled"); scheduled && scheduled->status == "False") {
    return progressing("not scheduled: " + (scheduled->message.empty() ? scheduled->reason : scheduled->message));
  }
  if (phase == "Unknown") return {Health::Unknown, "its node doesn't answer"};
  return progressing("pending");
}

HealthReport claim(const json& object) {
  const auto phase = text(member_at(object, "status"), "phase");
  if (phase == "Bound") return healthy();
  if (phase == "Lost") return degraded("its volume is lost");
  return progressing("waiting for a volume");
}

HealthReport service(const json& object) {
  if (text(member_at(object, "spec"), "type") != "LoadBalancer") return healthy();
  const auto& ingress = member_at(member_at(member_at(object, "status"), "loadBalancer"), "ingress");
  return ingress.is_array() && !ingress.empty() ? healthy() : progressing("waiting for a load balancer address");
}

struct Rule {
  std::string_view group;
  std::string_view kind;
  HealthReport (*judge)(const json&);
};

constexpr std::array<Rule, 8> kRules{{{"apps", "Deployment", deployment},
                                      {"apps", "StatefulSet", stateful_set},
                                      {"apps", "DaemonSet", daemon_set},
                                      {"apps", "ReplicaSet", replica_set},
                                      {"batch", "Job", job},
                                      {"", "Pod", pod},
                                      {"", "PersistentVolumeClaim", claim},
                                      {"", "Service", service}}};

}  // namespace

HealthReport health_of(const json& object) {
  if (!object.is_object()) return {Health::Unknown, "not an object"};
  if (member_at(member_at(object, "metadata"), "deletionTimestamp").is_string()) return progressing("being deleted");
  ObjectRef ref;
  ref.set_api_version(text(object, "apiVersion"));
  const auto kind = text(object, "kind");
  for (const auto& rule : kRules) {
    if (rule.group == ref.group && rule.kind == kind) return rule.judge(object);
  }
  return healthy();
}

std::string_view to_string(Health health) {
  switch (health) {
    case Health::Healthy: return "healthy";
    case Health::Progressing: return "progressing";
    case Health::Degraded: return "degraded";
    case Health::Unknown: return "unknown";
  }
  return "unknown";
}

}  // namespace driftwarden::kubernetes
