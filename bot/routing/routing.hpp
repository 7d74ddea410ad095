#pragma once
// Which channel an alert goes to, how loudly, whom it names, and whether it is told now. Pure functions of the config.
// The walk down the tree is in bot/config/alert_routes.hpp, who sees whose Apps in bot/config/teams.hpp; both come with this.
#include "bot/config/alert_routes.hpp"
#include "bot/config/teams.hpp"
#include "gitops/model/incident.hpp"
#include "gitops/model/silence.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// By `alerts.severity`; else Critical for what was changed live, is missing, fought over or stuck where the environment begins with "prod", Info for what
/// only waits for a sync or is no App's outside of it, Warning for the rest.
Severity severity_of(const Config& config, const App& app, Cause cause);
/// Hold-off of the App's environment (of the pattern that says most about it), else the general one, else none; 15 s for Unknown: a render or a list that
/// fails once and then works is nobody's business.
Duration hold_off(const Config& config, const App& app, Cause cause);
/// How long until an open alert of this severity is told again; nothing = never.
std::optional<Duration> repeat_after(const Config& config, Severity severity);

/// The silence that keeps this quiet now, if any; of owners who may not silence the App none does, where the facts say who may.
const Silence* silenced_by(const std::vector<Silence>& silences, const AlertFacts& facts, WallTime now);
/// When the quiet hours that keep this quiet now are over; nothing when it may be told.
std::optional<WallTime> quiet_until(const Config& config, const AlertFacts& facts, const std::string& channel, WallTime now);

/// Slack's mentions for these names ("<@U0ALICE>", "<!subteam^S0SRE>"), each once; of who has no Slack id the plain name, escaped. At most `limit`.
std::vector<std::string> mentions(const Config& config, const std::vector<std::string>& names, const App& app, const std::vector<std::string>& code_owners, std::size_t limit = 5);

/// The way in words, for `route test APP`: one line per cause and severity that differ.
std::string explain_route(const Config& config, const App& app, const std::vector<std::string>& code_owners);

}  // namespace driftwarden
