#pragma once
// One function per part of the file. Internal to bot/config.
#include "bot/config/section.hpp"

namespace driftwarden {

void read_slack(Section& root, Config& config);
void read_storage(Section& root, Config& config);
void read_http(Section& root, Config& config);
void read_tls(Section& root, Config& config);
void read_log(Section& root, Config& config);
void read_heartbeat(Section& root, Config& config);
void read_model(Section& root, Config& config);
void read_cost(Section& root, Config& config);
void read_gates(Section& root, Config& config);
void read_clusters(Section& root, Config& config);
void read_ha(Section& root, Config& config);
void read_shards(Section& root, Config& config);  ///< after slack and clusters
void read_repositories(Section& root, Config& config);
void read_audit(Section& root, Config& config);  ///< after repositories
void read_apps(Section& root, Config& config);
void read_discover(Section& root, Config& config);
void read_people(Section& root, Config& config);
void read_policy(Section& root, Config& config);
void read_alerts(Section& root, Config& config);
void read_drift(Section& root, Config& config);
void read_chat(Section& root, Config& config);
void read_teams(Section& root, Config& config);
void read_registries(Section& root, Config& config);
void read_plugins(Section& root, Config& config);  ///< before what names them
void read_tools(Section& root, Config& config);
void read_config_from(Section& root, Config& config);

/// `path`, without slashes around it; "." is "".
void read_path(Section& section, std::string& path);
/// What an App's directory is rendered with: render, plugin, helm, kustomize, more and revision.
void read_sources(Section& section, const Config& config, App& app);
/// render and plugin alone, which belong together.
void read_render(Section& section, const Config& config, RenderKind& render, PluginSource& plugin);
IgnoreRule read_ignore(Section& section);
/// What a tool plans with: the keys of `terraform` beside the place. `depth`: how many directories the place lies below the repository's root.
void read_terraform_plan(Section& section, std::size_t depth, PlanSource& plan, std::map<std::string, SecretValue>& variables);
void read_ansible_plan(Section& section, std::size_t depth, PlanSource& plan, std::map<std::string, SecretValue>& variables);
/// How many directories: "a/b" is 2.
std::size_t depth_of(std::string_view path);
/// Rules whose repository nobody configured find nothing: they go. Once the names are checked.
void drop_rules_without_repository(Config& config);
void keep_variables(Config& config, const std::string& rule, std::map<std::string, SecretValue> variables);

/// A required, plain and unique `name`. `seen` is shared by those that must differ.
void read_name(Section& section, std::string& name, std::map<std::string, const ConfigNode*>& seen);
void check_channel(Section& section, std::string_view key, std::string& out);

void check_channels(Section& section, std::string_view key, std::vector<std::string>& out);
/// Every item of the list is a verb of the policy or a glob.
void check_verbs(Section& section, std::string_view key);
/// The zone of that name, which stands under `zone`; UTC where there is none, with a mistake.
std::shared_ptr<const TimeZone> read_zone(Section& section, const std::string& zone);
void at_least_a_second(Section& section, std::string_view key, Duration given);

/// Once all is read: do the names that were used exist?
void check_names(ConfigReading& reading, const ConfigNode& root, const Config& config);
/// What is accepted but deserves a word. `more_to_come`: the rest of the config is in Git, and wasn't read.
void add_warnings(ConfigReading& reading, const ConfigNode& root, const Config& config, bool more_to_come);
/// Config::digests of the merged file.
std::map<std::string, std::string> digests_of(const ConfigReading& reading, const ConfigNode& root, const Config& config);

}  // namespace driftwarden
