#pragma once
// Whether an AppProject's sync windows let an Application be synced at a time. Pure.
#include "gitops/base/clock.hpp"
#include "integrations/argocd/application.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace driftwarden::argocd {

/// Minutes that a zone is ahead of UTC at a time; nothing for a zone that isn't known (the window then counts as closed).
using ZoneOffset = std::function<std::optional<Duration>(const std::string& zone, WallTime at)>;

struct WindowVerdict {
  bool open = true;
  std::string why{};               ///< for people, when closed: "the deny window \"0 8 * * *\" (4h, Europe/Berlin) is active"
  std::optional<WallTime> until{}; ///< when it opens, as far as that is known
};
/// Verdicts at one time, of projects that stay where they are meanwhile: thousands of Applications have the same windows.
struct WindowMemo {
  std::map<std::pair<std::vector<const SyncWindow*>, bool>, WindowVerdict> known{};
};
/// `manual`: somebody asked for it, as opposed to automated syncs. `memo`: of this `now` alone.
WindowVerdict may_sync(const Project& project, const Application& application, bool manual, WallTime now, const ZoneOffset& offset, WindowMemo* memo = nullptr);

/// The last time at or before `at` at which a cron schedule (minute hour day month weekday; lists, ranges, steps, names) fires, within `back`.
/// InvalidInput says which field is wrong. Times are local to the caller.
Result<std::optional<WallTime>> last_fire(const std::string& schedule, WallTime at, Duration back);

}  // namespace driftwarden::argocd
