#pragma once
#include "gitops/base/clock.hpp"
#include "gitops/model/alert_match.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

enum class IncidentState { Open, Acknowledged, Snoozed, Resolved };
std::string_view to_string(IncidentState state);

/// Why several incidents share one message. RootCause: the same field, value and manager in all of them. Storm: too many at once for one channel.
enum class Grouping { Alone, RootCause, Storm };
std::string_view to_string(Grouping grouping);

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
  std::optional<MessageRef> message;  ///< the alert, once Slack said where it is; of a group only its leader has one
  std::string channel;
  PersonId acknowledged_by;
  std::optional<WallTime> snoozed_until;

  std::int64_t group = 0;               ///< the incident that leads the group and owns its message (itself, for the leader); 0 = in none
  Grouping grouping = Grouping::Alone;  ///< of a leader: what its message stands for
  std::string root_cause;               ///< digest of field, new value and manager where that is one story; "" = none to share
  Severity severity = Severity::Warning;
  std::string muted_by;                 ///< why it isn't told now: "silence 3", "quiet hours"; "" = it is
  std::vector<std::string> mention;     ///< as routed when it opened: people, groups, "owners", "codeowners"
  std::vector<std::string> code_owners; ///< of the App's path when it opened: "@acme/shop"
  int flaps = 0;                        ///< how often it came back since it opened; the same message tells of all of them
  std::optional<WallTime> calm_since;   ///< in sync since then, but it came and went too often to be called over yet
  std::optional<WallTime> reminded_at;  ///< when it was last repeated
  int reminders = 0;
  std::optional<WallTime> told_at{};         ///< when it was first told: later than it opened where it was muted
  std::optional<WallTime> last_member_at{};  ///< of a leader: when the last one joined
  std::optional<WallTime> critical_at{};     ///< of a storm's leader: for when its thread's last line about critical ones was planned
  std::vector<std::string> told{};           ///< what its group's thread was told of it: "joined", "healed:0"
  bool operator==(const Incident&) const = default;
};

/// The id of the incident whose message shows this one.
inline std::int64_t shown_by(const Incident& incident) { return incident.group == 0 ? incident.id : incident.group; }

}  // namespace driftwarden
