#pragma once
// The walk down the routing tree. Here and not in bot/routing, because the channel of an App is asked for everywhere.
#include "bot/config/config.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// What an alert is about.
struct AlertFacts {
  const App* app = nullptr;
  Cause cause = Cause::None;
  Severity severity = Severity::Warning;
  std::vector<std::string> code_owners{};  ///< of the App's path, as CODEOWNERS writes them ("@acme/shop", "alice@acme.example")
  bool of_app = false;                     ///< no alert at all, the App as such: what names a cause or a severity doesn't match
};

struct Routed {
  std::string channel;
  std::vector<std::string> mention;  ///< people, groups, "owners", "codeowners", as written
  std::vector<std::string> way;      ///< the nodes passed, for people: "routes[1] (environment=production)", "routes[1].routes[0] (team=shop)"
};

bool matches(const AlertMatch& match, const AlertFacts& facts);
/// Whether some alert of this App may be meant, whatever its cause and severity.
bool may_be_meant(const AlertMatch& match, const App& app);
/// The first route that matches, and in it the first of its own, to the leaf; else the App's channel, else the default one.
Routed route(const Config& config, const AlertFacts& facts);

}  // namespace driftwarden
