#pragma once
// One call of the Web API, parsed and authenticated, and the small tools that the methods share.
#include "integrations/net/http_server.hpp"
#include "integrations/sandbox/workspace/workspace_state.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox::workspace {

struct Caller {
  enum class Kind { Bot, App, User };
  Kind kind = Kind::Bot;
  std::string user;  ///< the bot's user id for the bot's token
};

/// The arguments and the token, from wherever the call carries them.
struct ParsedCall {
  Json args = Json::object();
  std::string token;
  bool token_in_header = false;
  bool missing_charset = false;
  std::string error;  ///< Slack's code for a body that can't be read
};
ParsedCall parse_call(const net::ServerRequest& request);

/// The first part of a multipart body; the body itself when it is no multipart.
std::string uploaded_bytes(const net::ServerRequest& request);

struct WebCall {
  WorkspaceState& state;
  Caller caller;
  Json args;
  WallTime now;
  std::vector<std::string> warnings{};

  std::string text(const char* key) const;
  bool flag(const char* key, bool otherwise = false) const;
  int number(const char* key, int otherwise) const;
  bool has(const char* key) const { return args.contains(key) && !args[key].is_null(); }
  bool by_bot() const { return caller.kind != Caller::Kind::User; }
};

/// An answer that isn't ok: `message` is Slack's code, further lines go to response_metadata.messages.
Error refusal(std::string code, const std::vector<std::string>& lines = {});
Error missing(const char* field);
/// An answer that is ok, with `fields`.
Json ok(Json fields = Json::object());

/// The conversation that `key` names, as the caller may see it.
Result<Conversation*> conversation_of(WebCall& call, const char* key = "channel");
/// The same, and the caller must be a member.
Result<Conversation*> joined_conversation(WebCall& call, const char* key = "channel");
/// The message at `key`, hidden ones (ephemeral) not found.
Result<Message*> message_of(WebCall& call, Conversation& conversation, const char* key);
/// `blocks` checked and completed, with the ids that they had in `before`; null when not given.
JsonResult blocks_of(WebCall& call, const Json& before = {});

/// One page of `items`: the slice, and the cursor of the next.
struct Page {
  Json items = Json::array();
  std::string next_cursor;
};
Result<Page> page_of(const WebCall& call, const Json& items, int default_limit);

Json channel_object(const Conversation& conversation, const std::string& viewer);
Json user_object(const Person& person);
Json file_object(const WorkspaceState& state, const File& file);
Json bot_profile(const WorkspaceState& state);
std::string permalink(const WorkspaceState& state, const Conversation& conversation, const Json& body);

struct Post {
  std::string text;
  Json blocks;
  Json metadata;
  std::string thread_ts;
  bool broadcast = false;
  std::string ephemeral_for;
  Json extra = Json::object();  ///< further fields of the message: subtype, files, username
};
/// Stores a message by the bot or a person and emits its events.
Message& post_message(WorkspaceState& state, Conversation& conversation, const std::string& author, Post post, WallTime now);

}  // namespace driftwarden::sandbox::workspace
