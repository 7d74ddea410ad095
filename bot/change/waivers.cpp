#include "bot/change/waivers.hpp"

#include "bot/change/changes.hpp"
#include "bot/policy/findings.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kOpenChanges = 1000;

Result<std::vector<Waiver>> open_waivers(storage::Transaction& tx) { return tx.open_waivers(); }

}  // namespace

AuditEntry audit_of(const Waiver& waiver, const PersonId& actor, const std::string& action, const std::string& why) {
  AuditEntry entry;
  entry.actor = actor;
  entry.action = action;
  entry.app = waiver.app;
  entry.subject = fmt::format("waiver {}", waiver.id);
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

asio::awaitable<std::vector<Waiver>> waivers_for(AsyncStore& store, const Config& config, Change change, WallTime now) {
  if (blocking_in(change.gates).empty()) co_return std::vector<Waiver>{};
  std::function<Result<std::vector<Waiver>>(storage::Transaction&)> look = open_waivers;
  auto looking = store.query<std::vector<Waiver>>(std::move(look));
  const auto open = co_await std::move(looking);
  if (!open) log_warn("gates", open.error().message);
  if (!open) co_return std::vector<Waiver>{};
  co_return waivers_of(config, *open, change, now);
}

asio::awaitable<void> end_waivers(AsyncStore& store, Outbox& outbox, WallTime now) {
  std::function<Result<std::vector<Waiver>>(storage::Transaction&)> look = open_waivers;
  auto looking = store.query<std::vector<Waiver>>(std::move(look));
  const auto open = co_await std::move(looking);
  const bool any = open && std::ranges::any_of(*open, [now](const Waiver& waiver) { return !is_active(waiver, now); });
  if (!any) co_return;
  std::function<Result<std::size_t>(storage::Transaction&)> work = [now](storage::Transaction& tx) { return end_overdue_waivers(tx, now); };
  auto working = store.query<std::size_t>(std::move(work));
  const auto ended = co_await std::move(working);
  if (!ended) log_warn("gates", ended.error().message);
  outbox.wake();
}

}  // namespace driftwarden
