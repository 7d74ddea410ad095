#pragma once
// The Web API: a table of methods, each a function on the state.
#include "integrations/sandbox/workspace/web_call.hpp"

#include <map>

namespace driftwarden::sandbox::workspace {

enum class Tokens { Any, BotOrUser, App };

struct MethodRule {
  JsonResult (*run)(WebCall&);
  int per_minute;  ///< its rate-limit tier, enforced when the faults say so
  Tokens tokens = Tokens::BotOrUser;
};

const std::map<std::string, MethodRule>& web_methods();

/// Handles POST or GET /api/<method>, faults included. Changes only the state and `faults`.
net::ServerReply answer_call(WorkspaceState& state, const std::string& method, const net::ServerRequest& request, WorkspaceFaults& faults, WallTime now);
/// POST /api/response/<token>: what a response_url leads to.
net::ServerReply answer_response_url(WorkspaceState& state, const std::string& token, const net::ServerRequest& request, const WorkspaceFaults& faults,
                                     WallTime now);

net::ServerReply json_reply(const Json& body, unsigned status = 200);

// The methods, by topic.
JsonResult chat_post_message(WebCall& call);
JsonResult chat_post_ephemeral(WebCall& call);
JsonResult chat_update(WebCall& call);
JsonResult chat_delete(WebCall& call);
JsonResult chat_get_permalink(WebCall& call);
JsonResult reactions_add(WebCall& call);
JsonResult reactions_remove(WebCall& call);
JsonResult pins_add(WebCall& call);
JsonResult bookmarks_add(WebCall& call);

JsonResult conversations_list(WebCall& call);
JsonResult conversations_info(WebCall& call);
JsonResult conversations_open(WebCall& call);
JsonResult conversations_join(WebCall& call);
JsonResult conversations_history(WebCall& call);
JsonResult conversations_replies(WebCall& call);
JsonResult conversations_members(WebCall& call);

JsonResult users_info(WebCall& call);
JsonResult users_list(WebCall& call);
JsonResult users_lookup_by_email(WebCall& call);
JsonResult users_conversations(WebCall& call);
JsonResult usergroups_list(WebCall& call);
JsonResult usergroups_users_list(WebCall& call);

JsonResult views_open(WebCall& call);
JsonResult views_push(WebCall& call);
JsonResult views_update(WebCall& call);
JsonResult views_publish(WebCall& call);

JsonResult blocks_validate(WebCall& call);

JsonResult files_get_upload_url(WebCall& call);
JsonResult files_complete_upload(WebCall& call);
JsonResult files_info(WebCall& call);

}  // namespace driftwarden::sandbox::workspace
