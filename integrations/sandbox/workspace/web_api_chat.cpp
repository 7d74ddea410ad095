// chat.*, reactions.*, pins and bookmarks, and what a response_url does.
#include "gitops/base/text.hpp"
#include "integrations/sandbox/workspace/block_kit.hpp"
#include "integrations/sandbox/workspace/events.hpp"
#include "integrations/sandbox/workspace/typed_text.hpp"
#include "integrations/sandbox/workspace/web_api.hpp"

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr std::size_t kTextMax = 40'000;
constexpr std::size_t kUpdateTextMax = 4'000;
constexpr std::size_t kMarkdownMax = 12'000;
constexpr std::size_t kMetadataMax = 16'384;
constexpr std::size_t kPinsMax = 100;

std::string truncated(std::string text, WebCall& call) {
  if (characters(text) <= kTextMax) return text;
  call.warnings.push_back("message_truncated");
  std::size_t end = kTextMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

JsonResult metadata_of(const WebCall& call) {
  if (!call.has("metadata")) return Json();
  const auto& metadata = call.args["metadata"];
  if (!metadata.is_object()) return refusal("invalid_metadata_format");
  if (string_of(metadata, "event_type").empty() || !metadata.contains("event_payload") || !metadata["event_payload"].is_object())
    return refusal("invalid_metadata_schema");
  if (metadata.dump().size() > kMetadataMax) return refusal("metadata_too_large");
  return metadata;
}

/// The thread that `thread_ts` means: a reply's own thread for a reply.
Result<std::string> thread_of(WebCall& call, Conversation& conversation) {
  const auto ts = call.text("thread_ts");
  if (ts.empty()) return std::string{};
  const auto* parent = conversation.find(ts);
  if (parent == nullptr || !parent->ephemeral_for.empty()) return refusal("thread_not_found");
  const auto root = string_of(parent->body, "thread_ts");
  return root.empty() ? ts : root;
}

/// Text, blocks and the rest of a message as chat.postMessage and chat.postEphemeral take them.
Result<Post> post_of(WebCall& call, Conversation& conversation) {
  Post post;
  TRY(post.thread_ts, thread_of(call, conversation));
  TRY(post.blocks, blocks_of(call));
  TRY(post.metadata, metadata_of(call));
  post.text = truncated(call.text("text"), call);
  if (const auto markdown = call.text("markdown_text"); !markdown.empty()) {
    if (!post.text.empty() || !post.blocks.is_null()) return refusal("markdown_text_conflict");
    if (characters(markdown) > kMarkdownMax) return refusal("msg_too_long");
    post.text = markdown;
    post.blocks = Json::array({Json{{"type", "markdown"}, {"text", markdown}}});
    call.state.complete_blocks(post.blocks);
  }
  if (call.has("attachments")) {
    if (!call.args["attachments"].is_array()) return refusal("invalid_attachments");
    if (call.args["attachments"].size() > 100) return refusal("too_many_attachments");
    post.extra["attachments"] = call.args["attachments"];
  }
  if (post.text.empty() && (post.blocks.is_null() || post.blocks.empty()) && !post.extra.contains("attachments")) return refusal("no_text");
  if (call.has("username")) post.extra["username"] = call.text("username");
  return post;
}

/// What a person's script sends by the API is encoded already; names with '@' still become mentions, as link_names did.
void encode_for_person(WebCall& call, Post& post) {
  if (call.text("parse") == "none") return;
  post.text = link_names(call.state, post.text);
}

Result<Message*> own_message(WebCall& call, Conversation& conversation, const char* refusal_code) {
  TRY(auto* message, message_of(call, conversation, "ts"));
  const bool own =
      call.by_bot() ? string_of(message->body, "bot_id") == kBotId : string_of(message->body, "user") == call.caller.user && !message->body.contains("bot_id");
  if (!own) return refusal(refusal_code);
  return message;
}

Json* reaction_of(Json& body, const std::string& name) {
  if (!body.contains("reactions")) return nullptr;
  for (auto& reaction : body["reactions"]) {
    if (reaction["name"] == name) return &reaction;
  }
  return nullptr;
}

bool is_reaction_name(const std::string& name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '+' || c == '\'' || c == ':';
  });
}

Json shown(const Message& message) {
  auto body = message.body;
  if (!message.metadata.is_null()) body["metadata"] = message.metadata;
  return body;
}

}  // namespace

JsonResult chat_post_message(WebCall& call) {
  TRY(auto* conversation, joined_conversation(call));
  TRY(auto post, post_of(call, *conversation));
  post.broadcast = call.flag("reply_broadcast") && !post.thread_ts.empty();
  if (!call.by_bot()) encode_for_person(call, post);
  const auto& message = post_message(call.state, *conversation, call.caller.user, std::move(post), call.now);
  return ok(Json{{"channel", conversation->id}, {"ts", message.body["ts"]}, {"message", shown(message)}});
}

