#pragma once
// What runs: pods, events and logs of an App, read from its cluster with the bot's rights, redacted, and bounded. Nothing here writes.
#include "bot/watch/fleet.hpp"
#include "gitops/base/text.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct ContainerState {
  std::string name;
  std::string image;
  bool init = false;
  bool ready = false;
  std::string state;    ///< "running", "waiting: CrashLoopBackOff", "terminated: OOMKilled (137)"
  std::string last;     ///< how it ended before, "" = it didn't
  int restarts = 0;
  std::optional<WallTime> since;
};

struct PodRow {
  std::string name;
  std::string workload;  ///< "Deployment/web"
  std::string phase;     ///< as kubectl's STATUS column says: "Running", "CrashLoopBackOff", "Init:0/1"
  std::string node;
  std::string why;       ///< the condition that keeps it from being ready, in words
  std::vector<ContainerState> containers;
  std::optional<WallTime> created;
  bool ready = false;
};

struct EventRow {
  std::string object;  ///< "Pod/web-5d4f"
  std::string type;    ///< "Warning", "Normal"
  std::string reason;
  std::string message; ///< redacted
  int count = 1;
  std::optional<WallTime> last;
};

struct LogsAsked {
  std::string pod;        ///< "" = chosen: all pods of the workload
  std::string workload;   ///< "Deployment/web" or "web", "" = all
  std::string container;  ///< "" = the main one of each
  bool previous = false;
  std::optional<Duration> since;
  std::size_t tail = 100;
  std::string grep;       ///< only lines that contain it, without case
};

struct LogText {
  std::vector<std::string> sources;  ///< "web-5d4f/app"
  std::string text;                  ///< redacted; of several sources each line begins with its pod
  std::size_t lines = 0;
  bool cut = false;                  ///< there was more than `tail` or the limit of bytes
  std::vector<std::string> troubles; ///< "web-5d4f: container app isn't started: CrashLoopBackOff"
};

// Pure: from the API's objects.
PodRow pod_row(const nlohmann::json& pod, const std::string& workload);
EventRow event_row(const nlohmann::json& event);
/// The worst first: a Warning before Normal, the newest first; what repeats is one row.
std::vector<EventRow> sorted_events(std::vector<EventRow> rows, std::size_t limit);

/// Passwords, tokens, keys and the values of what is called so, as far as a line shows them: `***` in their place.
std::string redact_log(std::string_view text);

/// Pods of the App's workloads, those in trouble first. Errors: as of the cluster, with the right that lacks named.
asio::awaitable<Result<std::vector<PodRow>>> find_pods(Fleet& fleet, App app);
asio::awaitable<Result<std::vector<EventRow>>> find_events(Fleet& fleet, App app, std::size_t limit);
asio::awaitable<Result<LogText>> read_logs(Fleet& fleet, App app, LogsAsked asked);
/// One object as `kubectl describe` would tell, from what is live: identity, owners, conditions, containers, events. Secret values are hidden.
asio::awaitable<Result<std::string>> describe(Fleet& fleet, const Redactor& redactor, App app, std::string object, WallTime now);
/// Why it isn't healthy, a line each, worst first: failing conditions, pods in trouble with their last words, newest warnings. Empty: nothing found.
asio::awaitable<Result<std::vector<std::string>>> explain_health(Fleet& fleet, App app, WallTime now);

}  // namespace driftwarden
