#include "bot/conversation/elsewhere.hpp"

#include "bot/change/change_steps.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/change_words.hpp"

#include <fmt/core.h>

#include <utility>

namespace driftwarden {

bool is_seen_from(const Request& request, const std::optional<MessageRef>& message) { return message && message->channel == request.channel; }

Reply told_elsewhere(const Request& request, const std::optional<MessageRef>& message, std::string words) {
  Reply reply;
  reply.silent = is_seen_from(request, message);
  if (!reply.silent) reply.message = view::text_message(std::move(words));
  return reply;
}

Answer told_elsewhere(const Services& services, const Call& call, Answer decision) {
  // The App Home shows what becomes of it, as a card does.
  if (!decision.deed || !call.request.view_id.empty()) return decision;
  decision.deed = [deed = std::move(decision.deed), request = call.request, id = call.command.change, url = services.workspace_url](storage::Transaction& tx) -> Result<Reply> {
    TRY(auto reply, deed(tx));
    if (!reply.silent) return reply;
    TRY(const auto change, tx.find_change(id));
    if (!change) return reply;
    const auto standing = view::standing_words(*change, counted_approvers(*change), false, view::slack_dialect());
    return told_elsewhere(request, change->card, fmt::format("*{}* on *{}*: {}", change_link(*change, url), slack::escape(change->app), standing));
  };
  return decision;
}

}  // namespace driftwarden
