#include "bot/change/waivers.hpp"

#include "bot/change/changes.hpp"
#include "bot/policy/findings.hpp"
#include "gitops/base/forge_text.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kOpenChanges = 1000;
constexpr std::size_t kUsedShown = 200;
constexpr const char* kUsed = "waiver.used";
/// Those that count no more because of whom they are of, by number, and why: so that each turn is said once, also across a restart.
constexpr const char* kSuspended = "waivers.suspended";

using Suspended = std::map<std::string, std::string>;

Result<std::vector<Waiver>> open_waivers(storage::Transaction& tx) { return tx.open_waivers(); }

std::string subject_of(std::int64_t id) { return fmt::format("waiver {}", id); }

json read_detail(const AuditEntry& entry) { return json::parse(entry.detail, nullptr, false); }

/// As its row has it; nothing of a row that says no end.
std::optional<Waiver> waiver_from(const AuditEntry& entry) {
  const auto detail = read_detail(entry);
  const auto until = parse_time(text_at(detail, "until"));
  if (!until) return std::nullopt;
  Waiver waiver;
  waiver.app = entry.app;
  waiver.gate = text_at(detail, "gate");
  waiver.rule = text_at(detail, "rule");
  waiver.object = text_at(detail, "object");
  waiver.owner = text_at(detail, "owner");
  waiver.reason = text_at(detail, "reason");
  waiver.until = *until;
  return waiver;
}

/// The rows that say it of this Change, newest first; of one waiver alone where `subject` names it.
Result<std::vector<AuditRow>> rows_of_use(storage::Transaction& tx, const Change& change, const std::string& subject = {}) {
  storage::AuditQuery query;
  query.action = kUsed;
  query.app = change.app;
  query.subject = subject;
  query.about = change_name(change.id);
  query.limit = kUsedShown;
  TRY(auto rows, tx.audit(query));
  std::erase_if(rows, [&](const AuditRow& row) { return text_at(read_detail(row.entry), "change") != query.about; });
  return rows;
}

Result<Suspended> read_suspended(storage::Transaction& tx) {
  TRY(const auto text, tx.setting(kSuspended));
  Suspended suspended;
  const auto parsed = json::parse(text.value_or("{}"), nullptr, false);
  if (!parsed.is_object()) return suspended;
  for (const auto& [id, why] : parsed.items()) {
    if (why.is_string()) suspended[id] = why.get<std::string>();
  }
  return suspended;
}

Result<void> save_suspended(storage::Transaction& tx, const Suspended& suspended) { return tx.set_setting(kSuspended, json(suspended).dump(-1, ' ', false, json::error_handler_t::replace)); }

AuditEntry resumed(const Waiver& waiver) { return audit_of(waiver, "driftwarden", "waiver.resumed", waiver.owner + " owns that gate again"); }

/// What is used counts again: the log says so before.
Result<void> resume(storage::Transaction& tx, const Waiver& waiver) {
  TRY(auto suspended, read_suspended(tx));
  if (suspended.erase(std::to_string(waiver.id)) == 0) return Result<void>{};
  auto row = tx.append_audit(resumed(waiver));
  if (!row) return row.error();
  return save_suspended(tx, suspended);
}

struct InForce {
  std::vector<Waiver> waivers;
  Suspended suspended;
};

Result<InForce> read_in_force(storage::Transaction& tx) {
  InForce in_force;
  TRY(in_force.waivers, tx.open_waivers());
  TRY(in_force.suspended, read_suspended(tx));
  return in_force;
}

std::string why_at(const Suspended& suspended, const Waiver& waiver) {
  const auto found = suspended.find(std::to_string(waiver.id));
  return found == suspended.end() ? std::string() : found->second;
}

