#pragma once
// Everything that must outlive the process, in one SQLite file. Blocking: run it on the database's own thread (AsyncStore in bot/).
#include "gitops/base/clock.hpp"
#include "gitops/model/audit.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/hold.hpp"
#include "gitops/model/incident.hpp"
#include "gitops/model/silence.hpp"
#include "gitops/model/waiver.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::storage {

/// A stored envelope. `payload` is the JSON text.
struct InboxRow {
  std::int64_t id = 0;
  std::string key{};  ///< dedupe key
  std::string type{};
  std::string payload{};
  WallTime received_at{};
  int attempts = 0;
};

enum class OutboxState { Waiting, Attempted, Done, Failed };

/// A side effect that is to happen once. `key` makes a second enqueue of the same effect a no-op; `coalesce` lets a newer waiting row of the
/// same value replace the payload of an older one that was not attempted yet. Rows of one `lane` are carried out in order.
struct OutboxRow {
  std::int64_t id = 0;
  std::string key{};
  std::string kind{};      ///< "slack.message", "change.propose", "change.merge", "change.apply", ...
  std::string lane{};      ///< "channel:C123", "change:12"
  std::string coalesce{};  ///< "" = never
  std::string payload{};   ///< JSON text; never a secret
  OutboxState state = OutboxState::Waiting;
  int attempts = 0;
  WallTime created_at{};
  WallTime not_before{};
  std::optional<WallTime> attempted_at{};  ///< when the last attempt began: after a crash, ask the outside before repeating
  std::string result{};                    ///< JSON text or error
};

struct AppRow {
  std::string app{};
  std::string last_synced_revision{};  ///< the last revision with which live was seen equal
  WallTime last_synced_at{};
};

/// How an App did while these sources were in force: its last health there.
struct RolloutRow {
  std::string app{};
  std::string tree{};   ///< id of the sources
  WallTime first_at{};
  WallTime last_at{};   ///< when its health was last another, or last looked at
  std::string health{}; ///< "Healthy", "Degraded", ...
  std::string why{};
};

/// What was last said of a pull request that somebody opened.
struct PullNote {
  std::string repository{};
  std::int64_t number = 0;
  std::string head_sha{};
  std::string base_sha{};
  std::string digest{};    ///< of what was said: the same isn't said again
  std::string channel{};
  std::optional<MessageRef> message{};
  bool closed = false;
  WallTime updated_at{};
};

/// What is left out matches all.
struct AuditQuery {
  std::string app{};
  std::optional<WallTime> since{};
  std::size_t limit = 100;
  bool newest_first = true;
  std::optional<WallTime> until{};  ///< rows before it
  std::string actor{};
  std::string action{};   ///< "change.approved", or a prefix that ends in a dot: "change."
  std::string subject{};  ///< "C-12"
  std::string about{};    ///< rows whose subject, where or on is this, or whose detail holds it as a whole JSON string
  std::int64_t after_seq = 0;  ///< rows behind it
};

struct ChangeQuery {
  std::string app{};
  bool open_only = false;
  std::size_t limit = 100;
};

/// How full the queues are, and how large the rest is.
struct StoreFigures {
  std::size_t inbox_waiting = 0;
  std::optional<WallTime> inbox_oldest{};           ///< when the oldest of them arrived
  std::map<std::string, std::size_t> outbox_waiting{};  ///< by kind, those put off included
  std::optional<WallTime> outbox_oldest_due{};      ///< since when the row is due that has been longest
  std::int64_t audit_rows = 0;                      ///< ever written
  std::int64_t audit_sealed = 0;                    ///< of these, no longer in the database but in a sealed archive
  std::int64_t bytes = 0;                           ///< of the database's pages
  std::int64_t free_bytes = 0;                      ///< of these, unused
};

/// One transaction's view. Valid inside the function that transact() calls.
class Transaction {
 public:
  virtual ~Transaction() = default;

  /// False when the key is known already (a redelivery); the row is left as it was.
  virtual Result<bool> add_inbox(const InboxRow& row) = 0;
  virtual Result<std::vector<InboxRow>> pending_inbox(std::size_t limit) = 0;
  virtual Result<void> begin_inbox(std::int64_t id) = 0;  ///< counts the attempt
  virtual Result<void> finish_inbox(std::int64_t id, const std::string& outcome) = 0;

