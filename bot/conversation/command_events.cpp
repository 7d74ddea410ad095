#include "bot/conversation/handlers.hpp"
#include "bot/inspect/in_time.hpp"
#include "bot/view/inspect_view.hpp"

namespace driftwarden {
namespace {

constexpr std::size_t kEventsShown = 20;

}  // namespace

asio::awaitable<Result<Answer>> handle_events(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto looking = find_events(services.fleet, app, kEventsShown);
  auto timed = in_time(services.clock, app.cluster, std::move(looking));
  const auto rows = co_await std::move(timed);
  if (!rows) co_return rows.error();
  co_return say(view::events_message(app, *rows, services.clock.wall_now()));
}

}  // namespace driftwarden
