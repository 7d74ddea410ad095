#pragma once
// How a Change begins, whoever asked for it: a person in chat, or the bot for what went live without Git.
#include "bot/change/changes.hpp"

namespace driftwarden {

/// The Change that was just added gets its audit row, its card and its proposal, in the transaction that added it.
Result<ChangeStep> set_out(storage::Transaction& tx, Change added, WallTime now);

}  // namespace driftwarden
