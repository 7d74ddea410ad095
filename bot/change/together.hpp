#pragma once
// Changes that were asked for together share a message that offers them all to whoever approves. It follows them, and loses its button when nothing
// is left to approve; which message that is outlives the process.
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace driftwarden {

struct Together {
  std::string key;      ///< names the message for good: "bulk:7:12"
  std::string about;    ///< "incident 7"
  std::string channel;
  std::vector<std::int64_t> changes;
};

/// In the transaction that makes them.
Result<void> tell_together(storage::Transaction& tx, const Together& together, WallTime now);
/// In the transaction that steps one of them; nothing for a Change that was asked for alone.
Result<void> refresh_together(storage::Transaction& tx, const Change& change, WallTime now);

/// The outbox's handler of "slack.together".
asio::awaitable<Result<std::string>> show_together(AsyncStore& store, Messenger& messenger, storage::OutboxRow row);

}  // namespace driftwarden
