#pragma once
// Which channel an alert goes to, how loudly, whom it names, and whether it is told now. Pure functions of the config.
#include "bot/config/config.hpp"
#include "gitops/model/incident.hpp"
#include "gitops/model/silence.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// What an alert is about.
struct AlertFacts {
  const App* app = nullptr;
  Cause cause = Cause::None;
  Severity severity = Severity::Warning;
  std::vector<std::string> code_owners;  ///< of the App's path, as CODEOWNERS writes them ("@acme/shop", "alice@acme.example")
};

struct Routed {
  std::string channel;
  std::vector<std::string> mention;  ///< people, groups, "owners", "codeowners", as written
  std::vector<std::string> way;      ///< the nodes passed, for people: "routes[1] (environment=production)", "routes[1].routes[0] (team=shop)"
};

bool matches(const AlertMatch& match, const AlertFacts& facts);
/// The first route that matches, and in it the first of its own, to the leaf; else the App's channel, else the default one.
Routed route(const Config& config, const AlertFacts& facts);
/// By `alerts.severity`; else Critical for what was changed live, is missing, fought over or stuck where the environment begins with "prod", Info for what
/// only waits for a sync or is no App's outside of it, Warning for the rest.
Severity severity_of(const Config& config, const App& app, Cause cause);
/// Hold-off of the App's environment, else the general one, else none.
Duration hold_off(const Config& config, const App& app, Cause cause);
/// How long until an open alert of this severity is told again; nothing = never.
std::optional<Duration> repeat_after(const Config& config, Severity severity);

/// The silence that keeps this quiet now, if any.
const Silence* silenced_by(const std::vector<Silence>& silences, const AlertFacts& facts, WallTime now);
/// When the quiet hours that keep this quiet now are over; nothing when it may be told.
std::optional<WallTime> quiet_until(const Config& config, const AlertFacts& facts, const std::string& channel, WallTime now);

/// Slack's mentions for these names ("<@U0ALICE>", "<!subteam^S0SRE>"), each once; of who has no Slack id the plain name, escaped. At most `limit`.
std::vector<std::string> mentions(const Config& config, const std::vector<std::string>& names, const App& app, const std::vector<std::string>& code_owners, std::size_t limit = 5);

/// The way in words, for `route test APP`: one line per cause and severity that differ.
std::string explain_route(const Config& config, const App& app, const std::vector<std::string>& code_owners);

/// Whether this person may see the App at all: a private team's Apps are invisible to others.
bool is_visible(const Config& config, const PersonId& who, const App& app);
/// The App may be spoken of in this channel ("#name" or id as the config writes it); a DM is always fine.
bool may_speak_of(const Config& config, const App& app, const std::string& channel);

}  // namespace driftwarden
