#include "bot/config/teams.hpp"

#include "bot/config/alert_routes.hpp"
#include "bot/config/policy.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

bool any_glob(const std::vector<std::string>& globs, std::string_view text) {
  return std::ranges::any_of(globs, [&](const std::string& glob) { return glob_match(glob, text); });
}

bool holds(const std::vector<std::string>& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

bool is_party(const Config& config, const std::vector<std::string>& parties, const PersonId& who, const App* app) {
  if (who.empty()) return false;
  return std::ranges::any_of(parties, [&](const std::string& party) { return party == "*" || holds(members_of(config, party, app), who); });
}

/// Every verb on every App, without limits.
bool is_for_all(const PolicyRule& rule) { return holds(rule.may, "*") && (rule.apps.empty() || holds(rule.apps, "*")); }

}  // namespace

bool has_app(const Team& team, const App& app) {
  return !app.name.empty() && any_glob(team.apps, app.name) && (team.environments.empty() || any_glob(team.environments, app.environment));
}

bool is_member(const Config& config, const Team& team, const PersonId& who) {
  if (is_party(config, team.members, who, nullptr)) return true;
  const auto* person = person_by_slack(config, who);
  return person != nullptr && is_party(config, team.members, person->name, nullptr);
}

bool is_visible(const Config& config, const PersonId& who, const App& app) {
  bool hidden = false;
  for (const auto& team : config.teams) {
    if (!team.is_private || !has_app(team, app)) continue;
    if (is_member(config, team, who)) return true;
    hidden = true;
  }
  if (!hidden) return true;
  const auto* person = person_by_slack(config, who);
  return std::ranges::any_of(config.policy.rules, [&](const PolicyRule& rule) {
    return is_for_all(rule) && (is_party(config, rule.who, who, &app) || (person != nullptr && is_party(config, rule.who, person->name, &app)));
  });
}

std::string private_words(const Config& config, const App& app) {
  for (std::size_t at = 0; at < config.teams.size(); ++at) {
    const auto& team = config.teams[at];
    if (team.is_private && has_app(team, app)) return fmt::format("teams[{}] ({} is private)", at, team.name);
  }
  return {};
}

bool may_speak_of(const Config& config, const App& app, const std::string& channel) {
  const bool is_dm = channel.starts_with('D') && std::ranges::none_of(channel, [](char c) { return c >= 'a' && c <= 'z'; });
  if (is_dm) return true;
  const auto same = [&](const std::string& named) { return same_channel(named, channel); };
  bool limited = false;
  for (const auto& team : config.teams) {
    if (team.channels.empty() || !has_app(team, app)) continue;
    if (std::ranges::any_of(team.channels, same)) return true;
    limited = true;
  }
  return !limited;
}

}  // namespace driftwarden
