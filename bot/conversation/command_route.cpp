// route: where an App's alerts go, and why there.
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {

asio::awaitable<Result<Answer>> handle_route(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto looking = code_owners_of(services.fleet, app);
  const auto owners = co_await std::move(looking);
  const auto lines = split(explain_route(services.config, app, owners), '\n');
  view::Blocks blocks;
  std::string text;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const auto line = (at == 0 ? ":world_map: " : "\u2022 ") + slack::escape(lines[at]);
    blocks.section(line);
    text += (at == 0 ? "" : "\n") + line;
  }
  co_return say(view::message_of(blocks, std::move(text)));
}

}  // namespace driftwarden
