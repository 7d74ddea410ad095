#include "integrations/argocd/sync_windows.hpp"

#include "gitops/base/text.hpp"
#include "integrations/argocd/cron.hpp"
#include "integrations/argocd/window_glob.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::argocd {
namespace {

constexpr Duration kAhead = std::chrono::hours{24 * 366};
constexpr Duration kMinute = std::chrono::minutes{1};
constexpr int kMostTurns = 50;  ///< one window after the other, until all let it pass

bool any_matches(const std::vector<std::string>& patterns, const std::string& text) {
  return !text.empty() && std::ranges::any_of(patterns, [&](const auto& pattern) { return window_glob_matches(pattern, text); });
}

bool matches(const SyncWindow& window, const Application& application) {
  struct List {
    bool given;
    bool matched;
  };
  const List lists[] = {
      {!window.applications.empty(), any_matches(window.applications, application.ref.name)},
      {!window.clusters.empty(), any_matches(window.clusters, application.destination_name) || any_matches(window.clusters, application.destination_server)},
      {!window.namespaces.empty(), any_matches(window.namespaces, application.destination_namespace)},
  };
  bool any = false;
  bool all = true;
  for (const auto& list : lists) {
    if (!list.given) continue;
    any = any || list.matched;
    all = all && list.matched;
  }
  return window.and_operator ? any && all : any;
}

std::string words_of(const SyncWindow& window) {
  return fmt::format("\"{}\" ({}, {})", window.schedule, format_duration(window.duration), window.time_zone);
}

/// How one window stands at a time.
struct Standing {
  const SyncWindow* window = nullptr;
  bool active = false;
  std::string broken{};
  std::optional<WallTime> changes{};  ///< ends, or begins; nothing = it never does
};

Standing standing_of(const SyncWindow& window, WallTime now, const ZoneOffset& offset) {
  Standing standing;
  standing.window = &window;
  standing.broken = window.broken;
  const auto ahead = window.time_zone == "UTC" ? std::optional<Duration>(Duration{0}) : offset(window.time_zone, now);
  if (!ahead && standing.broken.empty()) standing.broken = fmt::format("the time zone \"{}\" isn't known", window.time_zone);
  auto cron = window.cron;
  if (!cron && standing.broken.empty()) {
    const auto parsed = Cron::parse(window.schedule);
    if (parsed) cron = std::make_shared<const Cron>(*parsed);
    if (!parsed) standing.broken = parsed.error().message;
  }
  if (!standing.broken.empty()) return standing;
  if (cron->fires_always() && window.duration >= kMinute) {
    standing.active = true;
    return standing;
  }
  const auto local = now + *ahead;
  if (const auto began = cron->last(local, window.duration)) {
    standing.active = true;
    standing.changes = *began + window.duration - *ahead;
  } else if (const auto begins = cron->next(local, kAhead)) {
    standing.changes = *begins - *ahead;
  }
  return standing;
}

bool ends_later(const Standing& one, const Standing& other) {
  if (!other.changes) return false;
  return !one.changes || *one.changes > *other.changes;
}

/// The verdict now; `until` is when something changes that may open it.
WindowVerdict judge(const std::vector<const SyncWindow*>& windows, bool manual, WallTime now, const ZoneOffset& offset) {
  WindowVerdict verdict;
  std::vector<Standing> standings;
  for (const auto* window : windows) standings.push_back(standing_of(*window, now, offset));
  const auto close = [&](std::string why, std::optional<WallTime> until) {
    verdict.open = false;
    verdict.why = std::move(why);
    verdict.until = until;
    return verdict;
  };
  for (const auto& standing : standings) {
    if (!standing.broken.empty()) return close(fmt::format("the sync window \"{}\" can't be read, so it counts as closed: {}", standing.window->schedule, standing.broken), std::nullopt);
  }
  const Standing* deny = nullptr;
  bool denies_let_manual = true;
  bool open_allow = false;
  const Standing* allow = nullptr;
  bool allows_let_manual = true;
  for (const auto& standing : standings) {
    const auto& window = *standing.window;
    if (!window.allow && standing.active) {
      if (deny == nullptr || ends_later(standing, *deny)) deny = &standing;
      denies_let_manual = denies_let_manual && window.manual_sync;
    }
    if (!window.allow) continue;
    open_allow = open_allow || standing.active;
    if (standing.active) continue;
    if (allow == nullptr || (standing.changes && (!allow->changes || *standing.changes < *allow->changes))) allow = &standing;
    allows_let_manual = allows_let_manual && window.manual_sync;
  }
  if (deny != nullptr) {
    if (manual && denies_let_manual) return verdict;
    return close(fmt::format("the deny window {} is active", words_of(*deny->window)), deny->changes);
  }
  if (open_allow || allow == nullptr || (manual && allows_let_manual)) return verdict;
  return close(fmt::format("the allow window {} isn't open", words_of(*allow->window)), allow->changes);
}

WindowVerdict verdict_of(const std::vector<const SyncWindow*>& windows, bool manual, WallTime now, const ZoneOffset& offset) {
  auto verdict = judge(windows, manual, now, offset);
  if (verdict.open) return verdict;
  // Where one window ends another may go on.
  for (int turn = 0; verdict.until && turn < kMostTurns; ++turn) {
    const auto then = judge(windows, manual, *verdict.until, offset);
    if (then.open) return verdict;
    if (then.until && *then.until <= *verdict.until) break;
    verdict.until = then.until;
  }
  verdict.until.reset();
  return verdict;
}

}  // namespace

WindowVerdict may_sync(const Project& project, const Application& application, bool manual, WallTime now, const ZoneOffset& offset, WindowMemo* memo) {
  std::vector<const SyncWindow*> windows;
  for (const auto& window : project.windows) {
    if (matches(window, application)) windows.push_back(&window);
  }
  if (windows.empty()) return WindowVerdict{};
  if (memo == nullptr) return verdict_of(windows, manual, now, offset);
  const auto [known, is_new] = memo->known.try_emplace(std::make_pair(windows, manual));
  if (is_new) known->second = verdict_of(windows, manual, now, offset);
  return known->second;
}

Result<std::optional<WallTime>> last_fire(const std::string& schedule, WallTime at, Duration back) {
  TRY(const auto cron, Cron::parse(schedule));
  return cron.last(at, back);
}

}  // namespace driftwarden::argocd
