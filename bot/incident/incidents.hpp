#pragma once
// The shell around the incident steps: reports come in, incidents and their alerts come out, by way of the store and the outbox.
#include "bot/incident/incident_steps.hpp"
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"
#include "bot/watch/fleet.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace driftwarden {

/// The one incident of the App that isn't resolved, if any.
Result<std::optional<Incident>> open_incident_of(storage::Transaction& tx, const std::string& app);
/// Outbox rows that show an incident; shared with whoever steps one (a command, a Change).
Result<void> enqueue_alert(storage::Transaction& tx, const Incident& incident, WallTime now);
Result<void> enqueue_note(storage::Transaction& tx, const Incident& incident, const std::string& text, const std::string& mark, WallTime now);
/// Saves the step's incident, its audit entry, and what is to be shown.
Result<Incident> commit_step(storage::Transaction& tx, IncidentStep step, WallTime now);

class Incidents {
 public:
  Incidents(asio::any_io_executor executor, Clock& clock, const Config& config, AsyncStore& store, Outbox& outbox, Messenger& messenger, Fleet& fleet);

  void start();
  asio::awaitable<void> stop();

  void on_report(DriftReport report);
  void on_cluster(const std::string& cluster, bool reachable, const std::string& why);
  void on_repository(const std::string& repository, bool reachable, const std::string& why);
  /// A Change of this App ended: what was held back because of it is looked at again.
  void look_again(const std::string& app);

 private:
  asio::awaitable<void> run();
  asio::awaitable<void> judge_safely(DriftReport report);
  asio::awaitable<void> judge(DriftReport report);
  asio::awaitable<void> wake_snoozed();
  void tell_admins(const std::string& about, const std::string& text);
  asio::awaitable<void> enqueue(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> deliver_alert(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> deliver_note(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> deliver_notice(storage::OutboxRow row);
  std::optional<WallTime> next_wakeup(WallTime now) const;

  Clock& clock_;
  const Config& config_;
  AsyncStore& store_;
  Outbox& outbox_;
  Messenger& messenger_;
  Fleet& fleet_;
  HoldOff hold_off_;
  std::map<std::string, DriftReport> pending_;  ///< by App: the newest, not judged yet
  std::map<std::string, WallTime> held_;        ///< by App: when to judge it again
  std::map<std::string, std::string> unreachable_;  ///< clusters, and why
  std::set<std::string> lost_repositories_;
  Signal wake_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
