#include "tests/sim/sim_store.hpp"

#include "bot/change/change_steps.hpp"
#include "storage/passing_transaction.hpp"
#include "tests/sim/scene.hpp"

#include <algorithm>

namespace driftwarden::sim {
namespace {

using storage::InboxRow;
using storage::OutboxRow;

/// Notes what is written, and is where the mutants of the store live.
class SimTransaction final : public storage::PassingTransaction {
 public:
  SimTransaction(Ground& ground, storage::Transaction& inner) : PassingTransaction(inner), ground_(ground) {}

  bool wrote = false;
  std::vector<AuditRow> audit_rows;
  std::vector<std::int64_t> claims;

  Result<bool> add_inbox(const InboxRow& row) override {
    wrote = true;
    if (now_and_then(MutantKind::InboxRowLost, 4)) return true;
    if (!ground_.is(MutantKind::DedupeForgotten)) return inner_.add_inbox(row);
    auto other = row;
    other.key += fmt::format("#{}", ground_.random->next() % 100'000);
    return inner_.add_inbox(other);
  }
  Result<void> begin_inbox(std::int64_t id) override {
    wrote = true;
    CHECK_OK(inner_.begin_inbox(id));
    if (ground_.is(MutantKind::FinishedWhenBegun)) return inner_.finish_inbox(id, "begun");
    return Result<void>{};
  }
  Result<void> finish_inbox(std::int64_t id, const std::string& outcome) override {
    wrote = true;
    return inner_.finish_inbox(id, outcome);
  }

  Result<std::int64_t> enqueue(const OutboxRow& row) override {
    wrote = true;
    if (row.kind == "slack.reply" && now_and_then(MutantKind::ReplyRowLost, 3)) return 0;
    if (row.kind == "change.merge" && now_and_then(MutantKind::MergeRowLost, 2)) return 0;
    if (!ground_.is(MutantKind::KeyForgotten)) return inner_.enqueue(row);
    // Enqueued for every content of the key, again and again.
    auto first = row;
    first.key.clear();
    first.coalesce.clear();
    if (row.kind == "slack.note" || row.kind == "slack.reply") (void)inner_.enqueue(first);
    return inner_.enqueue(first);
  }
  Result<std::vector<OutboxRow>> ready_outbox(WallTime now, std::size_t limit) override {
    TRY(auto rows, inner_.ready_outbox(now, limit));
    if (ground_.is(MutantKind::AttemptsNotCounted)) {
      for (auto& row : rows) {
        row.attempts = 0;
        row.attempted_at.reset();
      }
    }
    return rows;
  }
  Result<void> begin_outbox(std::int64_t id) override {
    wrote = true;
    return inner_.begin_outbox(id);
  }
  Result<void> finish_outbox(std::int64_t id, const std::string& result) override {
    wrote = true;
    return inner_.finish_outbox(id, result);
  }
  Result<void> retry_outbox(std::int64_t id, WallTime not_before, const std::string& error) override {
    wrote = true;
    if (ground_.is(MutantKind::RetryIsDone)) return inner_.finish_outbox(id, "tried");
    return inner_.retry_outbox(id, not_before, error);
  }
  Result<void> fail_outbox(std::int64_t id, const std::string& error) override {
    wrote = true;
    return inner_.fail_outbox(id, error);
  }
  Result<void> put_off_outbox(std::int64_t id, WallTime not_before, const std::string& why) override {
    wrote = true;
    if (ground_.is(MutantKind::PutOffFails)) return inner_.fail_outbox(id, why);
    return inner_.put_off_outbox(id, not_before, why);
  }
  Result<void> hurry_outbox(const std::string& lane, WallTime now) override {
    wrote = true;
    return inner_.hurry_outbox(lane, now);
  }

  Result<Incident> add_incident(Incident incident) override {
    wrote = true;
    return inner_.add_incident(std::move(incident));
  }
  Result<void> save_incident(const Incident& incident) override {
    wrote = true;
    if (ground_.is(MutantKind::ResolvedForgotten) && incident.state == IncidentState::Resolved) return Result<void>{};
    if (!ground_.is(MutantKind::AlertForgotten)) return inner_.save_incident(incident);
    auto other = incident;
    other.message.reset();
    return inner_.save_incident(other);
  }
  Result<std::optional<Incident>> open_incident(const std::string& app) override {
    if (ground_.is(MutantKind::IncidentHidden) && app == "cart") return std::optional<Incident>();
    return inner_.open_incident(app);
  }

  Result<Change> add_change(Change change) override {
    wrote = true;
    return inner_.add_change(std::move(change));
  }
  Result<void> save_change(const Change& change) override {
    wrote = true;
    if (now_and_then(MutantKind::ChangeNotSaved, 6)) return Result<void>{};
    if (is_being_merged(change)) {
      TRY(const auto before, inner_.find_change(change.id));
      if (before && !is_being_merged(*before)) claims.push_back(change.id);
    }
    auto other = change;
    if (ground_.is(MutantKind::QuorumOfNobody)) other.quorum.need = 0;
    if (ground_.is(MutantKind::QuorumOfOne)) other.quorum.need = std::min(other.quorum.need, 1);
    if (ground_.is(MutantKind::DraftNeedsNobody) && other.verb == ChangeVerb::Propose) other.quorum.need = 0;
    if (ground_.is(MutantKind::ExtraForgotten)) other.quorum.extra = {};
    for (auto& gate : other.gates) {
      if (!ground_.is(MutantKind::FindingsForgotten)) continue;
      gate.findings.clear();
      gate.trouble.clear();
    }
    if (ground_.is(MutantKind::CardForgotten)) other.card.reset();
    if (ground_.is(MutantKind::DoneForgotten) && other.state == ChangeState::Done) other.state = ChangeState::Verifying;
    if (ground_.is(MutantKind::ApprovalOfOwn)) {
      TRY(const auto kept, inner_.find_change(change.id));
      if (kept) other.requester = kept->requester;
    }
    return inner_.save_change(other);
  }
  Result<std::optional<Change>> find_change(std::int64_t id) override {
    TRY(auto change, inner_.find_change(id));
    if (!change) return change;
    if (ground_.is(MutantKind::ApprovalOfAnyContent)) {
      for (auto& approval : change->approvals) approval.of = change->content;
    }
    if (ground_.is(MutantKind::ApprovalOfOwn)) change->requester = "somebody";
    return change;
  }

  Result<Hold> add_hold(Hold hold) override {
    wrote = true;
    if (ground_.is(MutantKind::HoldNotSaved)) {
      hold.id = 1;
      return hold;
    }
    return inner_.add_hold(std::move(hold));
  }
  Result<void> save_hold(const Hold& hold) override {
    wrote = true;
    return inner_.save_hold(hold);
  }
  Result<std::vector<Hold>> open_holds() override {
    if (ground_.is(MutantKind::HoldsHidden)) return std::vector<Hold>{};
    TRY(auto holds, inner_.open_holds());
    if (ground_.is(MutantKind::HaltIsNoHold)) std::erase_if(holds, [](const Hold& hold) { return hold.kind == HoldKind::Halt; });
    return holds;
  }

  Result<Waiver> add_waiver(Waiver waiver) override {
    wrote = true;
    auto kept = waiver;
    if (ground_.is(MutantKind::WaiverOutlives)) kept.until += std::chrono::hours{1};
    TRY(const auto added, inner_.add_waiver(kept));
    waiver.id = added.id;
    return waiver;
  }
  Result<void> save_waiver(const Waiver& waiver) override {
    wrote = true;
    if (ground_.is(MutantKind::WaiverOutlives)) return Result<void>{};
    return inner_.save_waiver(waiver);
  }
  Result<std::vector<Waiver>> open_waivers() override {
    TRY(auto waivers, inner_.open_waivers());
    if (ground_.is(MutantKind::WaiverOfOwn)) {
      for (auto& waiver : waivers) waiver.owner = waiver.owner == gate_people().front() ? gate_people().back() : gate_people().front();
    }
    return waivers;
  }

  Result<AuditRow> append_audit(const AuditEntry& entry) override {
    wrote = true;
    if (now_and_then(MutantKind::AuditRowDropped, 5) || (ground_.is(MutantKind::ApprovalRowDropped) && entry.action == "change.approved") ||
        (ground_.is(MutantKind::QuestionRowDropped) && entry.action == "model.asked") ||
        (entry.action == "commit.landed" && now_and_then(MutantKind::CommitRowDropped, 3)) ||
        (ground_.is(MutantKind::RefusalRowDropped) && entry.action.ends_with(".refused"))) {
      AuditRow row;
      row.entry = entry;
      return row;
    }
    auto written = entry;
    if (ground_.is(MutantKind::AuditActorWrong) && entry.action == "change.approved") written.actor = "driftwarden";
    TRY(auto row, inner_.append_audit(written));
    audit_rows.push_back(row);
    return row;
  }
  Result<void> save_app(const storage::AppRow& row) override {
    wrote = true;
    return inner_.save_app(row);
  }
  Result<void> set_setting(const std::string& name, const std::string& value) override {
    wrote = true;
    return inner_.set_setting(name, value);
  }
  Result<void> save_rollout(const storage::RolloutRow& row) override {
    wrote = true;
    return inner_.save_rollout(row);
  }
  Result<void> save_pull_note(const storage::PullNote& note) override {
    wrote = true;
    return inner_.save_pull_note(note);
  }
  Result<Silence> add_silence(Silence silence) override {
    wrote = true;
    return inner_.add_silence(std::move(silence));
  }
  Result<Delegation> add_delegation(Delegation delegation) override {
    wrote = true;
    return inner_.add_delegation(std::move(delegation));
  }

 private:
  bool now_and_then(MutantKind kind, std::uint64_t of) { return ground_.is(kind) && ground_.random->below(of) == 0; }
  Ground& ground_;
};

}  // namespace

Result<void> SimStore::transact(const std::function<Result<void>(storage::Transaction&)>& work) {
  if (ground_.gone()) return dead_process();
  ++ground_.totals.transactions;
  if (!ground_.faults_stopped && ground_.chance(ground_.rates.disk)) {
    ground_.fault("disk full");
    ground_.say("the disk is full for a moment");
    return Error{ErrorKind::Unavailable, "committing to the database: the disk is full"};
  }
  std::vector<AuditRow> rows;
  std::vector<std::int64_t> claims;
  bool wrote = false;
  auto done = inner_->transact([&](storage::Transaction& tx) -> Result<void> {
    SimTransaction noting(ground_, tx);
    CHECK_OK(work(noting));
    rows = std::move(noting.audit_rows);
    claims = std::move(noting.claims);
    wrote = noting.wrote;
    if (wrote && ground_.dies_at("before a commit")) return dead_process();
    return Result<void>{};
  });
  if (power_is_off && power_is_off()) {
    ground_.fault("power cut in a commit");
    ground_.die("as the power fails in a commit");
    return dead_process();
  }
  if (!done) return done;
  for (const auto& row : rows) {
    durable_.audit[row.seq] = row;
    ground_.say(fmt::format("audit {}: {} {} {} {} {}", row.seq, row.entry.actor, row.entry.action, row.entry.app, row.entry.subject, row.entry.detail.substr(0, 400)));
    if (on_audit) on_audit(row);
  }
  for (const auto change : claims) {
    if (on_claim) on_claim(change);
  }
  if (wrote && ground_.dies_at("after a commit")) return dead_process();
  return done;
}

}  // namespace driftwarden::sim
