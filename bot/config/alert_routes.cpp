#include "bot/config/alert_routes.hpp"

#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

bool is_of_team(const AlertFacts& facts, const std::string& team) {
  const auto& app = *facts.app;
  if (std::ranges::any_of(facts.teams, [&](const std::string& name) { return glob_match(team, name); })) return true;
  return std::ranges::any_of(app.owners, [&](const std::string& owner) { return glob_match(team, owner) || glob_match(team + "-team", owner); });
}

bool has_code_owner(const std::vector<std::string>& owners, const std::string& wanted) {
  return std::ranges::any_of(owners, [&](const std::string& owner) { return glob_match(to_lower(wanted), to_lower(owner)); });
}

bool matches(const AlertRoute& node, const AlertFacts& facts) {
  return matches(node.match, facts) && (node.code_owner.empty() || has_code_owner(facts.code_owners, node.code_owner));
}

std::string words_of(const AlertRoute& node) {
  if (node.code_owner.empty()) return to_string(node.match);
  const auto owner = "code_owner=" + node.code_owner;
  return node.match == AlertMatch{} ? owner : fmt::format("{} {}", to_string(node.match), owner);
}

void walk(const std::vector<AlertRoute>& nodes, const AlertFacts& facts, const std::string& above, Routed& routed) {
  for (std::size_t at = 0; at < nodes.size(); ++at) {
    const auto& node = nodes[at];
    if (!matches(node, facts)) continue;
    const auto place = fmt::format("{}routes[{}]", above, at);
    routed.way.push_back(fmt::format("{} ({})", place, words_of(node)));
    if (!node.channel.empty()) routed.channel = node.channel;
    if (!node.mention.empty()) routed.mention = node.mention;
    walk(node.routes, facts, place + ".", routed);
    return;
  }
}

/// The team whose channel the App goes to when it mustn't be spoken of elsewhere: a private one first.
const Team* team_with_channels(const Config& config, const App& app) {
  const Team* found = nullptr;
  for (const auto& team : config.teams) {
    if (team.channels.empty() || !has_app(team, app)) continue;
    if (team.is_private) return &team;
    if (found == nullptr) found = &team;
  }
  return found;
}

/// The team that takes an alert away from this channel, null when it may stay there.
const Team* keeper_of(const Config& config, const App& app, const std::string& channel) {
  return may_speak_of(config, app, channel) ? nullptr : team_with_channels(config, app);
}

}  // namespace

bool matches(const AlertMatch& match, const AlertFacts& facts) {
  if (facts.app == nullptr) return false;
  const auto& app = *facts.app;
  const auto fits = [](const std::string& pattern, const std::string& text) { return pattern.empty() || glob_match(pattern, text); };
  if (!fits(match.app, app.name) || !fits(match.cluster, app.cluster) || !fits(match.environment, app.environment) || !fits(match.namespace_, app.namespace_)) return false;
  if (!match.team.empty() && !is_of_team(facts, match.team)) return false;
  if (facts.of_app) return !match.cause && !match.severity;
  return (!match.cause || *match.cause == facts.cause) && (!match.severity || *match.severity == facts.severity);
}

bool may_be_meant(const Config& config, const AlertMatch& match, const App& app) {
  auto of_apps = match;
  of_apps.cause.reset();
  of_apps.severity.reset();
  return matches(of_apps, {.app = &app, .of_app = true, .teams = teams_of(config, app)});
}

Routed route(const Config& config, const AlertFacts& facts) {
  Routed routed;
  auto known = facts;
  if (facts.app != nullptr) {
    routed.channel = facts.app->channel;
    known.teams = teams_of(config, *facts.app);
  }
  walk(config.alerts.routes, known, "", routed);
  routed.by_default = routed.channel.empty();
  if (routed.by_default) routed.channel = config.slack.default_channel;
  const auto* keeper = facts.app == nullptr ? nullptr : keeper_of(config, *facts.app, routed.channel);
  if (keeper == nullptr) return routed;
  routed.way.push_back(fmt::format("teams[{}] ({} has channels of its own)", keeper - config.teams.data(), keeper->name));
  routed.channel = keeper->channels.front();
  routed.by_default = false;
  return routed;
}

std::string channel_of(const Config& config, const App& app) {
  if (app.channel.empty()) return route(config, {.app = &app, .of_app = true}).channel;
  const auto* keeper = keeper_of(config, app, app.channel);
  return keeper == nullptr ? app.channel : keeper->channels.front();
}

std::vector<std::string> teams_of(const Config& config, const App& app) {
  std::vector<std::string> names;
  for (const auto& team : config.teams) {
    if (has_app(team, app)) names.push_back(team.name);
  }
  return names;
}

bool same_channel(std::string_view one, std::string_view other) {
  if (one.starts_with('#')) one.remove_prefix(1);
  if (other.starts_with('#')) other.remove_prefix(1);
  return one == other;
}

}  // namespace driftwarden
