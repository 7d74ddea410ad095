#include "integrations/sandbox/cluster/rollouts.hpp"
#include "integrations/sandbox/cluster/times.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::cluster {
namespace {

constexpr const char* kRevision = "deployment.kubernetes.io/revision";
constexpr const char* kHash = "pod-template-hash";

/// Ten characters that depend on the template alone.
std::string template_hash(const Json& source) {
  static constexpr std::string_view letters = "bcdfghjklmnpqrst";
  const auto digits = sha256_hex(source.dump());
  std::string out;
  for (std::size_t i = 0; i < 10; ++i) out += letters[static_cast<std::size_t>(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10)];
  return out;
}

Key key_of(const Json& object) { return {text_at(object, {"metadata", "namespace"}), text_at(object, {"metadata", "name"})}; }

long long revision_of(const Json& object) {
  const auto text = text_at(object, {"metadata", "annotations", kRevision});
  return text.empty() ? 0 : std::atoll(text.c_str());
}

/// Keeps the transition time of a condition that still says the same.
Json condition(const Json& old, const char* type, bool holds, const char* reason, const std::string& message, WallTime now) {
  Json out{{"type", type},       {"status", holds ? "True" : "False"},     {"reason", reason},
           {"message", message}, {"lastTransitionTime", second_text(now)}, {"lastUpdateTime", second_text(now)}};
  for (const auto& before : array_at(old, {"status", "conditions"})) {
    if (text_at(before, {"type"}) != type) continue;
    if (before["status"] == out["status"]) out["lastTransitionTime"] = before["lastTransitionTime"];
    if (before["status"] == out["status"] && text_at(before, {"reason"}) == reason && text_at(before, {"message"}) == message)
      out["lastUpdateTime"] = before["lastUpdateTime"];
  }
  return out;
}

}  // namespace

/// The ReplicaSet of the template as it is now, made when there is none.
StoredPtr Rollouts::current_replica_set(const Json& object, WallTime now) {
  const auto hash = template_hash(object_at(object, {"spec", "template"}));
  const auto sets = owned("apps/replicasets", object);
  long long newest = 0;
  StoredPtr current;
  for (const auto& one : sets) {
    newest = std::max(newest, revision_of(one->body()));
    if (text_at(one->body(), {"metadata", "labels", kHash}) == hash) current = one;
  }
  const auto replicas = int_at(object, {"spec", "replicas"});
  if (!current) {
    Json pod_template = object_at(object, {"spec", "template"});
    pod_template["metadata"]["labels"][kHash] = hash;
    Json selector = object_at(object, {"spec", "selector"});
    selector["matchLabels"][kHash] = hash;
    Json meta{{"name", text_at(object, {"metadata", "name"}) + "-" + hash}, {"labels", pod_template["metadata"]["labels"]}};
    meta["annotations"] = Json{{"deployment.kubernetes.io/desired-replicas", std::to_string(replicas)}, {kRevision, std::to_string(newest + 1)}};
    meta["ownerReferences"] = Json::array({Json{{"apiVersion", "apps/v1"},
                                                {"kind", "Deployment"},
                                                {"name", text_at(object, {"metadata", "name"})},
                                                {"uid", text_at(object, {"metadata", "uid"})},
                                                {"controller", true},
                                                {"blockOwnerDeletion", true}}});
    Json body{{"metadata", std::move(meta)}, {"spec", {{"replicas", replicas}, {"selector", std::move(selector)}, {"template", std::move(pod_template)}}}};
    auto made =
        core_.create(resource("apps/replicasets"), text_at(object, {"metadata", "namespace"}), std::move(body), writer("kube-controller-manager", "", now));
    if (!made) return nullptr;
    event(object, "Normal", "ScalingReplicaSet",
          fmt::format("Scaled up replica set {} from 0 to {}", text_at(made.value()->body(), {"metadata", "name"}), replicas), "deployment-controller", now);
    return made.value();
  }
  Json next = current->body();
  if (revision_of(next) < newest) next["metadata"]["annotations"][kRevision] = std::to_string(newest + 1);
  const auto before = int_at(next, {"spec", "replicas"});
  next["spec"]["replicas"] = replicas;
  if (next == current->body()) return current;
  if (before != replicas) {
    event(object, "Normal", "ScalingReplicaSet",
          fmt::format("Scaled {} replica set {} from {} to {}", before < replicas ? "up" : "down", text_at(next, {"metadata", "name"}), before, replicas),
          "deployment-controller", now);
  }
  auto written = core_.update(resource("apps/replicasets"), key_of(current->body()), std::move(next), writer("kube-controller-manager", "", now));
  return written ? written.value() : current;
}

void Rollouts::deployment(const StoredPtr& object, WallTime now) {
  const Json& body = object->body();
  StoredPtr current;
  if (bool_at(body, {"spec", "paused"})) {
    for (const auto& one : owned("apps/replicasets", body)) {
      if (!current || revision_of(one->body()) > revision_of(current->body())) current = one;
    }
  } else {
    current = current_replica_set(body, now);
  }
  if (current) deployment_status(object, current, now);
}

