// When: freezes.
#include "bot/config/policy.hpp"
#include "bot/config/syntax.hpp"
#include "bot/config/time_zone.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

int minute_of_week(const FreezeConfig& freeze, WallTime now) {
  const auto offset = freeze.time_zone == nullptr ? std::chrono::seconds{0} : freeze.time_zone->offset_at(now);
  const auto local = std::chrono::floor<std::chrono::minutes>(now + offset);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto weekday = static_cast<int>(std::chrono::weekday{day}.iso_encoding()) - 1;
  return weekday * 24 * 60 + static_cast<int>((local - day).count());
}

bool any_glob(const std::vector<std::string>& globs, std::string_view text) {
  return globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) { return glob_match(glob, text); });
}

bool is_time_of(const FreezeConfig& freeze, WallTime now) {
  if (freeze.begins && freeze.ends) return now >= *freeze.begins && now < *freeze.ends;
  return contains(freeze.window, minute_of_week(freeze, now));
}

bool holds(const FreezeConfig& freeze, const App& app, WallTime now) {
  return any_glob(freeze.environments, app.environment) && any_glob(freeze.apps, app.name) && is_time_of(freeze, now);
}

/// 0 means that nothing overrides it.
bool is_harder(const FreezeConfig& one, const FreezeConfig& other) {
  if (one.override_need == 0 || other.override_need == 0) return one.override_need == 0 && other.override_need != 0;
  return one.override_need > other.override_need;
}

}  // namespace

std::string end_words(const FreezeConfig& freeze) {
  if (!freeze.ends) return fmt::format("{} {}", week_moment(freeze.window.until), freeze.zone);
  const auto offset = freeze.time_zone == nullptr ? std::chrono::seconds{0} : freeze.time_zone->offset_at(*freeze.ends);
  auto local = format_time(*freeze.ends + offset).substr(0, 16);  // 2027-01-02T08:00
  local[10] = ' ';
  return fmt::format("{} {}", local, freeze.zone);
}

const FreezeConfig* find_active_freeze(const Config& config, const App& app, WallTime now) {
  const FreezeConfig* hardest = nullptr;
  for (const auto& freeze : config.policy.freezes) {
    if (holds(freeze, app, now) && (hardest == nullptr || is_harder(freeze, *hardest))) hardest = &freeze;
  }
  return hardest;
}

std::optional<std::string> active_freeze(const Config& config, const App& app, WallTime now) {
  const auto* freeze = find_active_freeze(config, app, now);
  if (freeze == nullptr) return std::nullopt;
  return fmt::format("{}, until {}", freeze->name, end_words(*freeze));
}

}  // namespace driftwarden
