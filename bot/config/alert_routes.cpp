#include "bot/config/alert_routes.hpp"

#include "bot/config/policy.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

bool is_owned_by(const App& app, const std::string& team) {
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

}  // namespace

bool matches(const AlertMatch& match, const AlertFacts& facts) {
  if (facts.app == nullptr) return false;
  const auto& app = *facts.app;
  const auto fits = [](const std::string& pattern, const std::string& text) { return pattern.empty() || glob_match(pattern, text); };
  if (!fits(match.app, app.name) || !fits(match.cluster, app.cluster) || !fits(match.environment, app.environment) || !fits(match.namespace_, app.namespace_)) return false;
  if (!match.team.empty() && !is_owned_by(app, match.team)) return false;
  if (facts.of_app) return !match.cause && !match.severity;
  return (!match.cause || *match.cause == facts.cause) && (!match.severity || *match.severity == facts.severity);
}

bool may_be_meant(const AlertMatch& match, const App& app) {
  auto of_apps = match;
  of_apps.cause.reset();
  of_apps.severity.reset();
  return matches(of_apps, {.app = &app, .of_app = true});
}

Routed route(const Config& config, const AlertFacts& facts) {
  Routed routed;
  if (facts.app != nullptr) routed.channel = facts.app->channel;
  walk(config.alerts.routes, facts, "", routed);
  if (routed.channel.empty()) routed.channel = config.slack.default_channel;
  return routed;
}

std::string channel_of(const Config& config, const App& app) {
  return app.channel.empty() ? route(config, {.app = &app, .of_app = true}).channel : app.channel;
}

}  // namespace driftwarden
