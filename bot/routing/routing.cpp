#include "bot/routing/routing.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

bool was_changed_live(Cause cause) {
  return cause == Cause::LiveEdited || cause == Cause::Both || cause == Cause::Missing || cause == Cause::Fight || cause == Cause::Stuck;
}

std::optional<Duration> find(const std::map<Cause, Duration>& durations, Cause cause) {
  const auto found = durations.find(cause);
  return found == durations.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace

Severity severity_of(const Config& config, const App& app, Cause cause) {
  const AlertFacts facts{.app = &app, .cause = cause};
  for (const auto& rule : config.alerts.severities) {
    if (matches(rule.match, facts)) return rule.is;
  }
  if (app.environment.starts_with("prod")) return was_changed_live(cause) ? Severity::Critical : Severity::Warning;
  return cause == Cause::GitAhead || app.orphans ? Severity::Info : Severity::Warning;
}

Duration hold_off(const Config& config, const App& app, Cause cause) {
  const auto& alerts = config.alerts;
  // What names the environment goes before what only matches it.
  if (const auto exact = alerts.hold_off_in.find(app.environment); exact != alerts.hold_off_in.end()) {
    if (const auto found = find(exact->second, cause)) return *found;
  }
  for (const auto& [environment, durations] : alerts.hold_off_in) {
    if (environment == app.environment || !glob_match(environment, app.environment)) continue;
    if (const auto found = find(durations, cause)) return *found;
  }
  return find(alerts.hold_off, cause).value_or(Duration{0});
}

std::optional<Duration> repeat_after(const Config& config, Severity severity) {
  const auto found = config.alerts.repeat.find(severity);
  if (found == config.alerts.repeat.end() || found->second <= Duration{0}) return std::nullopt;
  return found->second;
}

const Silence* silenced_by(const std::vector<Silence>& silences, const AlertFacts& facts, WallTime now) {
  const Silence* longest = nullptr;
  for (const auto& silence : silences) {
    if (!is_active(silence, now) || silence.since > now || !matches(silence.match, facts)) continue;
    if (longest == nullptr || silence.until > longest->until) longest = &silence;
  }
  return longest;
}

}  // namespace driftwarden