JsonResult chat_post_ephemeral(WebCall& call) {
  TRY(auto* conversation, joined_conversation(call));
  const auto user = call.text("user");
  if (user.empty()) return missing("user");
  if (!conversation->has(user)) return refusal("user_not_in_channel");
  if (characters(call.text("text")) > kTextMax) return refusal("msg_too_long");
  TRY(auto post, post_of(call, *conversation));
  post.ephemeral_for = user;
  const auto& message = post_message(call.state, *conversation, call.caller.user, std::move(post), call.now);
  return ok(Json{{"message_ts", message.body["ts"]}});
}

JsonResult chat_update(WebCall& call) {
  TRY(auto* conversation, conversation_of(call));
  TRY(auto* message, own_message(call, *conversation, "cant_update_message"));
  if (characters(call.text("text")) > kUpdateTextMax) return refusal("msg_too_long");
  TRY(auto blocks, blocks_of(call, message->body.value("blocks", Json())));
  TRY(auto metadata, metadata_of(call));
  const bool has_text = call.has("text");
  const bool has_attachments = call.has("attachments");
  if (!has_text && blocks.is_null() && !has_attachments && !call.has("markdown_text")) return refusal("no_text");
  const auto before = message->body;
  if (has_text) message->body["text"] = call.text("text");
  if (!blocks.is_null())
    message->body["blocks"] = blocks;
  else if (has_text)
    message->body.erase("blocks");
  if (has_attachments) message->body["attachments"] = call.args["attachments"];
  if (!metadata.is_null()) message->metadata = metadata;
  if (blocks.is_null()) message->body["edited"] = {{"user", call.caller.user}, {"ts", call.state.next_ts(call.now)}};
  call.state.announce_message(*conversation, *message);
  emit_message_changed(call.state, *conversation, message->body, before, call.now);
  return ok(Json{{"channel", conversation->id}, {"ts", message->body["ts"]}, {"text", message->body["text"]}, {"message", shown(*message)}});
}

JsonResult chat_delete(WebCall& call) {
  TRY(auto* conversation, conversation_of(call));
  TRY(auto* message, own_message(call, *conversation, "cant_delete_message"));
  const auto before = message->body;
  const auto ts = string_of(before, "ts");
  if (before.value("reply_count", 0) > 0) {
    message->body["subtype"] = "tombstone";
    message->body["text"] = "This message was deleted.";
    message->body["user"] = kSlackbot;
    for (const auto* key : {"blocks", "bot_id", "bot_profile", "app_id", "reactions", "files", "attachments", "edited"}) message->body.erase(key);
    message->metadata = Json();
    call.state.announce_message(*conversation, *message);
  } else {
    call.state.remove_message(*conversation, ts);
  }
  emit_message_deleted(call.state, *conversation, before, call.now);
  return ok(Json{{"channel", conversation->id}, {"ts", ts}});
}

JsonResult chat_get_permalink(WebCall& call) {
  TRY(auto* conversation, conversation_of(call));
  TRY(const auto* message, message_of(call, *conversation, "message_ts"));
  return ok(Json{{"channel", conversation->id}, {"permalink", permalink(call.state, *conversation, message->body)}});
}

JsonResult reactions_add(WebCall& call) {
  TRY(auto* conversation, joined_conversation(call));
  TRY(auto* message, message_of(call, *conversation, "timestamp"));
  const auto name = call.text("name");
  if (!is_reaction_name(name)) return refusal("invalid_name");
  auto* reaction = reaction_of(message->body, name);
  if (reaction == nullptr) {
    auto& all = message->body["reactions"];
    if (!all.is_array()) all = Json::array();
    if (all.size() >= 50) return refusal("too_many_emoji");
    all.push_back(Json{{"name", name}, {"users", Json::array()}, {"count", 0}});
    reaction = &all.back();
  }
  auto& users = (*reaction)["users"];
  if (std::find(users.begin(), users.end(), Json(call.caller.user)) != users.end()) return refusal("already_reacted");
  users.push_back(call.caller.user);
  (*reaction)["count"] = users.size();
  call.state.announce_message(*conversation, *message);
  emit_reaction(call.state, *conversation, message->body, call.caller.user, name, true, call.now);
  return ok();
}

JsonResult reactions_remove(WebCall& call) {
  TRY(auto* conversation, joined_conversation(call));
  TRY(auto* message, message_of(call, *conversation, "timestamp"));
  const auto name = call.text("name");
  auto* reaction = reaction_of(message->body, name);
  if (reaction == nullptr) return refusal("no_reaction");
  auto& users = (*reaction)["users"];
  const auto mine = std::find(users.begin(), users.end(), Json(call.caller.user));
  if (mine == users.end()) return refusal("no_reaction");
  users.erase(mine);
  (*reaction)["count"] = users.size();
  auto& all = message->body["reactions"];
  if (users.empty()) all.erase(std::find(all.begin(), all.end(), *reaction));
  if (all.empty()) message->body.erase("reactions");
  call.state.announce_message(*conversation, *message);
  emit_reaction(call.state, *conversation, message->body, call.caller.user, name, false, call.now);
  return ok();
}

