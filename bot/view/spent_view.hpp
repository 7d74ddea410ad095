#pragma once
// A message whose button can't do anything any more: the same without it, and what came of it instead.
#include "bot/command/run_it.hpp"
#include "integrations/slack/slack.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace driftwarden::view {

/// What the button `Run it` in these blocks says; nothing where there is none.
std::optional<std::string> run_it_words(const nlohmann::json& blocks);

/// The message that offered `asked`, once somebody pressed it at that time or (nothing) nobody did in time.
slack::Message spent_message(const nlohmann::json& blocks, const RunIt& asked, std::optional<WallTime> pressed);

}  // namespace driftwarden::view
