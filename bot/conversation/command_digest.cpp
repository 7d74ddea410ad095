// digest: what the daily digest says, now and of what the caller may see.
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/digest_view.hpp"

namespace driftwarden {

asio::awaitable<Result<Answer>> handle_digest(Services& services, Call call) {
  if (services.digest == nullptr) co_return say("There is no digest here.");
  const auto all = services.fleet.apps().size();
  std::vector<std::string> names;
  for (const auto& app : visible_apps(services, call)) {
    if (may(services.config, caller_id(call), "digest", app).allowed) names.push_back(app.name);
  }
  if (names.empty()) co_return say("There are no Apps that you may see.");
  // Without names: of everything, what belongs to no App, too.
  if (names.size() == all) names.clear();
  auto collecting = services.digest->content(std::move(names));
  const auto content = co_await std::move(collecting);
  if (!content) co_return content.error();
  co_return say(view::digest_message(*content, services.clock.wall_now()));
}

}  // namespace driftwarden
