#pragma once
// Channels that can't be written are told of once in the admin channel, whatever restarts lie between.
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"

#include <map>
#include <string>

namespace driftwarden {

/// Channel -> Slack's code, as an earlier life left it: for Messenger::know_unwritable.
Result<std::map<std::string, std::string>> unwritable_channels(storage::Transaction& tx);

/// For Messenger::on_trouble: kept in the setting "unwritable", told by an outbox row of kind "slack.notice".
Messenger::Trouble tell_of_unwritable(AsyncStore& store, Outbox& outbox, Clock& clock, std::string admin_channel);

}  // namespace driftwarden
