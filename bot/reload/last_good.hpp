#pragma once
// What a start needs to know of the config in Git without asking Git: files of the state directory.
#include "bot/config/config.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct LastGood {
  ConfigFromGit place;
  std::vector<ConfigText> texts;
};
/// config-from-git.json; whole or not at all, and this user's alone.
Result<void> save_last_good(const std::string& state_directory, const LastGood& good);
/// Nothing where there is none, or none that can be read.
std::optional<LastGood> load_last_good(const std::string& state_directory, const Environment& environment);

/// Of everything in it, secrets included.
std::string digest_of(const Config& config);

/// A config that is good to read and that no bot could be made of (a port that is taken, a kubeconfig that is wrong): not tried again until it changes or
/// somebody asks. Without this the bot would be made anew for ever.
struct Unbuildable {
  std::string digest;
  std::string why;
};
Result<void> save_unbuildable(const std::string& state_directory, const Unbuildable& config);
std::optional<Unbuildable> load_unbuildable(const std::string& state_directory, const Environment& environment);
void forget_unbuildable(const std::string& state_directory);

}  // namespace driftwarden
