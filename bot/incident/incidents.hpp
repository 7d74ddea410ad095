#pragma once
// The shell around the incident steps: reports come in, incidents and their alerts come out, by way of the store and the outbox.
#include "bot/incident/code_owners_of.hpp"
#include "bot/incident/grouping.hpp"
#include "bot/incident/incident_steps.hpp"
#include "bot/incident/judging.hpp"
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"
#include "bot/view/alert_group.hpp"
#include "bot/view/alert_view.hpp"
#include "bot/watch/fleet.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace driftwarden {

/// The one incident of the App that isn't resolved, if any.
Result<std::optional<Incident>> open_incident_of(storage::Transaction& tx, const std::string& app);
/// Those of the incident's group that aren't resolved, the oldest first; itself when it is in none.
Result<std::vector<Incident>> group_members(storage::Transaction& tx, const Incident& incident);
/// Outbox rows that show an incident (of a group: its one message); shared with whoever steps one (a command, a Change).
Result<void> enqueue_alert(storage::Transaction& tx, const Incident& incident, WallTime now);
Result<void> enqueue_note(storage::Transaction& tx, const Incident& incident, const std::string& text, const std::string& mark, WallTime now);
/// A reply in the leader's thread that the channel sees, too, and that names those whom its alerts are for.
Result<void> enqueue_repeat(storage::Transaction& tx, const Incident& leader, const std::string& text, WallTime now);
/// What one App of a group did; left unsaid where the group has grown large meanwhile.
Result<void> enqueue_member_note(storage::Transaction& tx, const Incident& leader, const Incident& member, const std::string& text, const std::string& mark, WallTime now);
inline constexpr Duration kMembersToldAfter{15'000};
/// The incident's severity rose: a reply in its thread that the channel sees, too.
Result<void> enqueue_rise(storage::Transaction& tx, const Incident& incident, const std::string& text, WallTime now);
/// A Critical one came in a storm: the storm's thread names all that weren't named yet, in one line that the channel sees, too. Saves the leader.
Result<void> enqueue_critical(storage::Transaction& tx, Incident leader, WallTime now);
inline constexpr Duration kCriticalToldEvery{60'000};
inline constexpr const char* kToldCritical = "critical";
/// Saves the step's incident, its audit entry, and what is to be shown.
Result<Incident> commit_step(storage::Transaction& tx, IncidentStep step, WallTime now);

class Incidents {
 public:
  Incidents(asio::any_io_executor executor, Clock& clock, const Config& config, AsyncStore& store, Outbox& outbox, Messenger& messenger, Fleet& fleet);

  void start();
  asio::awaitable<void> stop();

  void on_report(DriftReport report);
  void on_cluster(const std::string& cluster, bool reachable, const std::string& why);
  /// One notice for a kind that can't be watched while its cluster can be reached: Apps that hold one can't be judged whole.
  void on_kind(const std::string& cluster, const WatchedKind& kind, bool watched, const std::string& why);
  void on_repository(const std::string& repository, bool reachable, const std::string& why);
  /// Something in a repository that somebody should mend: a file that declares an App and can't be read.
  void on_notice(const std::string& repository, const std::string& what);
  /// A Change of this App ended: what was held back because of it is looked at again.
  void look_again(const std::string& app);
  /// A silence came, changed or ended: what it kept quiet may be told now.
  void look_at_silences();

 private:
  asio::awaitable<void> run();
  /// All at once, so that they share the disk's time; returns when each is judged.
  asio::awaitable<void> judge_all(std::map<std::string, DriftReport> reports);
  asio::awaitable<void> judge_safely(DriftReport report);
  asio::awaitable<void> judge(DriftReport report);
  /// How an alert of the App would be told now, by cause: what is told may be another than the report's.
  std::map<Cause, Telling> tellings_of(const App& app, const std::vector<std::string>& code_owners, WallTime now) const;
  Telling telling_of(const App& app, Cause cause, const std::vector<std::string>& code_owners, WallTime now) const;
  bool is_lost(const std::string& cluster) const;
  // looking_around.cpp: what time alone brings about
  struct Overview;
  struct Due;
  asio::awaitable<void> look_around();
  Due due_of(const Overview& seen, WallTime now) const;
  void add_repeats(const Overview& seen, WallTime now, Due& due) const;
  struct Loss {
    std::string about;  ///< "cluster:prod-eu"
    bool lost = false;
    std::string words;  ///< mrkdwn; of a return without the final period
    std::string in_the_log;
  };
  /// A loss is told once, and the return once, whatever restarts lie between.
  asio::awaitable<void> tell_of_loss(Loss loss);
  void tell_admins(const std::string& about, const std::string& text);
  storage::OutboxRow notice(const std::string& about, const std::string& text) const;
  asio::awaitable<void> enqueue(storage::OutboxRow row);
  /// The revision that asked for the older image that runs now, if it is a recent one.
  asio::awaitable<std::optional<view::EarlierRevision>> earlier_revision(App app, DriftReport report);
  // alert_delivery.cpp
  struct AlertState;
  static Result<AlertState> load_alert(storage::Transaction& tx, std::int64_t id);
  asio::awaitable<Result<std::string>> deliver_alert(storage::OutboxRow row);
  asio::awaitable<slack::Message> message_of_one(AlertState state, App app);
  slack::Message message_of_group(const AlertState& state) const;
  std::string mentions_of(const std::vector<Incident>& incidents) const;
  struct NoteWords {
    std::string why_not;  ///< nothing is left to say
    std::string text;
    bool broadcast = false;
    std::vector<std::int64_t> criticals;  ///< named in it
  };
  NoteWords words_of_note(const AlertState& state, const std::string& payload) const;
  bool apps_are_missing(const AlertState& state) const;
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
  std::map<std::string, WallTime> in_sync_at_;  ///< by App: when it was last seen so
  std::map<std::string, bool> reachable_;       ///< clusters, as last heard of
  std::set<std::string> lost_repositories_;
  std::size_t judging_ = 0;
  WallTime next_look_around_{};
  CodeOwnersCache code_owners_;
  Signal wake_;
  Signal judged_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
