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

/// A required, plain and unique `name`. `seen` is shared by those that must differ.
void read_name(Section& section, std::string& name, std::map<std::string, const ConfigNode*>& seen);
void check_channel(Section& section, std::string_view key, std::string& out);

/// Once all is read: do the names that were used exist?
void check_names(ConfigReading& reading, const Config& config);
/// What is accepted but deserves a word.
void add_warnings(ConfigReading& reading, const ConfigNode& root, const Config& config);

}  // namespace driftwarden
