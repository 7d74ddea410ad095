#pragma once
// The config where nobody would put its secrets: for subcommands that try out what it says.
#include "bot/config/config.hpp"

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

namespace driftwarden {

/// Secrets that aren't at hand are no mistake. Every mistake is written to `err`; nothing when there is one. `command` for messages: "policy test".
std::optional<Config> load_config_without_secrets(const std::string& command, const std::string& file, const Environment& environment, std::ostream& err);

/// The machine as it is, but for secrets that aren't at hand: they are placeholders. `inner` must outlive it.
std::unique_ptr<Environment> without_secrets(const Environment& inner);

}  // namespace driftwarden
