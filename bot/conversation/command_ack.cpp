// ack and snooze: what people say about an incident.
#include "bot/conversation/bulk.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kDefaultSnooze = std::chrono::hours{2};
constexpr Duration kLongestSnooze = std::chrono::hours{24 * 7};

asio::awaitable<Result<Answer>> about_incident(Services& services, Call call, std::function<IncidentStep(Incident, WallTime)> event) {
  if (call.command.incident != 0) co_return co_await step_group(services, std::move(call), std::move(event));
  if (auto refusal = check_policy(services, call, *services.fleet.app(call.command.app))) co_return *refusal;
  Answer answer;
  answer.deed = [app = call.command.app, event = std::move(event), now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Reply> {
    Reply reply;
    TRY(const auto open, open_incident_of(tx, app));
    if (!open) {
      reply.message = view::text_message(fmt::format("*{}* has no open incident.", slack::escape(app)));
      return reply;
    }
    auto committed = commit_step(tx, event(*open, now), now);
    if (!committed) return committed.error();
    reply.silent = true;
    return reply;
  };
  co_return answer;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_ack(Services& services, Call call) {
  std::function<IncidentStep(Incident, WallTime)> event = [who = call.caller.person](Incident incident, WallTime now) { return acknowledge(std::move(incident), who, now); };
  co_return co_await about_incident(services, std::move(call), std::move(event));
}

asio::awaitable<Result<Answer>> handle_snooze(Services& services, Call call) {
  const auto duration = std::min(call.command.duration.value_or(kDefaultSnooze), kLongestSnooze);
  std::function<IncidentStep(Incident, WallTime)> event = [who = call.caller.person, duration](Incident incident, WallTime now) { return snooze(std::move(incident), who, now + duration, now); };
  co_return co_await about_incident(services, std::move(call), std::move(event));
}

}  // namespace driftwarden
