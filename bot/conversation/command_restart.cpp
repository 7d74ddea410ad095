// restart: the one verb that Git knows nothing of.
#include "bot/conversation/handlers.hpp"

namespace driftwarden {

asio::awaitable<Result<Answer>> handle_restart(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  co_return request_change(services, call, app, ChangeVerb::Restart, "", to_json_text(std::get<RestartRequest>(call.command.intent)));
}

}  // namespace driftwarden
