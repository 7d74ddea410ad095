#pragma once
// `Run it` is pressed once. What says that it was is a row of the audit log, written with the answer: a press whose answer got lost in a crash is answered
// again, one that was answered never is, also after a restart. The message loses its button then, or when its time is up.
#include "bot/conversation/handlers.hpp"

#include <nlohmann/json_fwd.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace driftwarden {

/// Which button it is: that of this message, with these words.
std::string button_digest(const std::optional<MessageRef>& message, const std::string& words);
/// "sentence.run": the command that the person pressed the button for.
AuditEntry run_entry(const Call& call, const std::string& digest);
/// The same answer, which writes this row and takes the button away.
Answer with_run(Answer answer, AuditEntry run, WallTime now);
/// Whether an answer to this button is there; it was good until `until`.
asio::awaitable<Result<bool>> was_run(AsyncStore& store, std::string digest, WallTime until);

/// A message of ours with the button in it.
struct ButtonMessage {
  std::string key;      ///< what Messenger knows it by
  std::string channel;  ///< what it was meant for
  MessageRef at;
};
/// Has the button taken away in time. `blocks` are the message's; without such a button there is nothing to do. Safe to repeat.
asio::awaitable<Result<void>> watch_button(AsyncStore& store, ButtonMessage message, slack::JsonPtr blocks, WallTime now);
/// The outbox's handler of "slack.spent".
asio::awaitable<Result<std::string>> retire_button(AsyncStore& store, Messenger& messenger, storage::OutboxRow row);

}  // namespace driftwarden
