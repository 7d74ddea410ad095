#include "bot/reload/reload.hpp"

#include <array>
#include <string_view>

namespace driftwarden {
namespace {

/// What running connections are made of, and what they run.
constexpr std::array kRestart = std::to_array<std::string_view>({"audit", "ha", "shards", "tls", "slack", "storage", "http", "clusters", "repositories", "registries", "tools", "plugins", "drift", "config_from", "model"});

}  // namespace

ConfigDifference difference_of(const Config& before, const Config& after) {
  ConfigDifference difference;
  const auto add_other = [&](const Config& one, const Config& other) {
    for (const auto& [key, digest] : one.digests) {
      const auto theirs = other.digests.find(key);
      if (theirs == other.digests.end() || theirs->second != digest) difference.keys.insert(key);
    }
  };
  add_other(before, after);
  add_other(after, before);
  for (const auto key : kRestart) difference.restart = difference.restart || difference.keys.contains(std::string(key));
  return difference;
}

}  // namespace driftwarden
