// conversations.*
#include "gitops/base/text.hpp"
#include "integrations/sandbox/workspace/events.hpp"
#include "integrations/sandbox/workspace/web_api.hpp"

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

Json shown(const WebCall& call, const Message& message) {
  auto body = message.body;
  if (call.flag("include_all_metadata") && !message.metadata.is_null()) body["metadata"] = message.metadata;
  return body;
}

bool in_range(const WebCall& call, const std::string& ts) {
  const auto oldest = call.text("oldest");
  const auto latest = call.text("latest");
  const bool inclusive = call.flag("inclusive");
  if (!oldest.empty() && oldest != "0" && (inclusive ? ts < oldest : ts <= oldest)) return false;
  return latest.empty() || (inclusive ? ts <= latest : ts < latest);
}

Json paged(Page page, const char* key) {
  Json answer{{"has_more", !page.next_cursor.empty()}};
  answer[key] = std::move(page.items);
  answer["response_metadata"] = {{"next_cursor", page.next_cursor}};
  return ok(std::move(answer));
}

bool wanted(const Conversation& conversation, const std::vector<std::string>& types) {
  const std::string type = conversation.is_im ? "im" : conversation.is_private ? "private_channel" : "public_channel";
  return std::find(types.begin(), types.end(), type) != types.end();
}

JsonResult list_for(WebCall& call, const std::string& viewer, bool only_joined) {
  const auto types = split(call.has("types") ? call.text("types") : "public_channel", ',');
  Json all = Json::array();
  for (const auto& type : types) {
    if (type != "public_channel" && type != "private_channel" && type != "im" && type != "mpim") return refusal("invalid_types");
  }
  for (const auto& [id, conversation] : call.state.conversations()) {
    if (!wanted(conversation, types)) continue;
    if ((only_joined || conversation.is_private || conversation.is_im) && !conversation.has(viewer)) continue;
    all.push_back(channel_object(conversation, viewer));
  }
  TRY(auto page, page_of(call, all, 100));
  return paged(std::move(page), "channels");
}

}  // namespace

JsonResult conversations_list(WebCall& call) { return list_for(call, call.caller.user, false); }

JsonResult users_conversations(WebCall& call) { return list_for(call, call.has("user") ? call.text("user") : call.caller.user, true); }

JsonResult conversations_info(WebCall& call) {
  TRY(const auto* conversation, conversation_of(call));
  return ok(Json{{"channel", channel_object(*conversation, call.caller.user)}});
}

JsonResult conversations_open(WebCall& call) {
  if (call.has("channel")) {
    TRY(const auto* conversation, conversation_of(call));
    return ok(Json{{"no_op", true}, {"already_open", true}, {"channel", {{"id", conversation->id}}}});
  }
  std::string list;
  if (call.has("users") && call.args["users"].is_array()) {
    for (const auto& user : call.args["users"]) list += (list.empty() ? "" : ",") + user.get<std::string>();
  } else {
    list = call.text("users");
  }
  if (list.empty()) return refusal("users_list_not_supplied");
  const auto users = split(list, ',');
  if (users.size() > 8) return refusal("too_many_users");
  if (users.size() > 1) return refusal("method_not_supported_for_channel_type");
  const auto* person = call.state.find_person(std::string{trim(users.front())});
  if (person == nullptr) return refusal("user_not_found");
  const auto& conversation = call.state.open_im(call.caller.user, person->id);
  Json channel = call.flag("return_im") ? channel_object(conversation, call.caller.user) : Json{{"id", conversation.id}};
  return ok(Json{{"no_op", true}, {"already_open", true}, {"channel", std::move(channel)}});
}

JsonResult conversations_join(WebCall& call) {
  TRY(auto* conversation, conversation_of(call));
  if (conversation->is_im || conversation->is_private) return refusal("method_not_supported_for_channel_type");
  const bool joined = conversation->members.insert(call.caller.user).second;
  if (joined)
    emit_member_joined(call.state, *conversation, call.caller.user, "", call.now);
  else
    call.warnings.push_back("already_in_channel");
  return ok(Json{{"channel", channel_object(*conversation, call.caller.user)}});
}

JsonResult conversations_history(WebCall& call) {
  TRY(auto* conversation, joined_conversation(call));
  Json newest_first = Json::array();
  for (auto it = conversation->messages.rbegin(); it != conversation->messages.rend(); ++it) {
    const auto& [ts, message] = *it;
    const auto thread = string_of(message.body, "thread_ts");
    const bool is_reply = !thread.empty() && thread != ts && string_of(message.body, "subtype") != "thread_broadcast";
    if (message.ephemeral_for.empty() && !is_reply && in_range(call, ts)) newest_first.push_back(shown(call, message));
  }
  TRY(auto page, page_of(call, newest_first, 100));
  auto answer = paged(std::move(page), "messages");
  answer["pin_count"] = conversation->pinned.size();
  return answer;
}

JsonResult conversations_replies(WebCall& call) {
  TRY(auto* conversation, joined_conversation(call));
  const auto ts = call.text("ts");
  if (ts.empty()) return missing("ts");
  const auto* asked = conversation->find(ts);
  if (asked == nullptr || !asked->ephemeral_for.empty()) return refusal("thread_not_found");
  const auto root = string_of(asked->body, "thread_ts").empty() ? ts : string_of(asked->body, "thread_ts");
  Json thread = Json::array();
  for (const auto& [at, message] : conversation->messages) {
    if (!message.ephemeral_for.empty()) continue;
    const bool belongs = at == root || (string_of(message.body, "thread_ts") == root && in_range(call, at));
    if (belongs) thread.push_back(shown(call, message));
  }
  TRY(auto page, page_of(call, thread, 1000));
  return paged(std::move(page), "messages");
}

JsonResult conversations_members(WebCall& call) {
  TRY(const auto* conversation, conversation_of(call));
  Json all = conversation->members;
  TRY(auto page, page_of(call, all, 100));
  return paged(std::move(page), "members");
}

}  // namespace driftwarden::sandbox::workspace
