#pragma once
// Shards: instances of their own for some of the clusters each, all made of one file.
#include "bot/config/config.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace driftwarden {

/// Says which shard a process is, as `run --shard NAME` does; every command that loads a config heeds it.
inline constexpr const char* kShardVariable = "DRIFTWARDEN_SHARD";

/// `environment`, in which the process is this shard.
std::shared_ptr<const Environment> with_shard(std::shared_ptr<const Environment> environment, std::string shard);
/// The same, in which it is none: the config as it is written.
std::shared_ptr<const Environment> without_shard(std::shared_ptr<const Environment> environment);

/// "/var/lib/driftwarden/driftwarden.db" of "eu" is "/var/lib/driftwarden/eu/driftwarden-eu.db": mirrors, keys and plans lie beside it.
std::string shard_database(const std::string& path, const std::string& shard);

/// The cluster (or what it is called elsewhere) is another shard's than this instance's.
bool is_elsewhere(const Config& config, std::string_view cluster);

/// What is left of a checked config for one of its shards: its clusters, their Apps and rules, its Lease, database and tokens. What has no cluster (Terraform,
/// Ansible) is the first shard's.
void narrow_to_shard(Config& config, const std::string& shard);

}  // namespace driftwarden