/// Where nobody knows the App now, what was said of it stays.
Suspended suspended_now(const Config& config, const Fleet& fleet, const InForce& in_force, WallTime now) {
  Suspended suspended;
  for (const auto& waiver : in_force.waivers) {
    if (!is_active(waiver, now)) continue;
    const auto* app = fleet.app(waiver.app);
    auto why = app != nullptr ? why_idle(config, waiver, *app) : why_at(in_force.suspended, waiver);
    if (!why.empty()) suspended[std::to_string(waiver.id)] = std::move(why);
  }
  return suspended;
}

/// The rows of each turn, and the cards that change by it, in one transaction.
Result<void> say_turns(storage::Transaction& tx, const Suspended& now_idle, WallTime now) {
  TRY(const auto before, read_suspended(tx));
  TRY(const auto open, tx.open_waivers());
  std::set<std::string> apps;
  for (const auto& waiver : open) {
    const auto why_before = why_at(before, waiver);
    const auto why = why_at(now_idle, waiver);
    if (why == why_before || !is_active(waiver, now)) continue;
    apps.insert(waiver.app);
    if (!why.empty() && !why_before.empty()) continue;
    auto row = tx.append_audit(why.empty() ? resumed(waiver) : audit_of(waiver, "driftwarden", "waiver.suspended", why));
    if (!row) return row.error();
  }
  CHECK_OK(save_suspended(tx, now_idle));
  for (const auto& app : apps) CHECK_OK(show_gated_changes(tx, app, now));
  return Result<void>{};
}

}  // namespace

AuditEntry audit_of(const Waiver& waiver, const PersonId& actor, const std::string& action, const std::string& why) {
  AuditEntry entry;
  entry.actor = actor;
  entry.action = action;
  entry.app = waiver.app;
  entry.subject = subject_of(waiver.id);
  entry.where = waiver.channel;
  entry.detail = fmt::format(R"({{"gate":{},"rule":{},"object":{},"owner":{},"until":{},"change":{},"reason":{}}})", json_quoted(waiver.gate), json_quoted(waiver.rule), json_quoted(waiver.object),
                             json_quoted(waiver.owner), json_quoted(format_time(waiver.until)), json_quoted(waiver.change == 0 ? "" : change_name(waiver.change)), json_quoted(why));
  return entry;
}

Result<void> show_gated_changes(storage::Transaction& tx, const std::string& app, WallTime now) {
  TRY(const auto open, tx.changes({app, true, kOpenChanges}));
  for (const auto& change : open) {
    if (change.gates.empty() || (change.state != ChangeState::Proposed && change.state != ChangeState::Approved)) continue;
    ChangeStep step;
    step.next = change;
    step.effects = {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge};
    auto shown = commit_step(tx, std::move(step), now);
    if (!shown) return shown.error();
  }
  return Result<void>{};
}

Result<std::size_t> end_overdue_waivers(storage::Transaction& tx, WallTime now) {
  TRY(const auto waivers, tx.open_waivers());
  std::set<std::string> apps;
  std::size_t ended = 0;
  for (auto waiver : waivers) {
    if (is_active(waiver, now)) continue;
    waiver.ended_at = waiver.until;
    waiver.ended_by = "driftwarden";
    CHECK_OK(tx.save_waiver(waiver));
    auto row = tx.append_audit(audit_of(waiver, waiver.ended_by, "waiver.ended", "its time is up"));
    if (!row) return row.error();
    apps.insert(waiver.app);
    ++ended;
  }
  for (const auto& app : apps) CHECK_OK(show_gated_changes(tx, app, now));
  return ended;
}

Result<void> note_used_waivers(storage::Transaction& tx, const Change& change, const std::vector<Waiver>& counting) {
  if (!is_held_by_gates(change) || counting.empty()) return Result<void>{};
  std::map<std::int64_t, Waiver> used;
  for (const auto& one : blocking_in(change.gates)) {
    const auto by = std::ranges::find_if(counting, [&](const Waiver& waiver) { return lets_pass(waiver, change.app, one.gate, one.finding); });
    if (by != counting.end()) used.try_emplace(by->id, *by);
  }
  for (auto& [id, waiver] : used) {
    TRY(const auto rows, rows_of_use(tx, change, subject_of(id)));
    if (!rows.empty()) continue;
    CHECK_OK(resume(tx, waiver));
    waiver.change = change.id;
    auto row = tx.append_audit(audit_of(waiver, "driftwarden", kUsed, waiver.reason));
    if (!row) return row.error();
  }
  return Result<void>{};
}

