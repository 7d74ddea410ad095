#pragma once
// What the forges' check runs and commit statuses have in common, without any I/O.
#include "integrations/forge/forge.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::forge {

/// From whichever forge's word: "in_progress", "canceled", "warning". What nobody knows has failed.
Check::State check_state(const std::string& word);
/// "" unless it is an http(s) address that can be shown; a path alone is the server's own, and `server` goes before it.
std::string check_link(const std::string& url, const std::string& server = {});
/// One short line; without any, the forge's word where it tells more than the state ("timed out").
std::string check_summary(std::string_view text, const std::string& word = {});
/// The newest of each name, sorted by name, without the bot's own. Of too many those that are required or not passed are kept.
std::vector<Check> tidy_checks(std::vector<Check> all);

}  // namespace driftwarden::forge
