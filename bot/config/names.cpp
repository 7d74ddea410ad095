// Names used in one place must exist in another.
#include "bot/config/alert_routes.hpp"
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "bot/config/teams.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

struct Known {
  std::vector<std::string> clusters, repositories, plugins, parties, environments;
};

Known known_names(const Config& config) {
  Known known;
  for (const auto& cluster : config.clusters) {
    known.clusters.push_back(cluster.name);
    if (!cluster.environment.empty()) known.environments.push_back(cluster.environment);
  }
  for (const auto& repository : config.repositories) known.repositories.push_back(repository.name);
  for (const auto& plugin : config.plugins) known.plugins.push_back(plugin.name);
  for (const auto& app : config.apps) {
    if (!app.environment.empty()) known.environments.push_back(app.environment);
  }
  for (const auto& rule : config.discover) {
    if (!rule.app.environment.empty()) known.environments.push_back(rule.app.environment);
  }
  known.parties.emplace_back("owners");
  for (const auto& person : config.people) known.parties.push_back(person.name);
  for (const auto& group : config.groups) known.parties.push_back(group.name);
  return known;
}

bool contains(const std::vector<std::string>& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); }

void must_exist(ConfigReading& reading, const NameUse& use, std::string_view what, const std::vector<std::string>& names, std::string_view list) {
  if (contains(names, use.name)) return;
  const auto near = nearest(use.name, names);
  auto expected = near ? fmt::format("\"{}\"", *near) : fmt::format("a name from {}", list);
  if (!near && !names.empty() && names.size() <= 8) expected += fmt::format(" ({})", join(names, ", "));
  reading.mistake(*use.node, fmt::format("unknown {} {}", what, describe(*use.node)), std::move(expected));
}

/// Discovered Apps bring environments that no list has, so only what looks like a slip of the pen is a mistake.
void check_environment(ConfigReading& reading, const NameUse& use, const std::vector<std::string>& names) {
  if (is_glob(use.name) || names.empty() || contains(names, use.name)) return;
  const auto near = nearest(use.name, names);
  const bool numbered = !use.name.empty() && std::isdigit(static_cast<unsigned char>(use.name.back())) != 0;
  if (near && !numbered) {
    reading.mistake(*use.node, fmt::format("unknown environment {}", describe(*use.node)), fmt::format("\"{}\"", *near));
  } else {
    reading.warn(*use.node, fmt::format("no cluster and no app has the environment {}", describe(*use.node)), "one of " + join(names, ", "));
  }
}

