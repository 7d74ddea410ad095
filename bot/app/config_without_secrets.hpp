#pragma once
// The config where nobody would put its secrets: for subcommands that try out what it says.
#include "bot/config/config.hpp"

#include <iosfwd>
#include <optional>
#include <string>

namespace driftwarden {

/// Secrets that aren't at hand are no mistake. Every mistake is written to `err`; nothing when there is one. `command` for messages: "policy test".
std::optional<Config> load_config_without_secrets(const std::string& command, const std::string& file, const Environment& environment, std::ostream& err);

}  // namespace driftwarden
