#pragma once
// The payloads of what people click: block actions, submitted and closed views, shortcuts, typeahead, slash commands.
#include "integrations/sandbox/workspace/workspace_state.hpp"

#include <string>

namespace driftwarden::sandbox::workspace {

/// What a person did, as POST /sandbox/act and its siblings say it.
struct Act {
  const Person* person = nullptr;
  Conversation* conversation = nullptr;  ///< of the message
  Message* message = nullptr;            ///< or
  View* view = nullptr;
  std::string action_id;
  std::string block_id;          ///< empty: the first block with that action
  Json chosen = Json::object();  ///< value, selected_option, ... as given
  Json state_values = Json::object();
};

/// InvalidInput with a reason for people when the message or view has no such element.
JsonResult block_actions_payload(WorkspaceState& state, const Act& act, WallTime now);
JsonResult block_suggestion_payload(WorkspaceState& state, const Act& act, const std::string& typed);
/// `values` in Slack's shape, or shortened: {"block": {"action": "text"}}, {"block": "text"}, {"action": "text"}.
Json view_values(const Json& view, const Json& values);
/// Block id -> text for each required input without a value, as the client says it before anything is sent.
Json missing_inputs(const Json& view, const Json& values);
Json view_submission_payload(WorkspaceState& state, const Person& person, const Json& view, Json values, WallTime now);
Json view_closed_payload(const Person& person, const Json& view, bool is_cleared);
Json message_action_payload(WorkspaceState& state, const Person& person, const std::string& callback_id, const Conversation& conversation,
                            const Message& message, WallTime now);
Json shortcut_payload(WorkspaceState& state, const Person& person, const std::string& callback_id, WallTime now);
Json slash_command_payload(WorkspaceState& state, const Person& person, const Conversation& conversation, const std::string& command, const std::string& text,
                           WallTime now);

}  // namespace driftwarden::sandbox::workspace
