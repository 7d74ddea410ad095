#pragma once
// What the watch of commits (bot/audit/commit_watch.hpp) asks of the mirrors and the forges.
#include "bot/audit/commit_watch.hpp"
#include "bot/watch/fleet.hpp"
#include "integrations/forge/forge.hpp"

#include <map>
#include <string>

namespace driftwarden {

/// Fills in where commits, Apps and pull requests come from. The fleet and the forges (by repository) outlive the watch.
void take_sources(CommitWatch::Parts& parts, Fleet& fleet, std::map<std::string, forge::Forge*> forges);

}  // namespace driftwarden
