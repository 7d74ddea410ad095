#pragma once
// One report against what is stored: opened, updated, resolved, told or kept quiet. Runs on the database's thread, where the config isn't to be read: what
// it says was looked up before.
#include "bot/incident/grouping.hpp"
#include "bot/incident/incident_steps.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/silence.hpp"
#include "storage/store.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// How an alert of this App and cause would be told.
struct Telling {
  Severity severity = Severity::Warning;
  std::string channel;
  std::vector<std::string> mention;
  std::vector<std::string> code_owners;
  std::optional<WallTime> quiet_until;
  std::vector<std::string> teams;                  ///< that have the App
  std::optional<std::vector<PersonId>> silencers;  ///< whose silences count
};

struct JudgeFacts {
  DriftReport report;
  App app;
  std::map<Cause, Telling> tellings;  ///< of each cause
  std::optional<WallTime> due;        ///< when the hold-off is over
  WallTime healed_at{};               ///< when it was last seen in sync
  FlapRules flapping;
  StormRules storm;
  WallTime now{};
};

struct Judged {
  enum class Outcome { Nothing, Stepped } outcome = Outcome::Nothing;
  std::optional<WallTime> again{};  ///< look at it then, though nothing may have changed
};
Result<Judged> judge_in(storage::Transaction& tx, const JudgeFacts& facts);

/// Why an alert of this App isn't told now: "silence 3", "quiet hours"; "" = it may be.
std::string muted_by(const std::vector<Silence>& silences, const App& app, Cause cause, const Telling& telling, WallTime now);

/// Commits the step of an incident that has no message yet: it gets one, or joins one.
Result<Incident> commit_first_telling(storage::Transaction& tx, IncidentStep step, const StormRules& rules, WallTime now);
/// "storm:<channel>": the setting that holds the leader of the channel's last storm.
std::string storm_setting(const std::string& channel);

}  // namespace driftwarden
