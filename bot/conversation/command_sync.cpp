// sync and adopt: each makes a Change, which the Change's own steps carry on.
#include "bot/conversation/bulk.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"

#include <fmt/core.h>

namespace driftwarden {

asio::awaitable<Result<Answer>> handle_sync(Services& services, Call call) {
  if (call.command.incident != 0) co_return co_await sync_group(services, std::move(call));
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  const auto report = services.fleet.report(app.name);
  auto head = co_await services.fleet.repository(app.repository).fetch();
  if (!head) co_return head.error();
  auto at_head = co_await services.fleet.render_revision(app, *head);
  const bool pinned_behind = app.track == Track::Pin && at_head && at_head->tree != services.fleet.desired_tree(app.name);
  if (report.state == AppState::Synced && !pinned_behind) co_return say(fmt::format(":white_check_mark: *{}* is in sync with `{}`: there is nothing to do.", slack::escape(app.name), view::short_sha(report.revision)));
  co_return request_change(services, call, app, ChangeVerb::Sync, *head);
}

asio::awaitable<Result<Answer>> handle_adopt(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  const auto report = services.fleet.report(app.name);
  if (report.state != AppState::OutOfSync) co_return say(fmt::format("*{}* is {}: there is nothing to adopt.", slack::escape(app.name), to_string(report.state)));
  if (app.track == Track::Pin) co_return say(fmt::format("*{}* is pinned to a revision: sync it first, or change Git and move the pin.", slack::escape(app.name)));
  auto head = co_await services.fleet.repository(app.repository).fetch();
  if (!head) co_return head.error();
  co_return request_change(services, call, app, ChangeVerb::Adopt, *head);
}

}  // namespace driftwarden
