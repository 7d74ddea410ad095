#include "bot/home/status_row.hpp"

#include <fmt/core.h>

namespace driftwarden {

view::StatusRow status_row(Fleet& fleet, const App& app) {
  view::StatusRow row;
  row.app = app;
  row.report = fleet.report(app.name);
  // What a tool plans runs in no cluster: nobody knows how it is.
  if (app.kind != AppKind::Kubernetes) return row;
  const auto health = fleet.health(app.name);
  row.health = health.why.empty() ? std::string(kubernetes::to_string(health.health)) : fmt::format("{}: {}", kubernetes::to_string(health.health), health.why);
  return row;
}

}  // namespace driftwarden
