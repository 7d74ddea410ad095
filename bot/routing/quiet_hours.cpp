// When alerts may be told: quiet hours by the clocks of their zone.
#include "bot/config/time_zone.hpp"
#include "bot/routing/routing.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

using std::chrono::days;
using std::chrono::minutes;

WallTime local_time(const QuietHours& quiet, WallTime now) { return now + (quiet.time_zone == nullptr ? std::chrono::seconds{0} : quiet.time_zone->offset_at(now)); }
WallTime world_time(const QuietHours& quiet, WallTime local) { return quiet.time_zone == nullptr ? local : quiet.time_zone->from_local(local); }

/// The end of the quiet stretch that `now` is in, nothing when it is in none.
std::optional<WallTime> end_of_stretch(const QuietHours& quiet, WallTime now) {
  const auto local = local_time(quiet, now);
  const auto midnight = std::chrono::floor<days>(local);
  const auto weekday = static_cast<int>(std::chrono::weekday{midnight}.iso_encoding()) - 1;
  const auto minute = static_cast<int>(std::chrono::floor<minutes>(local - midnight).count());
  if (std::ranges::find(quiet.days, weekday) != quiet.days.end()) return world_time(quiet, midnight + days{1});
  if (quiet.from == quiet.until) return std::nullopt;
  if (quiet.from < quiet.until) {
    const bool within = minute >= quiet.from && minute < quiet.until;
    return within ? std::optional{world_time(quiet, midnight + minutes{quiet.until})} : std::nullopt;
  }
  if (minute >= quiet.from) return world_time(quiet, midnight + days{1} + minutes{quiet.until});
  return minute < quiet.until ? std::optional{world_time(quiet, midnight + minutes{quiet.until})} : std::nullopt;
}

bool is_about(const QuietHours& quiet, const AlertFacts& facts, const std::string& channel) {
  if (facts.severity >= quiet.except) return false;
  return quiet.channels.empty() || std::ranges::any_of(quiet.channels, [&](const std::string& named) { return same_channel(named, channel); });
}

}  // namespace

std::optional<WallTime> quiet_until(const Config& config, const AlertFacts& facts, const std::string& channel, WallTime now) {
  // One stretch may end in another; who is never to be told is asked again after a week.
  const auto latest = now + days{7};
  auto free = now;
  for (bool moved = true; moved && free < latest;) {
    moved = false;
    for (const auto& quiet : config.alerts.quiet_hours) {
      if (!is_about(quiet, facts, channel)) continue;
      const auto end = end_of_stretch(quiet, free);
      if (!end || *end <= free) continue;
      free = *end;
      moved = true;
    }
  }
  return free == now ? std::nullopt : std::optional{free};
}

}  // namespace driftwarden
