// The order of reading, and what the whole config is asked for.
#include "bot/config/load.hpp"
#include "bot/config/sections.hpp"
#include "bot/config/shards.hpp"
#include "bot/config/sources.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

void read_all(Section& root, Config& config) {
  read_slack(root, config);
  read_storage(root, config);
  read_http(root, config);
  read_tls(root, config);
  read_tools(root, config);
  read_plugins(root, config);
  read_clusters(root, config);
  read_ha(root, config);
  read_shards(root, config);
  read_repositories(root, config);
  read_audit(root, config);
  read_config_from(root, config);
  read_apps(root, config);
  read_discover(root, config);
  read_people(root, config);
  read_policy(root, config);
  read_alerts(root, config);
  read_drift(root, config);
  read_chat(root, config);
  read_teams(root, config);
  read_registries(root, config);
  read_log(root, config);
  read_heartbeat(root, config);
  read_model(root, config);
  read_cost(root, config);
  read_gates(root, config);
}

ConfigReading reading_with(const Environment& environment) {
  return ConfigReading{.environment = environment, .mistakes = {}, .warnings = {}, .uses = {}};
}

/// The file and what it includes; Null when the file can't be read.
ConfigNode read_main(const std::string& path, ConfigSources& sources, ConfigReading& reading) {
  auto tree = read_tree(path, sources, reading);
  if (tree.kind != ConfigNode::Kind::Map) return tree;
  // A copy: merging into the tree may move its nodes.
  const auto* patterns = tree.find("include");
  const auto included = patterns == nullptr ? ConfigNode{} : *patterns;
  include(tree, included, path, sources, reading);
  return tree;
}

/// The one that this process is, where something says so.
void take_shard(ConfigReading& reading, const Section& root, Config& config) {
  const auto shard = reading.environment.variable(kShardVariable).value_or("");
  if (shard.empty()) return;
  std::vector<std::string> names;
  for (const auto& one : config.shards) names.push_back(one.name);
  if (std::ranges::find(names, shard) == names.end()) {
    return reading.mistake(root.place("shards"), fmt::format("there is no shard \"{}\", which this process is to be", shard), expected_of(shard, names));
  }
  if (reading.mistakes.empty()) narrow_to_shard(config, shard);
}

void read_root(const ConfigNode& tree, bool git_was_read, ConfigReading& reading, Config& config) {
  Section root{reading, tree, ""};
  std::vector<std::string> ignored;
  root.texts("include", ignored);
  read_all(root, config);
  root.finish();
  check_names(reading, tree, config);
  drop_rules_without_repository(config);
  add_warnings(reading, tree, config, config.from_git && !git_was_read);
  config.digests = digests_of(reading, tree, config);
  take_shard(reading, root, config);
}

}  // namespace

LoadedConfig load_config(const std::string& path, const Environment& environment) { return load_config(path, environment, {}); }

LoadedConfig load_config(const std::string& path, const Environment& environment, const std::vector<ConfigText>& from_git) {
  auto reading = reading_with(environment);
  ConfigSources sources{environment};
  Config config;
  config.file = environment.absolute(path);
  config.directory = directory_of(config.file);
  auto tree = read_main(path, sources, reading);
  const bool readable = reading.mistakes.empty() || tree.kind != ConfigNode::Kind::Null;
  if (readable) {
    if (tree.kind == ConfigNode::Kind::Map) merge_from_git(tree, from_git, config.directory, sources, reading);
    read_root(tree, !from_git.empty(), reading, config);
  }
  LoadedConfig loaded;
  loaded.mistakes = std::move(reading.mistakes);
  loaded.warnings = std::move(reading.warnings);
  sources.sort(loaded.mistakes);
  sources.sort(loaded.warnings);
  if (loaded.mistakes.empty()) loaded.config = std::move(config);
  return loaded;
}

ConfigPlaces find_places(const std::string& path, const Environment& environment) {
  auto reading = reading_with(environment);
  ConfigSources sources{environment};
  const auto tree = read_main(path, sources, reading);
  Config config;
  if (tree.kind == ConfigNode::Kind::Map) {
    Section root{reading, tree, ""};
    read_storage(root, config);
    read_config_from(root, config);
  }
  if (const auto shard = environment.variable(kShardVariable).value_or(""); !shard.empty()) config.storage.path = shard_database(config.storage.path, shard);
  return {.state_directory = state_directory_of(config), .from_git = config.from_git};
}

std::string state_directory_of(const Config& config) {
  const auto directory = directory_of(config.storage.path);
  return directory.empty() ? "." : directory;
}

std::string to_string(const ConfigMistake& mistake) {
  return fmt::format("{}:{}:{}: {}, expected {}", mistake.file, mistake.line, mistake.column, mistake.what, mistake.expected);
}

std::string_view to_string(ForgeKind kind) {
  switch (kind) {
    case ForgeKind::None: return "none";
    case ForgeKind::GitHub: return "github";
    case ForgeKind::GitLab: return "gitlab";
    case ForgeKind::Gitea: return "gitea";
  }
  return "?";
}

std::string_view to_string(MergeMethod method) {
  switch (method) {
    case MergeMethod::Merge: return "merge";
    case MergeMethod::Squash: return "squash";
    case MergeMethod::Rebase: return "rebase";
  }
  return "?";
}

const App* find_app(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.apps, name, &App::name);
  return found == config.apps.end() ? nullptr : &*found;
}

const ClusterConfig* find_cluster(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.clusters, name, &ClusterConfig::name);
  return found == config.clusters.end() ? nullptr : &*found;
}

const RepositoryConfig* find_repository(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.repositories, name, &RepositoryConfig::name);
  return found == config.repositories.end() ? nullptr : &*found;
}

}  // namespace driftwarden
