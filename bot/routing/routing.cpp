#include "bot/routing/routing.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

bool was_changed_live(Cause cause) {
  return cause == Cause::LiveEdited || cause == Cause::Both || cause == Cause::Missing || cause == Cause::Fight || cause == Cause::Stuck;
}

constexpr Duration kUnknownHoldOff{15'000};

std::optional<Duration> find(const std::map<Cause, Duration>& durations, Cause cause) {
  const auto found = durations.find(cause);
  return found == durations.end() ? std::nullopt : std::optional{found->second};
}

std::ptrdiff_t literals_of(const std::string& pattern) {
  return std::ranges::count_if(pattern, [](char c) { return c != '*' && c != '?'; });
}

/// What speaks of the environment, the one that says most first: its name, then the patterns with the most letters of it.
std::vector<const std::map<Cause, Duration>*> hold_offs_in(const AlertsConfig& alerts, const std::string& environment) {
  using Entry = decltype(alerts.hold_off_in)::value_type;
  std::vector<const Entry*> found;
  for (const auto& entry : alerts.hold_off_in) {
    if (entry.first == environment || glob_match(entry.first, environment)) found.push_back(&entry);
  }
  std::ranges::stable_sort(found, [&](const Entry* one, const Entry* other) {
    if ((one->first == environment) != (other->first == environment)) return one->first == environment;
    return literals_of(one->first) > literals_of(other->first);
  });
  std::vector<const std::map<Cause, Duration>*> durations;
  for (const auto* entry : found) durations.push_back(&entry->second);
  return durations;
}

bool counts(const Silence& silence, const AlertFacts& facts) {
  if (!facts.silencers) return true;
  return std::ranges::any_of(*facts.silencers, [&](const PersonId& who) { return who == "*" || who == silence.owner; });
}

}  // namespace

Severity severity_of(const Config& config, const App& app, Cause cause) {
  const AlertFacts facts{.app = &app, .cause = cause, .teams = teams_of(config, app)};
  for (const auto& rule : config.alerts.severities) {
    if (matches(rule.match, facts)) return rule.is;
  }
  if (app.environment.starts_with("prod")) return was_changed_live(cause) ? Severity::Critical : Severity::Warning;
  return cause == Cause::GitAhead || app.orphans ? Severity::Info : Severity::Warning;
}

Duration hold_off(const Config& config, const App& app, Cause cause) {
  for (const auto* durations : hold_offs_in(config.alerts, app.environment)) {
    if (const auto found = find(*durations, cause)) return *found;
  }
  return find(config.alerts.hold_off, cause).value_or(cause == Cause::Unknown ? kUnknownHoldOff : Duration{0});
}

std::optional<Duration> repeat_after(const Config& config, Severity severity) {
  const auto found = config.alerts.repeat.find(severity);
  if (found == config.alerts.repeat.end() || found->second <= Duration{0}) return std::nullopt;
  return found->second;
}

const Silence* silenced_by(const std::vector<Silence>& silences, const AlertFacts& facts, WallTime now) {
  const Silence* longest = nullptr;
  for (const auto& silence : silences) {
    if (!is_active(silence, now) || silence.since > now || !matches(silence.match, facts) || !counts(silence, facts)) continue;
    if (longest == nullptr || silence.until > longest->until) longest = &silence;
  }
  return longest;
}

}  // namespace driftwarden