  /// The id; the existing row's id when the key was enqueued before, or of the waiting row that took over the payload.
  virtual Result<std::int64_t> enqueue(const OutboxRow& row) = 0;
  /// Rows Waiting or Attempted, not_before <= now, the first of each lane only, oldest first.
  virtual Result<std::vector<OutboxRow>> ready_outbox(WallTime now, std::size_t limit) = 0;
  /// The earliest not_before of the waiting rows, to sleep until.
  virtual Result<std::optional<WallTime>> next_outbox_time() = 0;
  virtual Result<void> begin_outbox(std::int64_t id) = 0;  ///< Attempted; counts
  virtual Result<void> finish_outbox(std::int64_t id, const std::string& result) = 0;
  virtual Result<void> retry_outbox(std::int64_t id, WallTime not_before, const std::string& error) = 0;
  virtual Result<void> fail_outbox(std::int64_t id, const std::string& error) = 0;
  /// It must wait for somebody: tried again later without counting the attempts.
  virtual Result<void> put_off_outbox(std::int64_t id, WallTime not_before, const std::string& why) = 0;
  /// What waits in the lane is due now.
  virtual Result<void> hurry_outbox(const std::string& lane, WallTime now) = 0;

  virtual Result<Incident> add_incident(Incident incident) = 0;  ///< gives it its id
  virtual Result<void> save_incident(const Incident& incident) = 0;
  virtual Result<std::optional<Incident>> find_incident(std::int64_t id) = 0;
  virtual Result<std::optional<Incident>> find_incident_by_message(const MessageRef& message) = 0;
  virtual Result<std::vector<Incident>> open_incidents() = 0;
  /// The same, and those of one group, without their reports: of these only App, state and cause.
  virtual Result<std::vector<Incident>> open_incident_heads() = 0;
  virtual Result<std::vector<Incident>> group_heads(std::int64_t leader) = 0;
  /// How many of a group aren't muted (and not resolved): 0, 1, or 2 for more.
  virtual Result<std::size_t> count_group(std::int64_t leader, bool open_only) = 0;
  virtual Result<std::optional<Incident>> open_incident(const std::string& app) = 0;  ///< the one that isn't resolved
  /// Those that are open or were resolved at `since` or later, newest first.
  virtual Result<std::vector<Incident>> incidents_since(WallTime since, std::size_t limit) = 0;
  virtual Result<std::vector<Incident>> incidents_of(const std::string& app, std::size_t limit) = 0;  ///< newest first
  virtual Result<std::vector<Incident>> incidents_of_group(std::int64_t leader) = 0;  ///< open and resolved ones, oldest first; the leader is one of them
  /// Incidents of this channel with this root cause that are open and stand alone, or lead a group, newest first; muted ones don't count.
  virtual Result<std::vector<Incident>> leaders_with(const std::string& channel, const std::string& root_cause, std::size_t limit) = 0;
  /// Those that have a message of their own in the channel (alone or leading) and were told since then, oldest first; muted ones don't count.
  virtual Result<std::vector<Incident>> told_in_channel(const std::string& channel, WallTime since) = 0;

  virtual Result<Change> add_change(Change change) = 0;        ///< gives it its id
  virtual Result<void> save_change(const Change& change) = 0;  ///< approvals included
  virtual Result<std::optional<Change>> find_change(std::int64_t id) = 0;
  virtual Result<std::optional<Change>> find_change_by_card(const MessageRef& card) = 0;
  virtual Result<std::vector<Change>> changes(const ChangeQuery& query) = 0;  ///< newest first

  /// When Changes of the App were asked for, newest first.
  virtual Result<std::vector<WallTime>> change_times(const std::string& app, WallTime since) = 0;

