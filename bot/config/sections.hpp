#pragma once
// One function per part of the file. Internal to bot/config.
#include "bot/config/section.hpp"

namespace driftwarden {

void read_slack(Section& root, Config& config);
void read_storage(Section& root, Config& config);
void read_http(Section& root, Config& config);
void read_clusters(Section& root, Config& config);
void read_repositories(Section& root, Config& config);
void read_apps(Section& root, Config& config);
void read_discover(Section& root, Config& config);
void read_people(Section& root, Config& config);
void read_policy(Section& root, Config& config);
void read_alerts(Section& root, Config& config);
void read_drift(Section& root, Config& config);
void read_chat(Section& root, Config& config);
void read_teams(Section& root, Config& config);
void read_registries(Section& root, Config& config);

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
void check_names(ConfigReading& reading, const Config& config);
/// What is accepted but deserves a word.
void add_warnings(ConfigReading& reading, const ConfigNode& root, const Config& config);

}  // namespace driftwarden
