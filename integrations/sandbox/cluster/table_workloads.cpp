#include "integrations/sandbox/cluster/table_cells.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <map>

namespace driftwarden::sandbox::cluster {
namespace {

std::string joined(const Json& list, const char* key) {
  std::string out;
  for (const auto& one : list) out += (out.empty() ? "" : ",") + text_at(one, {key});
  return out;
}

const Json& containers(const Json& object) {
  const Json& own = array_at(object, {"spec", "template", "spec", "containers"});
  return own.empty() ? array_at(object, {"spec", "jobTemplate", "spec", "template", "spec", "containers"}) : own;
}

std::string selector(const Json& value) {
  std::string out;
  for (const auto& [key, one] : object_at(value, {"matchLabels"}).items()) out += (out.empty() ? "" : ",") + key + "=" + one.get<std::string>();
  for (const auto& one : array_at(value, {"matchExpressions"}))
    out += (out.empty() ? "" : ",") + text_at(one, {"key"}) + " " + to_lower(text_at(one, {"operator"}));
  return out.empty() ? "<none>" : out;
}

Column containers_column() {
  return {"Containers", [](const Json& object, WallTime) { return Json(joined(containers(object), "name")); }, "string", 1};
}

Column images_column() {
  return {"Images", [](const Json& object, WallTime) { return Json(joined(containers(object), "image")); }, "string", 1};
}

Column selector_column() {
  return {"Selector", [](const Json& object, WallTime) { return Json(selector(object_at(object, {"spec", "selector"}))); }, "string", 1};
}

/// A number of spec or status.
Column count(const char* name, const char* part, const char* field) {
  return {name, [part, field](const Json& object, WallTime) { return Json(int_at(object, {part, field})); }, "integer"};
}

std::string of_total(long long ready, long long total) { return fmt::format("{}/{}", ready, total); }

std::string pod_status(const Json& pod) {
  auto reason = text_at(pod, {"status", "reason"});
  if (reason.empty()) reason = text_at(pod, {"status", "phase"});
  for (const auto& one : array_at(pod, {"status", "containerStatuses"})) {
    if (const auto waiting = text_at(one, {"state", "waiting", "reason"}); !waiting.empty()) reason = waiting;
    if (const auto ended = text_at(one, {"state", "terminated", "reason"}); !ended.empty()) reason = ended;
  }
  return find(pod, {"metadata", "deletionTimestamp"}) != nullptr ? "Terminating" : reason;
}

long long ready_containers(const Json& pod) {
  long long out = 0;
  for (const auto& one : array_at(pod, {"status", "containerStatuses"})) out += bool_at(one, {"ready"}) ? 1 : 0;
  return out;
}

long long restarts(const Json& pod) {
  long long out = 0;
  for (const auto& one : array_at(pod, {"status", "containerStatuses"})) out += int_at(one, {"restartCount"});
  return out;
}

std::string or_none(const std::string& text) { return text.empty() ? "<none>" : text; }

std::vector<Column> pod_columns() {
  return {name_column(),
          {"Ready",
           [](const Json& pod, WallTime) {
             return Json(of_total(ready_containers(pod), static_cast<long long>(array_at(pod, {"spec", "containers"}).size())));
           }},
          {"Status", [](const Json& pod, WallTime) { return Json(pod_status(pod)); }},
          {"Restarts", [](const Json& pod, WallTime) { return Json(std::to_string(restarts(pod))); }},
          age_column(),
          {"IP",
           [](const Json& pod, WallTime) {
             return Json(or_none(text_at(pod, {"status", "podIP"})));
           },
           "string", 1},
          {"Node",
           [](const Json& pod, WallTime) {
             return Json(or_none(text_at(pod, {"spec", "nodeName"})));
           },
           "string", 1},
          {"Nominated Node",
           [](const Json& pod, WallTime) {
             return Json(or_none(text_at(pod, {"status", "nominatedNodeName"})));
           },
           "string", 1},
          {"Readiness Gates", [](const Json&, WallTime) { return Json("<none>"); }, "string", 1}};
}

std::vector<Column> deployment_columns() {
  return {name_column(),
          {"Ready",
           [](const Json& object, WallTime) {
             return Json(of_total(int_at(object, {"status", "readyReplicas"}), int_at(object, {"spec", "replicas"})));
           }},
          {"Up-to-date",
           [](const Json& object, WallTime) {
             return Json(int_at(object, {"status", "updatedReplicas"}));
           }},
          {"Available",
           [](const Json& object, WallTime) {
             return Json(int_at(object, {"status", "availableReplicas"}));
           }},
          age_column(),
          containers_column(),
          images_column(),
          selector_column()};
}

std::vector<Column> replica_columns() {
  return {name_column(),
          count("Desired", "spec", "replicas"),
          count("Current", "status", "replicas"),
          count("Ready", "status", "readyReplicas"),
          age_column(),
          containers_column(),
          images_column(),
          selector_column()};
}

std::vector<Column> stateful_columns() {
  return {name_column(),
          {"Ready",
           [](const Json& object, WallTime) {
             return Json(of_total(int_at(object, {"status", "readyReplicas"}), int_at(object, {"spec", "replicas"})));
           }},
          age_column(),
          containers_column(),
          images_column()};
}

std::vector<Column> daemon_columns() {
  return {name_column(),
          count("Desired", "status", "desiredNumberScheduled"),
          count("Current", "status", "currentNumberScheduled"),
          count("Ready", "status", "numberReady"),
          count("Up-to-date", "status", "updatedNumberScheduled"),
          count("Available", "status", "numberAvailable"),
          {"Node Selector",
           [](const Json& object, WallTime) {
             return Json(selector(Json{{"matchLabels", object_at(object, {"spec", "template", "spec", "nodeSelector"})}}));
           }},
          age_column(),
          containers_column(),
          images_column(),
          selector_column()};
}

std::string job_status(const Json& job) {
  for (const auto& one : array_at(job, {"status", "conditions"})) {
    if (text_at(one, {"status"}) == "True" &&
        (text_at(one, {"type"}) == "Complete" || text_at(one, {"type"}) == "Failed" || text_at(one, {"type"}) == "Suspended"))
      return text_at(one, {"type"});
  }
  return find(job, {"metadata", "deletionTimestamp"}) != nullptr ? "Terminating" : "Running";
}

std::string job_duration(const Json& job, WallTime now) {
  const auto start = parse_time(text_at(job, {"status", "startTime"}));
  if (!start) return "";
  const auto end = parse_time(text_at(job, {"status", "completionTime"}));
  return human_duration((end ? end.value() : now) - start.value());
}

std::vector<Column> job_columns() {
  return {name_column(),
          {"Status", [](const Json& job, WallTime) { return Json(job_status(job)); }},
          {"Completions",
           [](const Json& job, WallTime) {
             return Json(of_total(int_at(job, {"status", "succeeded"}), int_at(job, {"spec", "completions"}, 1)));
           }},
          {"Duration", [](const Json& job, WallTime now) { return Json(job_duration(job, now)); }},
          age_column(),
          containers_column(),
          images_column(),
          selector_column()};
}

std::vector<Column> cron_columns() {
  return {name_column(),
          {"Schedule",
           [](const Json& job, WallTime) {
             return Json(text_at(job, {"spec", "schedule"}));
           }},
          {"Timezone",
           [](const Json& job, WallTime) {
             return Json(or_none(text_at(job, {"spec", "timeZone"})));
           }},
          {"Suspend",
           [](const Json& job, WallTime) {
             return Json(bool_at(job, {"spec", "suspend"}) ? "True" : "False");
           },
           "boolean"},
          {"Active",
           [](const Json& job, WallTime) {
             return Json(array_at(job, {"status", "active"}).size());
           },
           "integer"},
          {"Last Schedule",
           [](const Json& job, WallTime now) {
             const auto last = text_at(job, {"status", "lastScheduleTime"});
             return Json(last.empty() ? "<none>" : age_since(last, now));
           }},
          age_column(),
          containers_column(),
          images_column(),
          selector_column()};
}

}  // namespace

const std::vector<Column>* workload_columns(const std::string& kind) {
  static const std::map<std::string, std::vector<Column>> table{
      {"Pod", pod_columns()},
      {"Deployment", deployment_columns()},
      {"ReplicaSet", replica_columns()},
      {"ReplicationController", replica_columns()},
      {"StatefulSet", stateful_columns()},
      {"DaemonSet", daemon_columns()},
      {"Job", job_columns()},
      {"CronJob", cron_columns()},
  };
  const auto found = table.find(kind);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace driftwarden::sandbox::cluster