  virtual Result<Hold> add_hold(Hold hold) = 0;  ///< gives it its id
  virtual Result<void> save_hold(const Hold& hold) = 0;
  virtual Result<std::vector<Hold>> open_holds() = 0;  ///< those that weren't ended; whether their time is up is for is_active
  virtual Result<Silence> add_silence(Silence silence) = 0;  ///< gives it its id
  virtual Result<void> save_silence(const Silence& silence) = 0;
  virtual Result<std::vector<Silence>> open_silences() = 0;  ///< those that weren't ended; whether their time is up is for is_active
  virtual Result<std::optional<Silence>> find_silence(std::int64_t id) = 0;
  virtual Result<Waiver> add_waiver(Waiver waiver) = 0;  ///< gives it its id
  virtual Result<void> save_waiver(const Waiver& waiver) = 0;
  virtual Result<std::vector<Waiver>> open_waivers() = 0;  ///< those that weren't ended; whether their time is up is for is_active
  virtual Result<std::optional<Waiver>> find_waiver(std::int64_t id) = 0;
  virtual Result<Delegation> add_delegation(Delegation delegation) = 0;
  virtual Result<void> save_delegation(const Delegation& delegation) = 0;
  virtual Result<std::vector<Delegation>> active_delegations(WallTime now) = 0;

  virtual Result<void> save_identity(const Identity& identity) = 0;  ///< by team and user
  virtual Result<std::optional<Identity>> find_identity(const std::string& team, const std::string& user) = 0;
  virtual Result<std::vector<Identity>> identities() = 0;

  virtual Result<void> save_rollout(const RolloutRow& row) = 0;  ///< by App and tree; first_at stays
  virtual Result<std::vector<RolloutRow>> rollouts_of(const std::string& app) = 0;

  virtual Result<void> save_pull_note(const PullNote& note) = 0;  ///< by repository and number
  virtual Result<std::optional<PullNote>> find_pull_note(const std::string& repository, std::int64_t number) = 0;
  virtual Result<std::vector<PullNote>> pull_notes(const std::string& repository) = 0;  ///< of those that aren't closed

  /// Appends to the chain and returns the row with its seq and hash.
  virtual Result<AuditRow> append_audit(const AuditEntry& entry) = 0;
  virtual Result<std::vector<AuditRow>> audit(const AuditQuery& query) = 0;

  virtual Result<void> save_app(const AppRow& row) = 0;
  virtual Result<std::optional<AppRow>> find_app(const std::string& app) = 0;
  virtual Result<std::vector<AppRow>> app_rows() = 0;

  /// Small settings: the redaction key, the head of a repository when last seen.
  virtual Result<void> set_setting(const std::string& name, const std::string& value) = 0;
  virtual Result<std::optional<std::string>> setting(const std::string& name) = 0;

  virtual Result<StoreFigures> figures(WallTime now) = 0;
};

struct AuditFault {
  std::int64_t seq = 0;
  std::string what;
};

/// A place in one database's chain, as commit trailers and anchors name it: "<seq>:<hash>:<instance>".
struct AuditMark {
  std::int64_t seq = 0;  ///< 0 = none, or not readable
  std::string hash{};
  std::string instance{};  ///< "" in marks of before databases had a name
  bool operator==(const AuditMark&) const = default;
};

/// Rows that left the database for an archive. The chain goes on behind them.
struct AuditSeal {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string hash{};     ///< of the last row
  std::string archive{};  ///< the file's name, without its directory
  std::string digest{};   ///< SHA-256 of the file
  WallTime at{};
  bool operator==(const AuditSeal&) const = default;
};

struct SealReport {
  std::size_t rows = 0;  ///< 0: there was nothing to do
  AuditSeal seal{};
  bool more = false;         ///< the turn's bound was reached: call again
  std::string waits_for{};   ///< the open Change that still needs its rows, which holds the rest back: "C-12"
};

struct RestoreReport {
  AuditMark head{};                      ///< of the backup
  std::optional<AuditMark> lost_head{};  ///< of what was there, when that could be read
  std::string aside{};                   ///< where that lies now; "" = nothing was there
};

