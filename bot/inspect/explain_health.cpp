#include "bot/inspect/app_objects.hpp"
#include "bot/inspect/read_json.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

using inspect::list_at;
using inspect::text_at;

constexpr std::size_t kObjectsLookedAt = 40;
constexpr std::size_t kPodsShown = 3;
constexpr std::size_t kWarningsShown = 3;
constexpr std::size_t kLongestLine = 300;
constexpr std::size_t kLongestWords = 200;
constexpr Duration kWarningIsNews = std::chrono::hours{1};

bool has_health(const ObjectRef& ref) {
  return inspect::runs_pods(ref.group_kind()) || (ref.group.empty() && (ref.kind == "PersistentVolumeClaim" || ref.kind == "Service"));
}

/// "Deployment/web degraded: its rollout exceeded ...; ReplicaFailure: quota exceeded"
std::string object_line(const ObjectRef& ref, const nlohmann::json& object, const kubernetes::HealthReport& health) {
  auto line = fmt::format("{} {}: {}", inspect::label_of(ref), kubernetes::to_string(health.health), health.why);
  for (const auto& one : list_at(object, {"status", "conditions"})) {
    const auto type = text_at(one, {"type"});
    const auto status = text_at(one, {"status"});
    const bool failing = (type == "ReplicaFailure" || type == "Failed") ? status == "True" : status == "False";
    const auto message = text_at(one, {"message"});
    if (failing && !message.empty() && line.find(message) == std::string::npos) line += fmt::format("; {}: {}", type, message);
  }
  return line;
}

/// The container that is in the way.
const ContainerState* failing_container(const PodRow& pod) {
  const ContainerState* found = nullptr;
  for (const auto& one : pod.containers) {
    if (!one.ready && (one.restarts > 0 || one.state.starts_with("terminated")) && (found == nullptr || one.init)) found = &one;
  }
  return found;
}

/// What it said before it ended, on one line, redacted; "" when there is nothing to be had.
asio::awaitable<std::string> last_words(kubernetes::Cluster& cluster, PodRow pod) {
  const auto* container = failing_container(pod);
  if (container == nullptr) co_return std::string();
  kubernetes::LogQuery query;
  query.namespace_ = pod.namespace_;
  query.pod = pod.name;
  query.container = container->name;
  query.previous = container->state.starts_with("running");
  query.tail = 30;
  query.limit_bytes = 64U << 10U;
  const auto log = co_await cluster.logs(std::move(query));
  if (!log) co_return std::string();
  auto lines = split(redact_log(*log), '\n');
  std::erase_if(lines, [](const std::string& line) { return trim(line).empty(); });
  if (lines.empty()) co_return std::string();
  co_return ellipsize(without_control_characters(trim(lines.back())), kLongestWords);
}

std::string pod_line(const PodRow& pod) {
  int restarts = 0;
  for (const auto& one : pod.containers) restarts += one.restarts;
  auto line = fmt::format("Pod/{} {}", pod.name, pod.phase);
  if (restarts > 0) line += fmt::format(", {} {}", restarts, restarts == 1 ? "restart" : "restarts");
  if (!pod.why.empty()) line += ": " + pod.why;
  return line;
}

bool is_said(const std::vector<std::string>& lines, const std::string& message) {
  return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(message) != std::string::npos; });
}

}  // namespace

asio::awaitable<Result<HealthExplained>> explain_health(Fleet& fleet, App app, WallTime now, bool with_last_words) {
  const auto objects = inspect::objects_of(fleet, app);
  if (!objects) co_return objects.error();
  auto cluster = inspect::cluster_of(fleet, app);
  if (!cluster) co_return cluster.error();
  std::vector<std::pair<kubernetes::Health, std::string>> ailing;
  std::size_t looked_at = 0;
  for (const auto& manifest : *objects) {
    if (!has_health(manifest.ref) || looked_at++ >= kObjectsLookedAt) continue;
    const auto live = fleet.live(app, manifest.ref);
    if (live == nullptr || !inspect::is_own(app, manifest.ref, *live)) continue;  // that is drift, and told as such
    const auto health = kubernetes::health_of(*live);
    if (health.health != kubernetes::Health::Healthy) ailing.emplace_back(health.health, object_line(manifest.ref, *live, health));
  }
  std::ranges::stable_sort(ailing, [](const auto& a, const auto& b) { return (a.first == kubernetes::Health::Degraded) > (b.first == kubernetes::Health::Degraded); });
  HealthExplained explained;
  auto& lines = explained.lines;
  for (auto& [health, line] : ailing) lines.push_back(ellipsize(redact_log(line), kLongestLine));

  auto rows = co_await find_pods(fleet, app);
  if (!rows) co_return rows.error();
  const auto in_trouble = static_cast<std::size_t>(std::ranges::count_if(*rows, inspect::is_in_trouble));
  for (std::size_t i = 0; i < rows->size() && i < std::min(in_trouble, kPodsShown); ++i) {
    auto line = ellipsize(pod_line((*rows)[i]), kLongestLine);
    std::string words;
    if (with_last_words) words = co_await last_words(**cluster, (*rows)[i]);
    if (!words.empty()) {
      line += "; its last words: " + words;
      explained.logs_read.push_back((*rows)[i].name + "/" + failing_container((*rows)[i])->name);
    }
    lines.push_back(std::move(line));
  }
  if (in_trouble > kPodsShown) lines.push_back(fmt::format("{} more pods in trouble", in_trouble - kPodsShown));

  std::vector<ObjectRef> more;
  for (const auto& row : *rows) more.push_back({"", "v1", "Pod", row.namespace_, row.name});
  auto refs = inspect::own_refs(fleet, app, *objects);
  auto events = co_await inspect::fetch_events(**cluster, std::move(refs), std::move(more));
  if (!events) co_return explained;  // what was found is worth telling without them
  std::size_t shown = 0;
  for (const auto& event : sorted_events(std::move(*events), 50)) {
    const bool old = !event.last || now - *event.last > kWarningIsNews;
    if (event.type != "Warning" || shown == kWarningsShown || old || is_said(lines, event.message)) continue;
    ++shown;
    lines.push_back(ellipsize(fmt::format("{} {}{}, {} ago: {}", event.object, event.reason, event.count > 1 ? fmt::format(" x{}", event.count) : "",
                                          format_age(std::max(Duration{0}, now - *event.last)), event.message), kLongestLine));
  }
  co_return explained;
}

}  // namespace driftwarden