Result<std::vector<Waiver>> used_waivers(storage::Transaction& tx, const Change& change) {
  TRY(const auto rows, rows_of_use(tx, change));
  std::vector<Waiver> used;
  for (const auto& row : rows) {
    if (auto waiver = waiver_from(row.entry)) used.push_back(std::move(*waiver));
  }
  return used;
}

asio::awaitable<std::string> waiver_trailers(AsyncStore& store, Change change) {
  const auto blocking = blocking_in(change.gates);
  if (blocking.empty() || !is_held_by_gates(change)) co_return std::string{};
  std::function<Result<std::vector<Waiver>>(storage::Transaction&)> look = [change](storage::Transaction& tx) { return used_waivers(tx, change); };
  auto looking = store.query<std::vector<Waiver>>(std::move(look));
  const auto used = co_await std::move(looking);
  if (!used) {
    // The log has it all the same.
    log_warn("gates", used.error().message);
    co_return std::string{};
  }
  std::vector<std::string> lines;
  for (const auto& one : blocking) {
    const auto by = std::ranges::find_if(*used, [&](const Waiver& waiver) { return lets_pass(waiver, change.app, one.gate, one.finding); });
    if (by == used->end()) continue;
    auto line = fmt::format("Waived-by: {}\n", without_forge_commands(without_control_characters(fmt::format("{} ({}/{})", by->owner, one.gate, one.finding.rule))));
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
  }
  co_return join(lines, "");
}

asio::awaitable<WaiversHere> waivers_for(AsyncStore& store, const Config& config, Change change, App app, WallTime now) {
  WaiversHere here;
  if (blocking_in(change.gates).empty()) co_return here;
  const bool merged = !change.merged_sha.empty();
  std::function<Result<std::vector<Waiver>>(storage::Transaction&)> look = open_waivers;
  if (merged) look = [change](storage::Transaction& tx) { return used_waivers(tx, change); };
  auto looking = store.query<std::vector<Waiver>>(std::move(look));
  auto found = co_await std::move(looking);
  if (!found) log_warn("gates", found.error().message);
  if (found && merged) here.counting = std::move(*found);
  if (found && !merged) here = waivers_of(config, *found, change, app, now);
  co_return here;
}

asio::awaitable<Result<void>> keep_used_waivers(AsyncStore& store, Change change, std::vector<Waiver> counting) {
  std::function<Result<void>(storage::Transaction&)> work = [change = std::move(change), counting = std::move(counting)](storage::Transaction& tx) { return note_used_waivers(tx, change, counting); };
  auto working = store.transact(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<void> tend_waivers(AsyncStore& store, Outbox& outbox, const Config& config, const Fleet& fleet, WallTime now) {
  std::function<Result<InForce>(storage::Transaction&)> look = read_in_force;
  auto looking = store.query<InForce>(std::move(look));
  const auto in_force = co_await std::move(looking);
  if (!in_force) co_return;
  const bool overdue = std::ranges::any_of(in_force->waivers, [now](const Waiver& waiver) { return !is_active(waiver, now); });
  const auto idle = suspended_now(config, fleet, *in_force, now);
  if (!overdue && idle == in_force->suspended) co_return;
  std::function<Result<void>(storage::Transaction&)> work = [idle, now](storage::Transaction& tx) -> Result<void> {
    auto ended = end_overdue_waivers(tx, now);
    if (!ended) return ended.error();
    return say_turns(tx, idle, now);
  };
  auto working = store.transact(std::move(work));
  const auto done = co_await std::move(working);
  if (!done) log_warn("gates", done.error().message);
  outbox.wake();
}

}  // namespace driftwarden