std::vector<std::string> unique(std::vector<std::string> names) {
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// An approval that nobody can ever give is better told now than at three in the morning.
void warn_of_step_ups(ConfigReading& reading, const ConfigNode& root, const Config& config) {
  const auto any = [&](StepUp step_up) { return std::ranges::any_of(config.policy.approvals, [&](const ApprovalRule& rule) { return rule.step_up == step_up; }); };
  const bool codes = std::ranges::any_of(config.people, [](const Person& person) { return person.totp.has_value(); });
  const bool forges = std::ranges::any_of(config.repositories, [](const RepositoryConfig& repository) { return repository.forge.kind != ForgeKind::None; });
  const auto* policy = root.find("policy");
  const auto& place = policy == nullptr ? root : *policy;
  if (any(StepUp::Forge) && !forges) reading.warn(place, "approvals step up to a review on the forge, but no repository has one", "step_up: totp");
  if (any(StepUp::Totp) && !codes && !forges) reading.warn(place, "approvals step up to a one-time code, but nobody has one", "totp: {file: PATH} for people");
}

const ConfigNode& item_of(const ConfigNode& root, std::string_view list, std::size_t at) {
  const auto* node = root.find(list);
  return node != nullptr && at < node->items.size() ? node->items[at] : root;
}

/// The App that alerts of this private team go to the default channel for, when nothing says where they go.
std::optional<std::string> goes_astray(const Config& config, const Team& team) {
  const auto is_astray = [&](const App& app) {
    constexpr std::array severities{Severity::Info, Severity::Warning, Severity::Critical};
    for (auto cause = Cause::LiveEdited; cause <= Cause::Unknown; cause = static_cast<Cause>(static_cast<int>(cause) + 1)) {
      if (std::ranges::any_of(severities, [&](Severity severity) { return route(config, {.app = &app, .cause = cause, .severity = severity}).by_default; })) return true;
    }
    return false;
  };
  bool any = false;
  for (const auto& app : config.apps) {
    if (!has_app(team, app)) continue;
    any = true;
    if (is_astray(app)) return app.name;
  }
  if (any || team.apps.empty()) return std::nullopt;
  // Its Apps are yet to be discovered: one that would be the team's.
  App one;
  one.name = team.apps.front();
  one.environment = team.environments.empty() ? "" : team.environments.front();
  return is_astray(one) ? std::optional{one.name} : std::nullopt;
}

void warn_of_private_teams(ConfigReading& reading, const ConfigNode& root, const Config& config) {
  for (std::size_t at = 0; at < config.teams.size(); ++at) {
    const auto& team = config.teams[at];
    if (!team.is_private || !team.channels.empty()) continue;
    const auto app = goes_astray(config, team);
    if (!app) continue;
    reading.warn(item_of(root, "teams", at), fmt::format("the team {} is private, but alerts of {} go to {}, where everybody reads them", team.name, *app, config.slack.default_channel),
                 "channels for the team, or a route with a channel for its Apps");
  }
}

bool is_channel_id(const std::string& channel) { return !channel.empty() && std::ranges::none_of(channel, [](char c) { return c == '#' || (c >= 'a' && c <= 'z'); }); }

void add_channels(const std::vector<AlertRoute>& routes, std::vector<std::string>& channels) {
  for (const auto& route : routes) {
    if (!route.channel.empty()) channels.push_back(route.channel);
    add_channels(route.routes, channels);
  }
}

/// An id and a name of one channel are two channels here: nothing that names the one is about the other.
void warn_of_channels(ConfigReading& reading, const ConfigNode& root, const Config& config) {
  std::vector<std::string> told{config.slack.default_channel};
  add_channels(config.alerts.routes, told);
  for (const auto& app : config.apps) {
    if (!app.channel.empty()) told.push_back(app.channel);
  }
  for (const auto& team : config.teams) told.insert(told.end(), team.channels.begin(), team.channels.end());
  const auto look_at = [&](const std::string& channel, const ConfigNode& place) {
    if (channel.empty() || std::ranges::any_of(told, [&](const std::string& other) { return same_channel(channel, other); })) return;
    const auto other = std::ranges::find_if(told, [&](const std::string& one) { return is_channel_id(one) != is_channel_id(channel); });
    if (other == told.end()) return;
    reading.warn(place, fmt::format("\"{}\" is never the same channel as \"{}\": an id isn't compared with a name", channel, *other), "the channel as routes, apps and teams write it");
  };
  const auto* alerts = root.find("alerts");
  if (alerts == nullptr) return;
  for (std::size_t at = 0; at < config.alerts.quiet_hours.size(); ++at) {
    for (const auto& channel : config.alerts.quiet_hours[at].channels) look_at(channel, item_of(*alerts, "quiet_hours", at));
  }
  const auto* digest = alerts->find("digest");
  if (config.alerts.digest && digest != nullptr) look_at(config.alerts.digest->channel, *digest);
}

/// An alias that is another cluster's name would be answered by whichever is looked at first.
void check_aliases(ConfigReading& reading, const ConfigNode& root, const Config& config) {
  for (std::size_t at = 0; at < config.clusters.size(); ++at) {
    for (const auto& alias : config.clusters[at].aliases) {
      if (alias == config.clusters[at].name || find_cluster(config, alias) == nullptr) continue;
      const auto* given = item_of(root, "clusters", at).find("aliases");
      const auto& list = given == nullptr ? root : *given;
      const auto place = std::ranges::find(list.items, alias, &ConfigNode::text);
      reading.mistake(place == list.items.end() ? list : *place, fmt::format("the alias \"{}\" is another cluster's name", alias), "what this one is called");
    }
  }
}

}  // namespace

void check_names(ConfigReading& reading, const ConfigNode& root, const Config& config) {
  check_aliases(reading, root, config);
  auto known = known_names(config);
  known.environments = unique(std::move(known.environments));
  for (const auto& use : reading.uses) {
    switch (use.kind) {
      case NameKind::Cluster: must_exist(reading, use, "cluster", known.clusters, "clusters"); break;
      case NameKind::Repository: must_exist(reading, use, "repository", known.repositories, "repositories"); break;
      case NameKind::Plugin: must_exist(reading, use, "plugin", known.plugins, "plugins"); break;
      case NameKind::PersonOrGroup:
        if (use.name != "*") must_exist(reading, use, "person or group", known.parties, "people or groups");
        break;
      case NameKind::Approver:
        if (use.name != "*" && use.name != "codeowners") must_exist(reading, use, "person or group", known.parties, "people or groups");
        break;
      case NameKind::Environment: check_environment(reading, use, known.environments); break;
      case NameKind::TerraformRepository:
        if (!contains(known.repositories, use.name)) {
          reading.warn(*use.node, fmt::format("unknown repository {}", describe(*use.node)), "a name from repositories; the rule finds nothing");
        }
        break;
    }
  }
}

void add_warnings(ConfigReading& reading, const ConfigNode& root, const Config& config, bool more_to_come) {
  const bool teams_give = std::ranges::any_of(config.teams, [](const Team& team) { return !team.may.empty(); });
  if (!config.policy.given && !teams_give && !more_to_come) reading.warn(root, "there is no policy: nobody may do anything but read", "a policy section with rules");
  warn_of_step_ups(reading, root, config);
  if (reading.mistakes.empty()) {
    warn_of_private_teams(reading, root, config);
    warn_of_channels(reading, root, config);
  }
  if (config.apps.empty() && config.discover.empty() && !more_to_come) reading.warn(root, "there are no apps: nothing is watched", "apps or discover");
}

}  // namespace driftwarden
