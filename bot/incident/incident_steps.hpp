#pragma once
// Drift reports -> incidents. Pure: (incident, event, now) -> (incident', effects).
//
//   (none) --drift, held off--> Open <--> Acknowledged
//                                |  <--> Snoozed --time--> Open
//                                +--synced--> Resolved (from any of them)
//
// One that came back too often is opened again instead of anew, and is Resolved only after it was in sync for a while.
#include "gitops/model/audit.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/incident.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
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

/// When an App's incidents come and go too fast to be told one by one.
struct FlapRules {
  int times = 3;
  Duration window = std::chrono::hours{1};
  Duration calm = std::chrono::minutes{10};  ///< 0 = in sync is enough
};

/// Somebody should hear of it.
bool needs_attention(const DriftReport& report);
/// What a report means for the App's open incident (or for none). Nothing when nobody needs to know.
/// `resolved_by` is used when the report says Synced: "C-12 by alice", "commit 4f2c81a", "the live edit was undone".
std::optional<IncidentStep> on_report(const std::optional<Incident>& open, const DriftReport& report, const std::string& channel,
                                      const std::string& resolved_by, WallTime now, const FlapRules& flapping = {});
/// It came back so often lately that the last incident goes on instead of a new one. Newest first.
bool comes_back_too_often(const std::vector<Incident>& incidents, const FlapRules& rules, WallTime now);
/// The resolved incident goes on in its own message.
IncidentStep reopen(Incident resolved, const DriftReport& report, WallTime now);
/// The report as it is told, in the light of the App's Changes (newest first): a fight is told though live happens to be what Git says at this
/// moment, and what Git is ahead by is stuck when the Change that was to put it in force failed after its merge.
DriftReport as_told(DriftReport report, const std::vector<Change>& changes);
IncidentStep acknowledge(Incident incident, const PersonId& who, WallTime now);
IncidentStep snooze(Incident incident, const PersonId& who, WallTime until, WallTime now);
inline constexpr std::string_view kWoken = "incident.woken";
/// Snoozed and its time has come: Open again, shown, and not repeated at once.
std::optional<IncidentStep> wake(Incident incident, WallTime now);

/// Holds a fresh drift back for a while: healed inside = silence. Pure; one entry per App.
class HoldOff {
 public:
  /// When this drift may be told: `now` for one that waited for `patience`. Forgets the App when it is Synced (then nullopt).
  std::optional<WallTime> due(const DriftReport& report, Duration patience, WallTime now);
  void forget(const std::string& app) { since_.erase(app); }

 private:
  std::map<std::string, WallTime> since_;
};

}  // namespace driftwarden
