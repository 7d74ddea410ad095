// apply: what Terraform plans, exactly as approved. What makes no sense for the App was answered before (planned.cpp).
#include "bot/conversation/handlers.hpp"

#include <fmt/core.h>

namespace driftwarden {

asio::awaitable<Result<Answer>> handle_apply(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  if (!services.hands.save_plan) co_return say(fmt::format(":warning: Nothing here plans *{}*.", slack::escape(app.name)));
  const auto report = services.fleet.report(app.name);
  if (report.state == AppState::Synced) {
    co_return say(fmt::format(":white_check_mark: *{}* is as Git says: there is nothing to apply. `refresh {}` plans it again.", slack::escape(app.name), slack::escape(app.name)));
  }
  co_return request_change(services, call, app, ChangeVerb::Apply, "");
}

}  // namespace driftwarden
