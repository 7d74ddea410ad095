#pragma once
// What can be said of a config before all of it is read.
#include "bot/config/config.hpp"

#include <optional>
#include <string>

namespace driftwarden {

struct ConfigPlaces {
  std::string state_directory;  ///< where the bot keeps what it must not forget
  std::optional<ConfigFromGit> from_git;
};
/// Of the file and what it includes, whatever else is wrong with them.
ConfigPlaces find_places(const std::string& path, const Environment& environment);

/// Beside the database.
std::string state_directory_of(const Config& config);

}  // namespace driftwarden
