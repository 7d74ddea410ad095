#include "bot/conversation/handlers.hpp"
#include "bot/view/inspect_view.hpp"

namespace driftwarden {
namespace {

struct Past {
  std::optional<Incident> incident;
  std::optional<Change> change;
};

Result<Past> past_of(storage::Transaction& tx, const std::string& app) {
  Past past;
  TRY(past.incident, open_incident_of(tx, app));
  storage::ChangeQuery query;
  query.app = app;
  query.limit = 1;
  TRY(auto changes, tx.changes(query));
  if (!changes.empty()) past.change = std::move(changes.front());
  return past;
}

asio::awaitable<view::WhyFacts> health_facts(Services& services, App app) {
  view::WhyFacts facts;
  auto health = co_await explain_health(services.fleet, app, services.clock.wall_now());
  if (!health) {
    facts.unknown = health.error().message;
    co_return facts;
  }
  facts.health = std::move(*health);
  const auto desired = services.fleet.desired(app.name);
  facts.has_pods = desired && std::ranges::any_of(*desired, [](const Manifest& one) { return has_pods(one.ref.group_kind()); });
  co_return facts;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_why(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto rows = co_await history_rows(services, app, 1);
  std::function<Result<Past>(storage::Transaction&)> work = [name = app.name](storage::Transaction& tx) { return past_of(tx, name); };
  auto working = services.store.query<Past>(std::move(work));
  auto found = co_await std::move(working);
  const auto past = found ? std::move(*found) : Past{};
  std::optional<view::HistoryRow> last;
  if (rows && !rows->empty()) last = rows->front();
  const auto report = services.fleet.report(app.name);
  auto message = view::why_message(app, report, past.incident, last, services.clock.wall_now());
  if (app.orphans) co_return say(std::move(message));
  auto facts = co_await health_facts(services, app);
  facts.last_change = past.change;
  co_return say(view::with_health(std::move(message), app, report, facts));
}

}  // namespace driftwarden
