#pragma once
// For decorators of a transaction, which override what they are about.
#include "storage/store.hpp"

#include <utility>

namespace driftwarden::storage {

class PassingTransaction : public Transaction {
 public:
  explicit PassingTransaction(Transaction& inner) : inner_(inner) {}

  Result<bool> add_inbox(const InboxRow& row) override { return inner_.add_inbox(row); }
  Result<std::vector<InboxRow>> pending_inbox(std::size_t limit) override { return inner_.pending_inbox(limit); }
  Result<void> begin_inbox(std::int64_t id) override { return inner_.begin_inbox(id); }
  Result<void> finish_inbox(std::int64_t id, const std::string& outcome) override { return inner_.finish_inbox(id, outcome); }
  Result<std::int64_t> enqueue(const OutboxRow& row) override { return inner_.enqueue(row); }
  Result<std::vector<OutboxRow>> ready_outbox(WallTime now, std::size_t limit) override { return inner_.ready_outbox(now, limit); }
  Result<std::optional<WallTime>> next_outbox_time() override { return inner_.next_outbox_time(); }
  Result<void> begin_outbox(std::int64_t id) override { return inner_.begin_outbox(id); }
  Result<void> finish_outbox(std::int64_t id, const std::string& result) override { return inner_.finish_outbox(id, result); }
  Result<void> retry_outbox(std::int64_t id, WallTime not_before, const std::string& error) override { return inner_.retry_outbox(id, not_before, error); }
  Result<void> fail_outbox(std::int64_t id, const std::string& error) override { return inner_.fail_outbox(id, error); }
  Result<void> put_off_outbox(std::int64_t id, WallTime not_before, const std::string& why) override { return inner_.put_off_outbox(id, not_before, why); }
  Result<void> hurry_outbox(const std::string& lane, WallTime now) override { return inner_.hurry_outbox(lane, now); }
  Result<Incident> add_incident(Incident incident) override { return inner_.add_incident(std::move(incident)); }
  Result<void> save_incident(const Incident& incident) override { return inner_.save_incident(incident); }
  Result<std::optional<Incident>> find_incident(std::int64_t id) override { return inner_.find_incident(id); }
  Result<std::optional<Incident>> find_incident_by_message(const MessageRef& message) override { return inner_.find_incident_by_message(message); }
  Result<std::vector<Incident>> open_incidents() override { return inner_.open_incidents(); }
  Result<std::vector<Incident>> open_incident_heads() override { return inner_.open_incident_heads(); }
  Result<std::size_t> count_group(std::int64_t leader, bool open_only) override { return inner_.count_group(leader, open_only); }
  Result<std::vector<Incident>> group_heads(std::int64_t leader) override { return inner_.group_heads(leader); }
  Result<std::optional<Incident>> open_incident(const std::string& app) override { return inner_.open_incident(app); }
  Result<std::vector<Incident>> incidents_since(WallTime since, std::size_t limit) override { return inner_.incidents_since(since, limit); }
  Result<std::vector<Incident>> incidents_of(const std::string& app, std::size_t limit) override { return inner_.incidents_of(app, limit); }
  Result<std::vector<Incident>> incidents_of_group(std::int64_t leader) override { return inner_.incidents_of_group(leader); }
  Result<std::vector<Incident>> leaders_with(const std::string& channel, const std::string& root_cause, std::size_t limit) override { return inner_.leaders_with(channel, root_cause, limit); }
  Result<std::vector<Incident>> told_in_channel(const std::string& channel, WallTime since) override { return inner_.told_in_channel(channel, since); }
  Result<Change> add_change(Change change) override { return inner_.add_change(std::move(change)); }
  Result<void> save_change(const Change& change) override { return inner_.save_change(change); }
  Result<std::optional<Change>> find_change(std::int64_t id) override { return inner_.find_change(id); }
  Result<std::optional<Change>> find_change_by_card(const MessageRef& card) override { return inner_.find_change_by_card(card); }
  Result<std::vector<Change>> changes(const ChangeQuery& query) override { return inner_.changes(query); }
  Result<std::vector<WallTime>> change_times(const std::string& app, WallTime since) override { return inner_.change_times(app, since); }
  Result<Hold> add_hold(Hold hold) override { return inner_.add_hold(std::move(hold)); }
  Result<void> save_hold(const Hold& hold) override { return inner_.save_hold(hold); }
  Result<std::vector<Hold>> open_holds() override { return inner_.open_holds(); }
  Result<Silence> add_silence(Silence silence) override { return inner_.add_silence(std::move(silence)); }
  Result<void> save_silence(const Silence& silence) override { return inner_.save_silence(silence); }
  Result<std::vector<Silence>> open_silences() override { return inner_.open_silences(); }
  Result<std::optional<Silence>> find_silence(std::int64_t id) override { return inner_.find_silence(id); }
  Result<Waiver> add_waiver(Waiver waiver) override { return inner_.add_waiver(std::move(waiver)); }
  Result<void> save_waiver(const Waiver& waiver) override { return inner_.save_waiver(waiver); }
  Result<std::vector<Waiver>> open_waivers() override { return inner_.open_waivers(); }
  Result<std::optional<Waiver>> find_waiver(std::int64_t id) override { return inner_.find_waiver(id); }
  Result<Delegation> add_delegation(Delegation delegation) override { return inner_.add_delegation(std::move(delegation)); }
  Result<void> save_delegation(const Delegation& delegation) override { return inner_.save_delegation(delegation); }
  Result<std::vector<Delegation>> active_delegations(WallTime now) override { return inner_.active_delegations(now); }
  Result<void> save_identity(const Identity& identity) override { return inner_.save_identity(identity); }
  Result<std::optional<Identity>> find_identity(const std::string& team, const std::string& user) override { return inner_.find_identity(team, user); }
  Result<std::vector<Identity>> identities() override { return inner_.identities(); }
  Result<void> save_rollout(const RolloutRow& row) override { return inner_.save_rollout(row); }
  Result<std::vector<RolloutRow>> rollouts_of(const std::string& app) override { return inner_.rollouts_of(app); }
  Result<void> save_pull_note(const PullNote& note) override { return inner_.save_pull_note(note); }
  Result<std::optional<PullNote>> find_pull_note(const std::string& repository, std::int64_t number) override { return inner_.find_pull_note(repository, number); }
  Result<std::vector<PullNote>> pull_notes(const std::string& repository) override { return inner_.pull_notes(repository); }
  Result<AuditRow> append_audit(const AuditEntry& entry) override { return inner_.append_audit(entry); }
  Result<std::vector<AuditRow>> audit(const AuditQuery& query) override { return inner_.audit(query); }
  Result<void> save_app(const AppRow& row) override { return inner_.save_app(row); }
  Result<std::optional<AppRow>> find_app(const std::string& app) override { return inner_.find_app(app); }
  Result<std::vector<AppRow>> app_rows() override { return inner_.app_rows(); }
  Result<void> set_setting(const std::string& name, const std::string& value) override { return inner_.set_setting(name, value); }
  Result<std::optional<std::string>> setting(const std::string& name) override { return inner_.setting(name); }
  Result<StoreFigures> figures(WallTime now) override { return inner_.figures(now); }

 protected:
  Transaction& inner_;
};

}  // namespace driftwarden::storage
