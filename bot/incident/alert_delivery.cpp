// Outbox handlers: the alert of an incident, notes in its thread, notices to the admins.
#include "bot/config/policy.hpp"
#include "bot/incident/incidents.hpp"
#include "bot/incident/rollback_search.hpp"
#include "bot/view/alert_view.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

struct AlertState {
  Incident incident;
  std::optional<Change> open_change;
};

Result<AlertState> load_alert(storage::Transaction& tx, std::int64_t id) {
  TRY(auto incident, tx.find_incident(id));
  if (!incident) return Error{ErrorKind::NotFound, fmt::format("there is no incident {}", id)};
  TRY(auto changes, tx.changes({incident->app, true, 1}));
  AlertState state{std::move(*incident), {}};
  if (!changes.empty()) state.open_change = std::move(changes.front());
  return state;
}

}  // namespace

asio::awaitable<Result<std::string>> Incidents::deliver_alert(storage::OutboxRow row) {
  const auto id = json::parse(row.payload).at("incident").get<std::int64_t>();
  std::function<Result<AlertState>(storage::Transaction&)> load = [id](storage::Transaction& tx) { return load_alert(tx, id); };
  auto loading = store_.query<AlertState>(std::move(load));
  auto state = co_await std::move(loading);
  if (!state) co_return state.error();
  const auto* app = fleet_.app(state->incident.app);
  if (app == nullptr) co_return std::string("the App is gone");
  view::AlertContext context;
  context.open_change = state->open_change;
  context.now = clock_.wall_now();
  if (state->incident.state != IncidentState::Resolved) context.rolled_back_to = co_await earlier_revision(*app, state->incident.report);
  if (!state->incident.report.revision.empty() && !app->repository.empty()) {
    std::function<Result<CommitInfo>(Mirror&)> look = [revision = state->incident.report.revision](Mirror& mirror) { return mirror.commit_info(revision); };
    auto looking = fleet_.repository(app->repository).with_mirror<CommitInfo>(std::move(look));
    if (const auto info = co_await std::move(looking)) {
      context.commit_summary = info->summary;
      context.commit_author = info->author.name;
    }
  }
  Messenger::Shown shown;
  shown.key = fmt::format("incident:{}", id);
  shown.channel = state->incident.channel;
  shown.at = state->incident.message;
  shown.message = view::alert_message(state->incident, *app, context);
  shown.priority = slack::Sender::Priority::Alert;
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto posted = co_await messenger_.show(std::move(shown));
  if (!posted) co_return posted.error();
  if (state->incident.message == *posted) co_return posted->ts;
  std::function<Result<void>(storage::Transaction&)> keep = [id, at = *posted](storage::Transaction& tx) -> Result<void> {
    TRY(auto incident, tx.find_incident(id));
    if (!incident) return Result<void>{};
    incident->message = at;
    return tx.save_incident(*incident);
  };
  auto keeping = store_.transact(std::move(keep));
  auto kept = co_await std::move(keeping);
  if (!kept) co_return kept.error();
  co_return posted->ts;
}

asio::awaitable<std::optional<view::EarlierRevision>> Incidents::earlier_revision(App app, DriftReport report) {
  const auto image = rolled_back_image(report);
  if (!image || app.repository.empty()) co_return std::nullopt;
  std::function<Result<std::optional<view::EarlierRevision>>(Mirror&)> look = [app, revision = report.revision, image = *image](Mirror& mirror) {
    return find_revision_with(mirror, revision, app.path, image);
  };
  auto looking = fleet_.repository(app.repository).with_mirror<std::optional<view::EarlierRevision>>(std::move(look));
  auto found = co_await std::move(looking);
  if (found) co_return std::move(*found);
  log_warn("incident", fmt::format("{}: looking for the revision with {}: {}", app.name, *image, found.error().message));
  co_return std::nullopt;
}

asio::awaitable<Result<std::string>> Incidents::deliver_note(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  const auto id = payload.at("incident").get<std::int64_t>();
  std::function<Result<AlertState>(storage::Transaction&)> load = [id](storage::Transaction& tx) { return load_alert(tx, id); };
  auto loading = store_.query<AlertState>(std::move(load));
  auto state = co_await std::move(loading);
  if (!state) co_return state.error();
  if (!state->incident.message) co_return std::string("the alert was never posted");
  Messenger::Shown shown;
  shown.key = row.key;
  shown.channel = state->incident.message->channel;
  shown.thread_ts = state->incident.message->ts;
  shown.message = view::text_message(slack::escape(payload.at("text").get<std::string>()));
  shown.priority = slack::Sender::Priority::Alert;
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto posted = co_await messenger_.show(std::move(shown));
  if (!posted) co_return posted.error();
  co_return posted->ts;
}

asio::awaitable<Result<std::string>> Incidents::deliver_notice(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  Messenger::Shown shown;
  shown.key = row.key;
  shown.channel = payload.at("channel").get<std::string>();
  shown.message = view::text_message(payload.at("text").get<std::string>());
  if (payload.contains("blocks")) shown.message.blocks = std::make_shared<const json>(payload.at("blocks"));
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto posted = co_await messenger_.show(std::move(shown));
  if (!posted) co_return posted.error();
  co_return posted->ts;
}

}  // namespace driftwarden
