#pragma once
// What people's pull requests cost: beside what else was changed of late while they are open, and counted with it once they are merged past us.
#include "bot/pulls/pull_words.hpp"

#include <string>
#include <vector>

namespace driftwarden {

bool raises_cost(const view::PullEffect& effect);

/// Of each of these Apps, beside what a pull request does to it.
Result<RisenLately> load_risen(storage::Transaction& tx, const std::vector<App>& apps, WallTime now);
/// What was told of these Apps is still so.
bool same_risen(const RisenLately& told, const RisenLately& now);

std::string pull_costs_setting(const std::string& repository, std::int64_t number);
/// Part of the transaction that says something of a pull request: while it is open, what it costs is kept; once it is `merged_here`, that becomes rows of the
/// audit log (audit_of(MergedPull)), once. Survives a restart in between.
Result<void> keep_costs(storage::Transaction& tx, const view::PullSummary& pull, bool merged_here);

}  // namespace driftwarden
