#pragma once
// Drift reports -> incidents. Pure: (incident, event, now) -> (incident', effects).
//
//   (none) --drift, held off--> Open <--> Acknowledged
//                                |  <--> Snoozed --time--> Open
//                                +--synced--> Resolved (from any of them)
#include "gitops/model/audit.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/incident.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct IncidentStep {
  Incident next;
  bool is_new = false;
  bool show = false;                       ///< the alert is to be posted or edited
  std::vector<std::string> thread_notes;   ///< what happened, for the alert's thread; not escaped yet
  std::optional<AuditEntry> audit;
  bool operator==(const IncidentStep&) const = default;
};

/// What a report means for the App's open incident (or for none). Nothing when nobody needs to know.
/// `resolved_by` is used when the report says Synced: "C-12 by alice", "commit 4f2c81a", "the live edit was undone".
std::optional<IncidentStep> on_report(const std::optional<Incident>& open, const DriftReport& report, const std::string& channel,
                                      const std::string& resolved_by, WallTime now);
/// The report as it is told, in the light of the App's Changes (newest first): a fight is told though live happens to be what Git says at this
/// moment, and what Git is ahead by is stuck when the Change that was to put it in force failed after its merge.
DriftReport as_told(DriftReport report, const std::vector<Change>& changes);
IncidentStep acknowledge(Incident incident, const PersonId& who, WallTime now);
IncidentStep snooze(Incident incident, const PersonId& who, WallTime until, WallTime now);
/// Snoozed and its time has come: Open again, and shown.
std::optional<IncidentStep> wake(Incident incident, WallTime now);

/// Holds a fresh drift back for a while, per cause: healed inside = silence. Pure; one entry per App.
class HoldOff {
 public:
  explicit HoldOff(std::map<Cause, Duration> durations) : durations_(std::move(durations)) {}
  /// When this drift may be told: `now` for one that waited long enough. Forgets the App when it is Synced (then nullopt).
  std::optional<WallTime> due(const DriftReport& report, WallTime now);
  void forget(const std::string& app) { since_.erase(app); }

 private:
  std::map<Cause, Duration> durations_;
  std::map<std::string, WallTime> since_;
};

}  // namespace driftwarden
