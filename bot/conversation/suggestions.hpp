#pragma once
// Type-ahead: which Apps a menu offers for what was typed so far. Pure.
#include "bot/conversation/request.hpp"
#include "gitops/model/app.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace driftwarden {

/// Those that begin with what was typed, then those that hold it, then those that are spelled alike; each in the order given. None for what is longer
/// than any name.
std::vector<App> apps_like(const std::vector<App>& apps, const std::string& typed);

/// Slack's answer, {"options": [...]}: of an app_picker whole commands, of a form's field the Apps' names. At most 100, and none whose value is too long
/// for Slack: cut, it would say something else.
nlohmann::json suggested_options(const std::vector<App>& apps, const Suggestion& suggestion);

}  // namespace driftwarden
