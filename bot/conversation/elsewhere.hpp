#pragma once
// What a message of ours shows needs no answer, where it is seen. Who said it elsewhere (in a direct message, in another channel) is told.
#include "bot/conversation/handlers.hpp"

#include <optional>
#include <string>

namespace driftwarden {

/// Whether `message` stands where this was said.
bool is_seen_from(const Request& request, const std::optional<MessageRef>& message);
/// Silent where `message` is seen; else these words (mrkdwn).
Reply told_elsewhere(const Request& request, const std::optional<MessageRef>& message, std::string words);
/// The decision, and where its Change stands with it for whoever doesn't see the card.
Answer told_elsewhere(const Services& services, const Call& call, Answer decision);

}  // namespace driftwarden