void Rollouts::deployment_status(const StoredPtr& object, const StoredPtr& current, WallTime now) {
  const Json& body = object->body();
  const auto wanted = int_at(body, {"spec", "replicas"});
  const auto fresh = core_.store().find("apps/replicasets", key_of(current->body()));
  const Json& set = fresh ? fresh->body() : current->body();
  const auto ready = int_at(set, {"status", "readyReplicas"});
  const bool caught_up = int_at(set, {"status", "observedGeneration"}) == int_at(set, {"metadata", "generation"});
  const bool complete = caught_up && ready == wanted && int_at(set, {"status", "replicas"}) == wanted;
  long long total = 0;
  long long available = 0;
  for (const auto& one : owned("apps/replicasets", body)) {
    const auto name = text_at(one->body(), {"metadata", "name"});
    const bool old = name != text_at(set, {"metadata", "name"});
    const auto replicas = int_at(one->body(), {"spec", "replicas"});
    if (old && complete && replicas > 0 && !bool_at(body, {"spec", "paused"})) {
      Json next = one->body();
      next["spec"]["replicas"] = 0;
      event(body, "Normal", "ScalingReplicaSet", fmt::format("Scaled down replica set {} from {} to 0", name, replicas), "deployment-controller", now);
      static_cast<void>(core_.update(resource("apps/replicasets"), key_of(one->body()), std::move(next), writer("kube-controller-manager", "", now)));
      continue;
    }
    total += int_at(one->body(), {"status", "replicas"});
    available += int_at(one->body(), {"status", "readyReplicas"});
  }
  Progress& progress = progress_[text_at(body, {"metadata", "uid"})];
  const auto generation = int_at(body, {"metadata", "generation"});
  if (progress.generation != generation) {
    progress.generation = generation;
    progress.since = now;
  }
  const auto patience = std::min<Duration>(std::chrono::seconds(int_at(body, {"spec", "progressDeadlineSeconds"}, 600)), options_.rollout_time * 20);
  const bool late = !complete && now >= progress.since + patience;
  if (!complete && !late) schedule(Work{"apps/deployments", key_of(body)}, progress.since + patience);

  const auto set_name = text_at(set, {"metadata", "name"});
  Json status{{"observedGeneration", generation},
              {"replicas", total},
              {"updatedReplicas", int_at(set, {"status", "replicas"})},
              {"readyReplicas", available},
              {"availableReplicas", available},
              {"unavailableReplicas", std::max(0LL, wanted - available)}};
  const bool enough = available >= wanted - std::max(1LL, wanted / 4) && (available > 0 || wanted == 0);
  Json conditions = Json::array();
  conditions.push_back(enough ? condition(body, "Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
                              : condition(body, "Available", false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now));
  if (complete) {
    conditions.push_back(
        condition(body, "Progressing", true, "NewReplicaSetAvailable", fmt::format("ReplicaSet \"{}\" has successfully progressed.", set_name), now));
  } else if (late) {
    conditions.push_back(
        condition(body, "Progressing", false, "ProgressDeadlineExceeded", fmt::format("ReplicaSet \"{}\" has timed out progressing.", set_name), now));
  } else {
    conditions.push_back(condition(body, "Progressing", true, "ReplicaSetUpdated", fmt::format("ReplicaSet \"{}\" is progressing.", set_name), now));
  }
  status["conditions"] = std::move(conditions);
  Json next = body;
  next["status"] = std::move(status);
  next["metadata"]["annotations"][kRevision] = std::to_string(revision_of(set));
  static_cast<void>(core_.update(resource("apps/deployments"), key_of(body), std::move(next), writer("kube-controller-manager", "status", now)));
}

void Rollouts::replica_set(const StoredPtr& object, WallTime now) {
  const Json& body = object->body();
  const auto wanted = int_at(body, {"spec", "replicas"});
  auto pods = owned("/pods", body);
  const Json labels{{kHash, text_at(body, {"metadata", "labels", kHash})}};
  for (auto count = static_cast<long long>(pods.size()); count < wanted; ++count) {
    make_pod(body, text_at(body, {"metadata", "name"}) + "-", labels[kHash] == "" ? Json::object() : labels, now);
  }
  for (auto count = static_cast<long long>(pods.size()); count > wanted; --count) {
    const auto name = text_at(pods.back()->body(), {"metadata", "name"});
    remove("/pods", pods.back(), now);
    event(body, "Normal", "SuccessfulDelete", "Deleted pod: " + name, "replicaset-controller", now);
    pods.pop_back();
  }
  pods = owned("/pods", body);
  const auto ready = ready_count(pods);
  Json status{{"replicas", pods.size()},
              {"fullyLabeledReplicas", pods.size()},
              {"readyReplicas", ready},
              {"availableReplicas", ready},
              {"observedGeneration", int_at(body, {"metadata", "generation"})}};
  write_status("apps/replicasets", object, std::move(status), now);
}

void Rollouts::stateful_set(const StoredPtr& object, WallTime now) {
  const Json& body = object->body();
  const auto wanted = int_at(body, {"spec", "replicas"});
  const auto name = text_at(body, {"metadata", "name"});
  const auto revision = name + "-" + template_hash(object_at(body, {"spec", "template"}));
  std::set<std::string> there;
  for (const auto& one : owned("/pods", body)) {
    const auto pod_name = text_at(one->body(), {"metadata", "name"});
    const auto ordinal = std::atoll(pod_name.substr(name.size() + 1).c_str());
    const bool outdated =
        text_at(one->body(), {"metadata", "labels", "controller-revision-hash"}) != revision && text_at(body, {"spec", "updateStrategy", "type"}) != "OnDelete";
    if (ordinal >= wanted || outdated) {
      remove("/pods", one, now);
    } else {
      there.insert(pod_name);
    }
  }
  for (long long i = 0; i < wanted; ++i) {
    const auto pod_name = fmt::format("{}-{}", name, i);
    if (there.contains(pod_name)) continue;
    Json labels{{"controller-revision-hash", revision}, {"statefulset.kubernetes.io/pod-name", pod_name}, {"apps.kubernetes.io/pod-index", std::to_string(i)}};
    make_pod(body, pod_name, std::move(labels), now);
  }
  const auto pods = owned("/pods", body);
  const auto ready = ready_count(pods);
  Json status{{"observedGeneration", int_at(body, {"metadata", "generation"})},
              {"replicas", pods.size()},
              {"readyReplicas", ready},
              {"availableReplicas", ready},
              {"currentReplicas", pods.size()},
              {"updatedReplicas", pods.size()},
              {"currentRevision", revision},
              {"updateRevision", revision},
              {"collisionCount", 0}};
  write_status("apps/statefulsets", object, std::move(status), now);
}

void Rollouts::daemon_set(const StoredPtr& object, WallTime now) {
  const Json& body = object->body();
  const auto hash = template_hash(object_at(body, {"spec", "template"}));
  bool there = false;
  for (const auto& one : owned("/pods", body)) {
    if (text_at(one->body(), {"metadata", "labels", "controller-revision-hash"}) == hash) {
      there = true;
    } else {
      remove("/pods", one, now);
    }
  }
  if (!there) make_pod(body, text_at(body, {"metadata", "name"}) + "-", Json{{"controller-revision-hash", hash}}, now);
  const auto pods = owned("/pods", body);
  const auto ready = ready_count(pods);
  Json status{{"observedGeneration", int_at(body, {"metadata", "generation"})},
              {"currentNumberScheduled", pods.size()},
              {"desiredNumberScheduled", 1},
              {"numberMisscheduled", 0},
              {"numberReady", ready},
              {"numberAvailable", ready},
              {"numberUnavailable", 1 - ready},
              {"updatedNumberScheduled", pods.size()}};
  write_status("apps/daemonsets", object, std::move(status), now);
}

void Rollouts::job(const StoredPtr& object, WallTime now) {
  const Json& body = object->body();
  if (find(body, {"status", "completionTime"}) != nullptr || bool_at(body, {"spec", "suspend"})) return;
  const auto wanted = int_at(body, {"spec", "completions"}, 1);
  const auto pods = owned("/pods", body);
  long long succeeded = 0;
  for (const auto& one : pods) succeeded += text_at(one->body(), {"status", "phase"}) == "Succeeded" ? 1 : 0;
  const auto active = static_cast<long long>(pods.size()) - succeeded;
  const auto missing = std::min(int_at(body, {"spec", "parallelism"}, 1) - active, wanted - static_cast<long long>(pods.size()));
  for (long long i = 0; i < missing; ++i) make_pod(body, text_at(body, {"metadata", "name"}) + "-", Json::object(), now);
  Json status = object_at(body, {"status"});
  set_default(status, "startTime", second_text(now));
  const bool done = succeeded >= wanted;
  status["active"] = done ? 0 : active + std::max(0LL, missing);
  status["succeeded"] = succeeded;
  status["ready"] = ready_count(pods);
  status["terminating"] = 0;
  status["uncountedTerminatedPods"] = Json::object();
  if (done) {
    status["completionTime"] = second_text(now);
    for (const char* const type : {"SuccessCriteriaMet", "Complete"}) {
      status["conditions"].push_back(Json{{"type", type},
                                          {"status", "True"},
                                          {"lastProbeTime", second_text(now)},
                                          {"lastTransitionTime", second_text(now)},
                                          {"reason", "CompletionsReached"},
                                          {"message", "Reached expected number of succeeded pods"}});
    }
    event(body, "Normal", "Completed", "Job completed", "job-controller", now);
  }
  write_status("batch/jobs", object, std::move(status), now);
}

}  // namespace driftwarden::sandbox::cluster
