#pragma once
// What is said, and to whom, of locks, freezes, halts and broken glass: rows of the outbox, written in the transaction that makes or ends them.
#include "bot/config/config.hpp"
#include "gitops/model/hold.hpp"
#include "storage/store.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// A message of the bot's own accord. `key` names it for good: the same one isn't posted twice. `mrkdwn` is escaped already.
Result<void> enqueue_notice(storage::Transaction& tx, const std::string& key, const std::string& channel, const std::string& mrkdwn, WallTime now);

/// People, groups and "owners" as Slack notifies them: "<@U1> <!subteam^S1>". Who has no Slack id is named.
std::string mentions_of(const Config& config, const std::vector<std::string>& parties, const App& app);

/// Pages policy.break_glass.page (or the owners) in the App's channel.
Result<void> announce_break_glass(storage::Transaction& tx, const Config& config, const App& app, const Hold& hold, WallTime now);

/// Once it is over (`apps` are all that there are, with those that Git declares): to whom it concerned, and of a broken glass what was done behind it.
Result<void> announce_hold_end(storage::Transaction& tx, const Config& config, const std::vector<App>& apps, const Hold& hold, WallTime now);

}  // namespace driftwarden
