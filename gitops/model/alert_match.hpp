#pragma once
// Which alerts are meant: what a route and a silence match by. Pure data; `bot/routing` knows who a team is.
#include "gitops/model/drift.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// How loudly an incident is told.
enum class Severity { Info, Warning, Critical };
std::string_view to_string(Severity severity);
std::optional<Severity> severity_from(std::string_view text);

/// Globs; left-out parts match anything. `team` is an owner of the App ("shop" or "shop-team").
struct AlertMatch {
  std::string app;
  std::string cluster;
  std::string environment;
  std::string namespace_;
  std::string team;
  std::optional<Cause> cause;
  std::optional<Severity> severity;  ///< exactly this one
  bool operator==(const AlertMatch&) const = default;
};

/// "app=cart* environment=staging cause=git-ahead"; "everything" for one that matches all.
std::string to_string(const AlertMatch& match);

}  // namespace driftwarden
