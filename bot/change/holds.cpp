// Holds end by themselves; a broken glass leaves its follow-up behind.
#include "bot/change/changes.hpp"
#include "bot/change/hold_notices.hpp"
#include "bot/config/policy.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {

asio::awaitable<void> Changes::end_holds() {
  const auto now = parts_.clock->wall_now();
  std::function<Result<std::vector<Hold>>(storage::Transaction&)> look = [](storage::Transaction& tx) { return tx.open_holds(); };
  auto looking = parts_.store->query<std::vector<Hold>>(std::move(look));
  const auto open = co_await std::move(looking);
  const bool any = open && std::ranges::any_of(*open, [now](const Hold& hold) { return !is_active(hold, now); });
  if (!any) co_return;
  // The database's thread reads this copy: people may be linked meanwhile.
  const auto config = std::make_shared<const Config>(*parts_.config);
  std::function<Result<std::vector<Hold>>(storage::Transaction&)> work = [config, now](storage::Transaction& tx) -> Result<std::vector<Hold>> {
    std::vector<Hold> ended;
    TRY(const auto holds, tx.open_holds());
    for (auto hold : holds) {
      if (is_active(hold, now)) continue;
      hold.ended_at = now;
      if (hold.ended_by.empty()) hold.ended_by = "driftwarden";
      CHECK_OK(tx.save_hold(hold));
      AuditEntry entry{hold.ended_by, fmt::format("hold.{}-ended", to_string(hold.kind)), hold.scope.kind == HoldScope::Kind::App ? hold.scope.name : std::string{},
                       fmt::format("hold {}", hold.id), R"({"why":"its time is up"})"};
      auto row = tx.append_audit(entry);
      if (!row) return row.error();
      CHECK_OK(announce_hold_end(tx, *config, hold, now));
      ended.push_back(std::move(hold));
    }
    return ended;
  };
  auto working = parts_.store->query<std::vector<Hold>>(std::move(work));
  auto ended = co_await std::move(working);
  if (!ended) {
    log_warn("holds", ended.error().message);
    co_return;
  }
  parts_.outbox->wake();
  for (auto& hold : *ended) {
    if (hold.kind == HoldKind::BreakGlass) co_await follow_up_break_glass(std::move(hold));
  }
}

/// What was done by hand meanwhile must not stay by hand: it is proposed to Git, for others to take or to undo by a sync.
asio::awaitable<void> Changes::follow_up_break_glass(Hold hold) {
  const auto* known = parts_.fleet->app(hold.scope.name);
  if (known == nullptr || parts_.fleet->report(hold.scope.name).state != AppState::OutOfSync) co_return;
  Change draft;
  draft.app = known->name;
  draft.verb = ChangeVerb::Adopt;
  draft.requester = hold.owner;
  draft.reason = fmt::format("follow-up of break-glass {}: {}", hold.id, hold.reason);
  draft.review = forge_of(*known) == nullptr ? ReviewMode::Chat : ReviewMode::PullRequest;
  draft.channel = hold.channel.empty() ? channel_of(*parts_.config, *known) : hold.channel;
  draft.quorum = quorum_for(*parts_.config, *known, to_string(ChangeVerb::Adopt));
  const auto now = parts_.clock->wall_now();
  if (const auto expiry = approval_expiry(*parts_.config, *known, to_string(ChangeVerb::Adopt))) draft.expires_at = now + *expiry;
  std::function<Result<void>(storage::Transaction&)> ask = [draft, now](storage::Transaction& tx) -> Result<void> {
    TRY(const auto open, tx.changes({draft.app, true, 10}));
    const bool busy = std::ranges::any_of(open, [](const Change& change) { return !is_git_only(change.verb); });
    if (busy) return Result<void>{};
    TRY(auto change, tx.add_change(draft));
    auto step = on_requested(std::move(change), now);
    step.effects.insert(step.effects.begin(), ChangeEffect::ShowCard);
    auto committed = commit_step(tx, std::move(step), now);
    if (!committed) return committed.error();
    return Result<void>{};
  };
  auto asking = parts_.store->transact(std::move(ask));
  const auto asked = co_await std::move(asking);
  if (!asked) log_warn("holds", asked.error().message);
  parts_.outbox->wake();
}

}  // namespace driftwarden
