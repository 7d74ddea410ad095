#include "bot/conversation/handlers.hpp"
#include "bot/view/inspect_view.hpp"

namespace driftwarden {

asio::awaitable<Result<Answer>> handle_pods(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  const auto rows = co_await find_pods(services.fleet, app);
  if (!rows) co_return rows.error();
  co_return say(view::pods_message(app, *rows, services.clock.wall_now()));
}

}  // namespace driftwarden
