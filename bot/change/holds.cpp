// Holds end by themselves; a broken glass leaves its follow-up behind.
#include "bot/change/changes.hpp"
#include "bot/change/hold_notices.hpp"
#include "bot/change/set_out.hpp"
#include "bot/config/policy.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kJudgedSoon{5'000};

/// In the transaction that ends it: a crash right after must not lose what was done behind it.
Result<void> enqueue_follow_up(storage::Transaction& tx, const Hold& hold, WallTime now) {
  storage::OutboxRow row;
  row.key = fmt::format("hold:{}:follow-up", hold.id);
  row.kind = "hold.follow-up";
  row.lane = row.key;
  row.payload = json{{"hold", hold.id}, {"app", hold.scope.name}, {"owner", hold.owner}, {"reason", hold.reason}}.dump(-1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = now;
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

}  // namespace

asio::awaitable<void> Changes::end_holds() {
  const auto now = parts_.clock->wall_now();
  std::function<Result<std::vector<Hold>>(storage::Transaction&)> look = [](storage::Transaction& tx) { return tx.open_holds(); };
  auto looking = parts_.store->query<std::vector<Hold>>(std::move(look));
  const auto open = co_await std::move(looking);
  const bool any = open && std::ranges::any_of(*open, [now](const Hold& hold) { return !is_active(hold, now); });
  if (!any) co_return;
  // The database's thread reads this copy: people may be linked meanwhile.
  const auto config = std::make_shared<const Config>(*parts_.config);
  std::function<Result<std::vector<Hold>>(storage::Transaction&)> work = [config, apps = parts_.fleet->apps(), now](storage::Transaction& tx) -> Result<std::vector<Hold>> {
    std::vector<Hold> ended;
    TRY(const auto holds, tx.open_holds());
    for (auto hold : holds) {
      if (is_active(hold, now)) continue;
      hold.ended_at = now;
      if (hold.ended_by.empty()) hold.ended_by = "driftwarden";
      CHECK_OK(tx.save_hold(hold));
      AuditEntry entry{hold.ended_by, fmt::format("hold.{}-ended", to_string(hold.kind)), hold.scope.kind == HoldScope::Kind::App ? hold.scope.name : std::string{},
                       fmt::format("hold {}", hold.id), fmt::format(R"({{"scope":{},"owner":{},"why":"its time is up"}})", json_quoted(to_words(hold.scope)), json_quoted(hold.owner)), hold.channel};
      auto row = tx.append_audit(entry);
      if (!row) return row.error();
      CHECK_OK(announce_hold_end(tx, *config, apps, hold, now));
      if (hold.kind == HoldKind::BreakGlass) CHECK_OK(enqueue_follow_up(tx, hold, now));
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
}

/// What was done by hand meanwhile must not stay by hand: it is proposed to Git, for others to take or to undo by a sync.
asio::awaitable<Result<std::string>> Changes::follow_up_break_glass(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  const auto name = payload.at("app").get<std::string>();
  const auto* known = parts_.fleet->app(name);
  if (known == nullptr && !parts_.fleet->apps_are_known()) {
    parts_.outbox->put_off(row, kJudgedSoon);
    co_return Error{ErrorKind::Unavailable, "which Apps there are isn't known yet"};
  }
  if (known == nullptr) co_return std::string("the App is gone");
  const App app = *known;
  const auto report = parts_.fleet->report(name);
  if (report.state == AppState::Unknown || !parts_.fleet->is_final(name)) {
    parts_.outbox->put_off(row, kJudgedSoon);
    co_return Error{ErrorKind::Unavailable, name + " is not judged yet"};
  }
  if (report.state != AppState::OutOfSync) co_return std::string("nothing is left of it");
  Change draft;
  draft.app = name;
  draft.verb = ChangeVerb::Adopt;
  draft.requester = payload.at("owner").get<std::string>();
  draft.reason = fmt::format("follow-up of break-glass {}: {}", payload.at("hold").get<std::int64_t>(), payload.at("reason").get<std::string>());
  draft.review = forge_of(app) == nullptr ? ReviewMode::Chat : ReviewMode::PullRequest;
  draft.channel = channel_of(*parts_.config, app);
  draft.quorum = quorum_for(*parts_.config, app, to_string(ChangeVerb::Adopt));
  const auto now = parts_.clock->wall_now();
  if (const auto expiry = approval_expiry(*parts_.config, app, to_string(ChangeVerb::Adopt))) draft.expires_at = now + *expiry;
  std::function<Result<std::string>(storage::Transaction&)> ask = [draft, now](storage::Transaction& tx) -> Result<std::string> {
    TRY(const auto open, tx.changes({draft.app, true, 10}));
    const auto busy = std::ranges::find_if(open, [](const Change& change) { return !is_git_only(change.verb); });
    if (busy != open.end()) return change_name(busy->id) + " is open already";
    TRY(auto change, tx.add_change(draft));
    TRY(const auto committed, set_out(tx, std::move(change), now));
    return change_name(committed.next.id);
  };
  auto asking = parts_.store->query<std::string>(std::move(ask));
  auto asked = co_await std::move(asking);
  parts_.outbox->wake();
  co_return asked;
}

}  // namespace driftwarden
