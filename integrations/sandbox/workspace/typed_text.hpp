#pragma once
// What a person types, as Slack stores and delivers it: entities, mentions, links, emoji names.
#include "integrations/sandbox/workspace/workspace_state.hpp"

#include <string>
#include <string_view>

namespace driftwarden::sandbox::workspace {

struct TypedText {
  std::string text;
  Json blocks;  ///< one rich_text block
};

TypedText encode_typed(const WorkspaceState& state, std::string_view typed);
/// Only "@name" and "#channel" outside code become tokens: for text that is already Slack's otherwise.
std::string link_names(const WorkspaceState& state, std::string_view text);
/// A slash command's text with should_escape on: "<@U…|name>" and "<#C…|name>".
std::string encode_command_text(const WorkspaceState& state, std::string_view typed);
/// True when `text` names the bot, be it inside code or not.
bool mentions_bot(std::string_view text);

}  // namespace driftwarden::sandbox::workspace
