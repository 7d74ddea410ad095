#include "bot/conversation/handlers.hpp"
#include "bot/inspect/in_time.hpp"
#include "bot/view/inspect_view.hpp"

namespace driftwarden {

asio::awaitable<Result<Answer>> handle_pods(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto looking = find_pods(services.fleet, app);
  auto timed = in_time(services.clock, app.cluster, std::move(looking));
  const auto rows = co_await std::move(timed);
  if (!rows) co_return rows.error();
  co_return say(view::pods_message(app, *rows, services.clock.wall_now(), workloads_left_out(services.fleet, app)));
}

}  // namespace driftwarden
