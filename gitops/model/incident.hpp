#pragma once
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace driftwarden {

enum class IncidentState { Open, Acknowledged, Snoozed, Resolved };
std::string_view to_string(IncidentState state);

/// One episode of drift of one App: opened, updated in place, acknowledged, snoozed, resolved. At most one that isn't Resolved per App.
struct Incident {
  std::int64_t id = 0;
  std::string app;
  IncidentState state = IncidentState::Open;
  DriftReport report;       ///< as of the last update
  std::string fingerprint;  ///< of `report`
  WallTime opened_at{};
  WallTime updated_at{};
  std::optional<WallTime> resolved_at;
  std::string resolved_by;            ///< "C-12 by alice", "live edit undone", "commit 4f2c81a"
  std::optional<MessageRef> message;  ///< the alert, once Slack said where it is
  std::string channel;
  PersonId acknowledged_by;
  std::optional<WallTime> snoozed_until;
  bool operator==(const Incident&) const = default;
};

}  // namespace driftwarden
