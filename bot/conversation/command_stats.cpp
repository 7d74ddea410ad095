#include "bot/conversation/handlers.hpp"
#include "bot/incident/time_in_drift.hpp"

namespace driftwarden {
namespace {

constexpr Duration kWindow = std::chrono::hours{24 * 30};
constexpr std::size_t kMostIncidents = 20'000;
constexpr std::size_t kMostOfAnApp = 500;

}  // namespace

asio::awaitable<Result<Answer>> handle_stats(Services& services, Call call) {
  const auto now = services.clock.wall_now();
  std::function<Result<std::vector<Incident>>(storage::Transaction&)> work = [since = now - kWindow, app = call.command.app](storage::Transaction& tx) {
    return app.empty() ? tx.incidents_since(since, kMostIncidents) : tx.incidents_of(app, kMostOfAnApp);
  };
  auto working = services.store.query<std::vector<Incident>>(std::move(work));
  auto incidents = co_await std::move(working);
  if (!incidents) co_return incidents.error();
  std::erase_if(*incidents, [&](const Incident& incident) { return (!call.command.app.empty() && incident.app != call.command.app) || !may_know_of(services, call, incident.app); });
  co_return say(view::stats_message(times_in_drift(*incidents, visible_apps(services, call), now - kWindow, now), call.command.app, now));
}

}  // namespace driftwarden
