#include "bot/conversation/handlers.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

struct Stored {
  std::vector<Incident> incidents;
  std::vector<Change> changes;
  std::vector<Hold> holds;
};

asio::awaitable<Result<Stored>> load_open(Services& services) {
  std::function<Result<Stored>(storage::Transaction&)> work = [](storage::Transaction& tx) -> Result<Stored> {
    Stored stored;
    TRY(stored.incidents, tx.open_incidents());
    TRY(stored.changes, tx.changes({"", true, 1000}));
    TRY(stored.holds, tx.open_holds());
    return stored;
  };
  auto working = services.store.query<Stored>(std::move(work));
  co_return co_await std::move(working);
}

view::StatusRow row_of(Services& services, const App& app, const Stored& stored) {
  view::StatusRow row;
  row.app = app;
  row.report = services.fleet.report(app.name);
  const auto health = services.fleet.health(app.name);
  row.health = health.why.empty() ? std::string(kubernetes::to_string(health.health)) : fmt::format("{}: {}", kubernetes::to_string(health.health), health.why);
  if (const auto found = std::ranges::find(stored.incidents, app.name, &Incident::app); found != stored.incidents.end()) row.incident = *found;
  if (const auto found = std::ranges::find(stored.changes, app.name, &Change::app); found != stored.changes.end()) row.open_change = *found;
  return row;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_status(Services& services, Call call) {
  auto stored = co_await load_open(services);
  if (!stored) co_return stored.error();
  const auto now = services.clock.wall_now();
  if (!call.command.app.empty()) {
    const auto* app = services.fleet.app(call.command.app);
    co_return say(with_lines(view::app_status_message(row_of(services, *app, *stored), now), hold_lines(stored->holds, app, now)));
  }
  std::vector<view::StatusRow> rows;
  for (const auto& app : services.fleet.apps()) rows.push_back(row_of(services, app, *stored));
  co_return say(with_lines(view::status_message(std::move(rows), now), hold_lines(stored->holds, nullptr, now)));
}

asio::awaitable<Result<Answer>> handle_apps(Services& services, Call) { co_return say(view::apps_message(services.fleet.apps())); }

}  // namespace driftwarden