/// For a database that isn't an ordinary file of a running bot.
struct StoreOptions {
  std::string vfs{};       ///< a registered SQLite VFS instead of the system's: no lock file, no file modes, no backup
  std::string instance{};  ///< what a new database is called; "" = by chance
  /// Set: several instances share the file, one at a time leads. It isn't locked for this one alone, has a journal that other machines see, and counts the
  /// terms (setting "leader_epoch"): once another has opened it, every transaction of this one is refused. Asked inside the transaction that begins the term.
  std::function<bool()> leads{};
};

class Store {
 public:
  /// Creates or migrates; before a migration the file is kept as `<path>.v<N>.backup`. Errors: Unavailable (can't open, locked by another
  /// process), Corrupt (damaged, or older than what was here: says how to restore), InvalidInput (written by a newer version).
  static Result<std::unique_ptr<Store>> open(const std::string& path, Clock& clock, const StoreOptions& options = {});
  /// For `driftwarden audit`: never writes, works beside a running bot.
  static Result<std::unique_ptr<Store>> open_read_only(const std::string& path, Clock& clock);
  virtual ~Store() = default;
  /// One transaction, durable when it returns: committed when `work` succeeds, rolled back when it fails. A full disk is Unavailable and
  /// leaves everything as it was.
  virtual Result<void> transact(const std::function<Result<void>(Transaction&)>& work) = 0;
  /// The same for several that know nothing of each other, made durable by one write where that is possible. One that fails leaves the
  /// others as they are. A work may be run twice; only its last run counts.
  virtual std::vector<Result<void>> transact_all(const std::vector<std::function<Result<void>(Transaction&)>>& works);
  /// "", or why the database can't be trusted any more: it is damaged, or the disk failed. Every transaction is refused from then on, so the
  /// process should end. From any thread.
  virtual std::string damage() const = 0;

  /// 16 hex digits, made when the database was.
  virtual Result<std::string> instance() = 0;
  /// Where the chain ends; seq 0 when it is empty.
  virtual Result<AuditMark> audit_head() = 0;
  /// Walks the whole chain behind the last seal; the first faults found, empty when it is intact.
  virtual Result<std::vector<AuditFault>> verify_audit() = 0;
  virtual Result<std::vector<AuditSeal>> audit_seals() = 0;
  /// Compares the archives in `directory` with the seals and with the chain. `each` is given their rows in order, those in doubt too.
  virtual Result<std::vector<AuditFault>> verify_archives(const std::string& directory, const std::function<void(const AuditRow&)>& each = {}) = 0;
  /// Moves rows from before `before` to a new archive in `directory`, a bounded number per turn, never those that an open Change needs. They are
  /// deleted once the archive is on the disk and was read back. Safe to repeat after a crash at any point.
  virtual Result<SealReport> seal_audit(WallTime before, const std::string& directory) = 0;

  /// Deletes finished inbox and outbox rows older than `age`. The audit chain stays whole.
  virtual Result<std::size_t> prune(Duration age) = 0;
  /// Deletes what ended longer ago than `age`: incidents, Changes, holds, silences, delegations, rollouts, notes of pull requests (with the
  /// settings whose names end in ":<repository>:<number>"). A bounded number per turn; 0 when nothing is left.
  virtual Result<std::size_t> forget(Duration age) = 0;
  /// A consistent copy while others write: checked, mode 0600, there as a whole or not at all, never over an existing file.
  virtual Result<void> backup(const std::string& to) = 0;
};

/// Puts the backup `from` in the place of the database `to`, whose bot must not run. What was there is kept beside it. Safe to repeat after
/// a crash at any point; the audit log says that it happened and what was lost.
Result<RestoreReport> restore(const std::string& from, const std::string& to, Clock& clock);

/// The hash of a row as the chain defines it; public so that verify and Git trailers agree on it.
std::string audit_hash(const AuditRow& row);
std::string audit_mark(const AuditRow& row, const std::string& instance);
std::string to_text(const AuditMark& mark);
/// Takes "<seq>:<hash>" too. What is neither has seq 0.
AuditMark read_audit_mark(std::string_view text);

/// The files in `directory` that are archives by their name, in the order of their rows.
Result<std::vector<std::string>> archives_in(const std::string& directory);
/// The rows of one archive, each checked against the row before it.
Result<std::vector<AuditRow>> read_archive(const std::string& file);

}  // namespace driftwarden::storage
