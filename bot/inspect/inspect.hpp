#pragma once
// Looks only at what is the App's own: live objects that bear its tracking annotation, or that are in Git and in the App's namespace without another's.
// What runs: pods, events and logs of an App, read from its cluster with the bot's rights, redacted, and bounded. Nothing here writes.
#include "bot/inspect/rows.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/text.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// Deployment, StatefulSet, Job and the like, and Pod itself.
bool has_pods(const GroupKind& kind);

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
struct HealthExplained {
  std::vector<std::string> lines;
  std::vector<std::string> logs_read;  ///< whose last words are among them: "web-5d4f/app"
};
/// The pods' last words only for those who may read logs.
asio::awaitable<Result<HealthExplained>> explain_health(Fleet& fleet, App app, WallTime now, bool with_last_words);
/// "only 40 of 57 workloads were looked at", "" when all are.
std::string workloads_left_out(Fleet& fleet, const App& app);

}  // namespace driftwarden
