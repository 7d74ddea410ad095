#pragma once
// Teams: whose Apps are whose, and who sees them. Pure functions of the config.
#include "bot/config/config.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// Whether the App is one of the team's.
bool has_app(const Team& team, const App& app);
/// By name or Slack id.
bool is_member(const Config& config, const Team& team, const PersonId& who);
/// Whether this person may see the App at all: a private team's Apps are invisible to others.
bool is_visible(const Config& config, const PersonId& who, const App& app);
/// "teams[0] (shop is private)": why others don't see the App; "" when all do.
std::string private_words(const Config& config, const App& app);
/// The App may be spoken of in this channel ("#name" or id as the config writes it); a DM is always fine.
bool may_speak_of(const Config& config, const App& app, const std::string& channel);

}  // namespace driftwarden
