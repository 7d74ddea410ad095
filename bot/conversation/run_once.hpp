#pragma once
// `Run it` is pressed once. What says that it was is a row of the audit log, written with the answer: a press whose answer got lost in a crash is answered
// again, one that was answered never is, also after a restart.
#include "bot/conversation/handlers.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace driftwarden {

/// Which button it is: that of this message, with these words.
std::string button_digest(const std::optional<MessageRef>& message, const std::string& words);
/// "sentence.run": the command that the person pressed the button for.
AuditEntry run_entry(const Call& call, const std::string& digest);
/// Whether an answer to this button is there; it was good until `until`.
asio::awaitable<Result<bool>> was_run(AsyncStore& store, std::string digest, WallTime until);

}  // namespace driftwarden