JsonResult pins_add(WebCall& call) {
  TRY(auto* conversation, joined_conversation(call));
  TRY(auto* message, message_of(call, *conversation, "timestamp"));
  if (conversation->pinned.size() >= kPinsMax) return refusal("too_many_pins");
  if (!conversation->pinned.insert(call.text("timestamp")).second) return refusal("already_pinned");
  message->body["pinned_to"] = Json::array({conversation->id});
  call.state.announce_message(*conversation, *message);
  return ok();
}

JsonResult bookmarks_add(WebCall& call) {
  const char* key = call.has("channel_id") ? "channel_id" : "channel";
  TRY(auto* conversation, joined_conversation(call, key));
  if (call.text("title").empty()) return missing("title");
  if (call.text("type") != "link") return refusal("invalid_bookmark_type");
  const auto link = call.text("link");
  if (!link.starts_with("http://") && !link.starts_with("https://")) return refusal("invalid_link");
  if (conversation->bookmarks.size() >= 100) return refusal("too_many_bookmarks");
  Json bookmark{{"id", call.state.next_id("Bk")},
                {"channel_id", conversation->id},
                {"title", call.text("title")},
                {"link", link},
                {"emoji", call.text("emoji")},
                {"type", "link"},
                {"date_created", unix_seconds(call.now)},
                {"app_id", kAppId}};
  conversation->bookmarks.push_back(bookmark);
  Json what{{"type", "bookmarks"}, {"channel", conversation->id}, {"bookmarks", conversation->bookmarks}};
  call.state.announce(std::move(what));
  return ok(Json{{"bookmark", std::move(bookmark)}});
}

namespace {

Json url_refused(const char* code) { return Json{{"ok", false}, {"error", code}}; }

Result<void> replace_original(WebCall& call, Conversation& conversation, Message& original) {
  TRY(auto blocks, blocks_of(call, original.body.value("blocks", Json())));
  if (!call.has("text") && blocks.is_null()) return refusal("no_text");
  original.body["text"] = call.text("text");
  if (blocks.is_null())
    original.body.erase("blocks");
  else
    original.body["blocks"] = blocks;
  call.state.announce_message(conversation, original);
  return {};
}

Result<void> use_response_url(WebCall& call, const ResponseUrl& url) {
  auto* conversation = call.state.find_conversation(url.channel, "");
  if (conversation == nullptr) return refusal("channel_not_found");
  auto* original = conversation->find(url.message_ts);
  if (call.flag("delete_original")) {
    if (original == nullptr) return refusal("message_not_found");
    call.state.remove_message(*conversation, url.message_ts);
    return {};
  }
  if (call.flag("replace_original") && original != nullptr) return replace_original(call, *conversation, *original);
  Post post;
  TRY(post.blocks, blocks_of(call));
  post.text = call.text("text");
  if (post.text.empty() && post.blocks.is_null()) return refusal("no_text");
  if (call.text("response_type") != "in_channel") post.ephemeral_for = url.user;
  post.thread_ts = call.has("thread_ts") ? call.text("thread_ts") : url.thread_ts;
  post.extra = Json{{"subtype", "bot_message"}, {"bot_id", kBotId}, {"app_id", kAppId}, {"bot_profile", bot_profile(call.state)}};
  post_message(call.state, *conversation, "", std::move(post), call.now);
  return {};
}

}  // namespace

net::ServerReply answer_response_url(WorkspaceState& state, const std::string& token, const net::ServerRequest& request, const WorkspaceFaults& faults,
                                     WallTime now) {
  const auto found = state.response_urls().find(token);
  if (found == state.response_urls().end() || request.method != "POST") return json_reply(url_refused("invalid_url"), 404);
  if (now > found->second.expires) return json_reply(url_refused("expired_url"), 404);
  if (found->second.uses_left <= 0) return json_reply(url_refused("used_url"), 404);
  auto parsed = parse_call(request);
  if (!parsed.error.empty()) return json_reply(url_refused("invalid_payload"), 400);
  if (faults.enforce_rate_limits && state.over_limit("post:" + found->second.channel, 1, Duration{900}, now))
    return json_reply(url_refused("ratelimited"), 429);
  --found->second.uses_left;
  WebCall call{.state = state, .caller = {Caller::Kind::Bot, kBotUser}, .args = std::move(parsed.args), .now = now};
  const auto url = found->second;
  try {
    if (const auto done = use_response_url(call, url); !done) return json_reply(url_refused(split(done.error().message, '\n').front().c_str()), 400);
  } catch (const Json::exception&) {
    return json_reply(url_refused("invalid_payload"), 400);
  }
  return net::ServerReply{200, "text/plain", "ok"};
}

}  // namespace driftwarden::sandbox::workspace
