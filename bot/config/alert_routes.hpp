#pragma once
// The walk down the routing tree. Here and not in bot/routing, because the channel of an App is asked for everywhere.
#include "bot/config/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// What an alert is about.
struct AlertFacts {
  const App* app = nullptr;
  Cause cause = Cause::None;
  Severity severity = Severity::Warning;
  std::vector<std::string> code_owners{};  ///< of the App's path, as CODEOWNERS writes them ("@acme/shop", "alice@acme.example")
  bool of_app = false;                     ///< no alert at all, the App as such: what names a cause or a severity doesn't match
  std::vector<std::string> teams{};        ///< of `teams:`, those that have the App; route and severity_of look them up themselves
  std::optional<std::vector<PersonId>> silencers{};  ///< whose silences count, "*" = everybody's; nothing = everybody's, too
};

struct Routed {
  std::string channel;
  std::vector<std::string> mention;  ///< people, groups, "owners", "codeowners", as written
  std::vector<std::string> way;      ///< the nodes passed, for people: "routes[1] (environment=production)", "routes[1].routes[0] (team=shop)"
  bool by_default = false;           ///< nobody said where: it is the default channel
};

/// A team is one of `teams:` that has the App, or an owner of the App.
bool matches(const AlertMatch& match, const AlertFacts& facts);
/// Whether some alert of this App may be meant, whatever its cause and severity.
bool may_be_meant(const Config& config, const AlertMatch& match, const App& app);
/// The first route that matches, and in it the first of its own, to the leaf; else the App's channel, else the default one. Where the App mustn't be
/// spoken of there: the first channel of its team.
Routed route(const Config& config, const AlertFacts& facts);

/// The names of the teams that have the App.
std::vector<std::string> teams_of(const Config& config, const App& app);
/// The people who may silence the App's alerts, "*" for everybody. Whether they are linked was asked when they did.
std::vector<PersonId> silencers_of(const Config& config, const App& app);
/// "#ops" and "ops" are one channel. An id and a name are never the same: nobody here can tell.
bool same_channel(std::string_view one, std::string_view other);

}  // namespace driftwarden
