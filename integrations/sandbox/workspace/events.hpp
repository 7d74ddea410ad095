#pragma once
// The payloads of the Events API, in exactly Slack's shapes.
#include "integrations/sandbox/workspace/workspace_state.hpp"

namespace driftwarden::sandbox::workspace {

/// The outer shape of an `events_api` payload.
Json event_callback(WorkspaceState& state, Json event, WallTime now);
/// Whether the app subscribes to this inner event; the bot sees no conversation it isn't in.
bool is_subscribed(WorkspaceState& state, const Json& event);

/// What follows from a new message: `message`, and `app_mention` for a person's message that names the bot in a channel.
void emit_message(WorkspaceState& state, const Conversation& conversation, const Message& message);
void emit_message_changed(WorkspaceState& state, const Conversation& conversation, const Json& now_body, const Json& before, WallTime now);
void emit_message_deleted(WorkspaceState& state, const Conversation& conversation, const Json& before, WallTime now);
void emit_reaction(WorkspaceState& state, const Conversation& conversation, const Json& body, const std::string& user, const std::string& name, bool added,
                   WallTime now);
void emit_home_opened(WorkspaceState& state, const std::string& user, const std::string& tab, WallTime now);
void emit_member_joined(WorkspaceState& state, const Conversation& conversation, const std::string& user, const std::string& inviter, WallTime now);

}  // namespace driftwarden::sandbox::workspace
