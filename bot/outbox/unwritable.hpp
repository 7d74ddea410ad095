#pragma once
// Channels that can't be written are told of once in the admin channel, whatever restarts lie between.
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"

#include <string>

namespace driftwarden {

/// For Messenger::on_trouble: kept as the setting "unwritable:<channel>" ("" = it works), told by an outbox row of kind "slack.notice".
Messenger::Trouble tell_of_unwritable(AsyncStore& store, Outbox& outbox, Clock& clock, std::string admin_channel);

}  // namespace driftwarden
