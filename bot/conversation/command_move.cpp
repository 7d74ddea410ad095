// move: to another cluster or namespace, by one pull request.
#include "bot/change/move.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"

#include <fmt/core.h>

namespace driftwarden {

asio::awaitable<Result<Answer>> handle_move(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  const auto request = std::get<MoveRequest>(call.command.intent);
  const auto there = moved_app(app, request, services.config);
  if (!there) co_return say(fmt::format(":information_source: {}.", slack::escape(there.error().message)));
  // Whoever may move it away from here must be allowed to bring it there, too.
  const auto decision = may(services.config, caller_id(call), to_string(Verb::Move), *there);
  if (!decision.allowed) {
    co_return refuse(services, call, fmt::format("You may not move {} to {} ({}): {}.", app.name, there->cluster, there->environment, decision.rule), decision.rule);
  }
  co_return request_change(services, call, app, ChangeVerb::Move, "", to_json_text(move_record(app, request)));
}

}  // namespace driftwarden
