#include "integrations/sandbox/workspace/events.hpp"

#include "integrations/sandbox/workspace/typed_text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

Json copied(const Json& body, std::initializer_list<const char*> keys) {
  Json out = Json::object();
  for (const auto* key : keys) {
    if (body.contains(key)) out[key] = body[key];
  }
  return out;
}

/// An event's own time, which isn't a message's: it doesn't count as one.
std::string event_ts(WallTime now) {
  const auto us = now.time_since_epoch().count() * 1000;
  return fmt::format("{:010}.{:06}", us / 1'000'000, us % 1'000'000);
}

/// The count begins anew with each start, the bot's memory of what it has answered doesn't: the time keeps them apart.
std::string event_id(WorkspaceState& state, WallTime now) { return fmt::format("{}{:X}", state.next_id("Ev"), now.time_since_epoch().count()); }

}  // namespace

Json event_callback(WorkspaceState& state, Json event, WallTime now) {
  Json authorization{{"enterprise_id", nullptr}, {"team_id", kTeamId}, {"user_id", kBotUser}, {"is_bot", true}, {"is_enterprise_install", false}};
  return Json{{"token", "sandbox-verification-token"},
              {"team_id", kTeamId},
              {"api_app_id", kAppId},
              {"type", "event_callback"},
              {"event_id", event_id(state, now)},
              {"event_time", unix_seconds(now)},
              {"event_context", "4-" + state.random_hex(40)},
              {"authorizations", Json::array({std::move(authorization)})},
              {"is_ext_shared_channel", false},
              {"context_team_id", kTeamId},
              {"context_enterprise_id", nullptr},
              {"event", std::move(event)}};
}

bool is_subscribed(WorkspaceState& state, const Json& event) {
  auto name = event.value("type", "");
  if (name == "message") {
    const auto kind = event.value("channel_type", "channel");
    name += kind == "channel" ? ".channels" : kind == "group" ? ".groups" : "." + kind;
  }
  const auto& wanted = state.options().bot_events;
  if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) return false;
  const auto channel = event.contains("item") ? string_of(event["item"], "channel") : string_of(event, "channel");
  const auto* conversation = channel.empty() ? nullptr : state.find_conversation(channel, "");
  return conversation == nullptr || conversation->has(kBotUser);
}

void emit_message(WorkspaceState& state, const Conversation& conversation, const Message& message) {
  const auto& body = message.body;
  if (!message.ephemeral_for.empty() || !conversation.has(kBotUser)) return;
  auto event = copied(body, {"user", "text", "ts", "client_msg_id", "team", "blocks", "thread_ts", "parent_user_id", "subtype", "files", "bot_id",
                             "bot_profile", "app_id", "username"});
  event["type"] = "message";
  event["channel"] = conversation.id;
  event["event_ts"] = body["ts"];
  const auto* author = state.find_person(string_of(body, "user"));
  if (author != nullptr && !author->team.empty()) event["user_team"] = event["source_team"] = author->team;
  auto mention = event;
  event["channel_type"] = conversation.type();
  state.emit(std::move(event));
  const bool by_person = author != nullptr && !author->is_bot && !body.contains("bot_id");
  if (conversation.is_im || !by_person || !mentions_bot(string_of(body, "text"))) return;
  mention["type"] = "app_mention";
  mention.erase("subtype");
  state.emit(std::move(mention));
}

void emit_message_changed(WorkspaceState& state, const Conversation& conversation, const Json& now_body, const Json& before, WallTime now) {
  state.emit(Json{{"type", "message"},
                  {"subtype", "message_changed"},
                  {"hidden", true},
                  {"channel", conversation.id},
                  {"channel_type", conversation.type()},
                  {"message", now_body},
                  {"previous_message", before},
                  {"ts", event_ts(now)},
                  {"event_ts", event_ts(now)}});
}

void emit_message_deleted(WorkspaceState& state, const Conversation& conversation, const Json& before, WallTime now) {
  state.emit(Json{{"type", "message"},
                  {"subtype", "message_deleted"},
                  {"hidden", true},
                  {"channel", conversation.id},
                  {"channel_type", conversation.type()},
                  {"deleted_ts", before["ts"]},
                  {"previous_message", before},
                  {"ts", event_ts(now)},
                  {"event_ts", event_ts(now)}});
}

void emit_reaction(WorkspaceState& state, const Conversation& conversation, const Json& body, const std::string& user, const std::string& name, bool added,
                   WallTime now) {
  Json event{{"type", added ? "reaction_added" : "reaction_removed"},
             {"user", user},
             {"reaction", name},
             {"item", {{"type", "message"}, {"channel", conversation.id}, {"ts", body["ts"]}}},
             {"event_ts", event_ts(now)}};
  if (body.contains("user")) event["item_user"] = body["user"];
  state.emit(std::move(event));
}

void emit_home_opened(WorkspaceState& state, const std::string& user, const std::string& tab, WallTime now) {
  Json event{{"type", "app_home_opened"}, {"user", user}, {"channel", state.open_im(user, kBotUser).id}, {"tab", tab}, {"event_ts", event_ts(now)}};
  const auto home = state.home_views().find(user);
  if (tab == "home" && home != state.home_views().end()) event["view"] = state.views()[home->second].object;
  state.emit(std::move(event));
}

void emit_member_joined(WorkspaceState& state, const Conversation& conversation, const std::string& user, const std::string& inviter, WallTime now) {
  Json event{
      {"type", "member_joined_channel"}, {"user", user}, {"channel", conversation.id}, {"channel_type", conversation.is_private ? "G" : "C"}, {"team", kTeamId},
      {"event_ts", event_ts(now)}};
  if (!inviter.empty()) event["inviter"] = inviter;
  state.emit(std::move(event));
}

}  // namespace driftwarden::sandbox::workspace
