#pragma once
// Slack: the tokens, their scopes, the socket, and the channels that the config names.
#include "bot/config/config.hpp"
#include "bot/doctor/finding.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// What `given` lacks is a problem each, what it has too much one warning. Nothing: Slack doesn't say.
DoctorFindings judge_scopes(const std::optional<std::vector<std::string>>& given);
/// "the bot token lacks groups:read (...)": why a bot shouldn't start with these; "" = they do.
std::string lacking_scopes(const std::optional<std::vector<std::string>>& given);
/// What nothing here needs; "" = nothing.
std::string excess_scopes(const std::optional<std::vector<std::string>>& given);

/// Every channel that something may be posted to, each once, as written.
std::vector<std::string> channels_of(const Config& config);

asio::awaitable<DoctorFindings> check_slack(slack::WebApi& api, Clock& clock, const Config& config);

}  // namespace driftwarden
