// ack and snooze: what people say about an incident.
#include "bot/conversation/bulk.hpp"
#include "bot/conversation/elsewhere.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kDefaultSnooze = std::chrono::hours{2};
constexpr Duration kLongestSnooze = std::chrono::hours{24 * 7};

std::string said_of(const Incident& incident) {
  const auto app = slack::escape(incident.app);
  if (incident.state == IncidentState::Snoozed && incident.snoozed_until) return fmt::format(":zzz: *{}* is quiet until {}.", app, view::time_span(*incident.snoozed_until));
  return fmt::format(":eyes: You are on *{}*: no reminders for this incident.", app);
}

/// Where it is shown: its own message, or that of its group.
Result<std::optional<MessageRef>> message_of(storage::Transaction& tx, const Incident& incident) {
  if (incident.message || incident.group == 0) return incident.message;
  TRY(const auto leader, tx.find_incident(incident.group));
  return leader ? leader->message : std::optional<MessageRef>();
}

asio::awaitable<Result<Answer>> about_incident(Services& services, Call call, std::function<IncidentStep(Incident, WallTime)> event) {
  if (call.command.incident != 0) co_return co_await step_group(services, std::move(call), std::move(event));
  if (auto refusal = check_policy(services, call, *services.fleet.app(call.command.app))) co_return *refusal;
  Answer answer;
  answer.deed = [app = call.command.app, request = call.request, event = std::move(event), now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Reply> {
    Reply reply;
    TRY(const auto open, open_incident_of(tx, app));
    if (!open) {
      reply.message = view::text_message(fmt::format("*{}* has no open incident.", slack::escape(app)));
      return reply;
    }
    TRY(const auto stepped, commit_step(tx, event(*open, now), now));
    TRY(const auto message, message_of(tx, stepped));
    return told_elsewhere(request, message, said_of(stepped));
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
