#pragma once
// Who asked for a Change is told when it ends, in a direct message: exactly once per Change and verdict.
#include "bot/config/config.hpp"
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"
#include "storage/store.hpp"

#include <string>

namespace driftwarden {

/// For a Change that just ended, in the transaction that ends it; nothing for one that goes on, or that its requester ended.
Result<void> enqueue_issuer_notice(storage::Transaction& tx, const Change& change, WallTime now);

struct IssuerParts {
  const Config& config;
  AsyncStore& store;
  Messenger& messenger;
};
/// The outbox's handler of "slack.issuer".
asio::awaitable<Result<std::string>> tell_issuer(IssuerParts parts, storage::OutboxRow row);

/// What is said: the verdict with its duration, and where the card is. mrkdwn.
slack::Message issuer_message(const Change& change, const std::string& permalink);

}  // namespace driftwarden
