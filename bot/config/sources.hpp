#pragma once
// The texts that a config is made of: the main file, what it includes, what is in Git. Internal to bot/config.
#include "bot/config/section.hpp"

#include <list>
#include <string>
#include <vector>

namespace driftwarden {

std::string directory_of(const std::string& path);

/// Keeps the sources alive that the nodes point to, and remembers their order.
class ConfigSources {
 public:
  explicit ConfigSources(const Environment& environment) : environment_(environment) {}

  const ConfigSource& add(const std::string& name);
  /// Of a text in Git, whose relative paths are relative to `directory`.
  const ConfigSource& add_text(const std::string& name, const std::string& directory);
  /// By position, the main file first; each once.
  void sort(std::vector<ConfigMistake>& mistakes) const;

 private:
  const Environment& environment_;
  std::list<ConfigSource> sources_;
};

ConfigNode read_tree(const std::string& name, ConfigSources& sources, ConfigReading& reading);
/// Merges what the patterns name into `root`.
void include(ConfigNode& root, const ConfigNode& patterns, const std::string& main, ConfigSources& sources, ConfigReading& reading);
/// Merges texts in Git into `root`; what they may not say is left out, with a mistake.
void merge_from_git(ConfigNode& root, const std::vector<ConfigText>& texts, const std::string& directory, ConfigSources& sources, ConfigReading& reading);

}  // namespace driftwarden
