#pragma once
// The one implementation of Transaction. Internal to storage/.
#include "storage/session.hpp"
#include "storage/store.hpp"

namespace driftwarden::storage {

class SqliteTransaction final : public Transaction {
 public:
  SqliteTransaction(Session& session, Clock& clock) : session_(session), clock_(clock) {}

  Result<bool> add_inbox(const InboxRow& row) override;
  Result<std::vector<InboxRow>> pending_inbox(std::size_t limit) override;
  Result<void> begin_inbox(std::int64_t id) override;
  Result<void> finish_inbox(std::int64_t id, const std::string& outcome) override;

  Result<std::int64_t> enqueue(const OutboxRow& row) override;
  Result<std::vector<OutboxRow>> ready_outbox(WallTime now, std::size_t limit) override;
  Result<std::optional<WallTime>> next_outbox_time() override;
  Result<void> begin_outbox(std::int64_t id) override;
  Result<void> finish_outbox(std::int64_t id, const std::string& result) override;
  Result<void> retry_outbox(std::int64_t id, WallTime not_before, const std::string& error) override;
  Result<void> fail_outbox(std::int64_t id, const std::string& error) override;
  Result<void> put_off_outbox(std::int64_t id, WallTime not_before, const std::string& why) override;
  Result<void> hurry_outbox(const std::string& lane, WallTime now) override;

  Result<Incident> add_incident(Incident incident) override;
  Result<void> save_incident(const Incident& incident) override;
  Result<std::optional<Incident>> find_incident(std::int64_t id) override;
  Result<std::optional<Incident>> find_incident_by_message(const MessageRef& message) override;
  Result<std::vector<Incident>> open_incidents() override;
  Result<std::vector<Incident>> open_incident_heads() override;
  Result<std::vector<Incident>> group_heads(std::int64_t leader) override;
  Result<std::size_t> count_group(std::int64_t leader, bool open_only) override;
  Result<std::optional<Incident>> open_incident(const std::string& app) override;
  Result<std::vector<Incident>> incidents_since(WallTime since, std::size_t limit) override;
  Result<std::vector<Incident>> incidents_of(const std::string& app, std::size_t limit) override;
  Result<std::vector<Incident>> incidents_of_group(std::int64_t leader) override;
  Result<std::vector<Incident>> leaders_with(const std::string& channel, const std::string& root_cause, std::size_t limit) override;
  Result<std::vector<Incident>> told_in_channel(const std::string& channel, WallTime since) override;

  Result<Change> add_change(Change change) override;
  Result<void> save_change(const Change& change) override;
  Result<std::optional<Change>> find_change(std::int64_t id) override;
  Result<std::optional<Change>> find_change_by_card(const MessageRef& card) override;
  Result<std::vector<Change>> changes(const ChangeQuery& query) override;

  Result<std::vector<WallTime>> change_times(const std::string& app, WallTime since) override;

  Result<Hold> add_hold(Hold hold) override;
  Result<void> save_hold(const Hold& hold) override;
  Result<std::vector<Hold>> open_holds() override;
  Result<Silence> add_silence(Silence silence) override;
  Result<void> save_silence(const Silence& silence) override;
  Result<std::vector<Silence>> open_silences() override;
  Result<std::optional<Silence>> find_silence(std::int64_t id) override;
  Result<Waiver> add_waiver(Waiver waiver) override;
  Result<void> save_waiver(const Waiver& waiver) override;
  Result<std::vector<Waiver>> open_waivers() override;
  Result<std::optional<Waiver>> find_waiver(std::int64_t id) override;
  Result<Delegation> add_delegation(Delegation delegation) override;
  Result<void> save_delegation(const Delegation& delegation) override;
  Result<std::vector<Delegation>> active_delegations(WallTime now) override;

  Result<void> save_identity(const Identity& identity) override;
  Result<std::optional<Identity>> find_identity(const std::string& team, const std::string& user) override;
  Result<std::vector<Identity>> identities() override;

  Result<void> save_rollout(const RolloutRow& row) override;
  Result<std::vector<RolloutRow>> rollouts_of(const std::string& app) override;

  Result<void> save_pull_note(const PullNote& note) override;
  Result<std::optional<PullNote>> find_pull_note(const std::string& repository, std::int64_t number) override;
  Result<std::vector<PullNote>> pull_notes(const std::string& repository) override;

  Result<AuditRow> append_audit(const AuditEntry& entry) override;
  Result<std::vector<AuditRow>> audit(const AuditQuery& query) override;

  Result<void> save_app(const AppRow& row) override;
  Result<std::optional<AppRow>> find_app(const std::string& app) override;
  Result<std::vector<AppRow>> app_rows() override;

  Result<void> set_setting(const std::string& name, const std::string& value) override;
  Result<std::optional<std::string>> setting(const std::string& name) override;

  Result<StoreFigures> figures(WallTime now) override;

  /// The first failure of the database itself. SQLite may have rolled back by then, so nothing of the transaction may stay.
  const std::optional<Error>& broken() const { return broken_; }
  /// The last row that it added to the chain; without the instance.
  const std::optional<AuditMark>& appended() const { return appended_; }

 private:
  /// Does one step, unless an earlier one broke the transaction: after SQLite's own rollback every statement would commit by itself.
  template <class Work>
  auto step(std::string_view what, Work&& work) -> decltype(guarded(what, work)) {
    if (broken_) return *broken_;
    auto result = guarded(what, work);
    if (!result && !session_.in_transaction()) broken_ = result.error();
    if (!result && (result.error().kind == ErrorKind::Unavailable || result.error().kind == ErrorKind::Corrupt)) broken_ = result.error();
    return result;
  }
  std::int64_t insert_outbox(const OutboxRow& row);

  Session& session_;
  Clock& clock_;
  std::optional<Error> broken_;
  std::optional<AuditMark> appended_;
};

/// For LIMIT: more than SQLite can count means all.
std::int64_t to_limit(std::size_t limit);
/// A row that had to be there.
Result<void> expect_one(int changed, std::string_view what, std::int64_t id);
#define CHANGE_IS_OPEN "state NOT IN ('done', 'rejected', 'expired', 'superseded', 'failed', 'cancelled')"
/// What read_audit_row reads.
#define AUDIT_COLUMNS "seq, at, actor, action, app, subject, detail, previous, hash, where_, on_"
AuditRow read_audit_row(const Query& row);

}  // namespace driftwarden::storage
