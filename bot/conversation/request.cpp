#include "bot/conversation/request.hpp"

#include "gitops/base/text.hpp"
#include "integrations/slack/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace driftwarden {
namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

const json& object_at(const json& object, const char* key) {
  static const json kNothing = json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kNothing;
}

/// "1700000000.000100": seconds, and microseconds that count more than time. The beginning of all time when it is something else.
WallTime time_of(const std::string& ts) {
  const auto dot = std::min(ts.find('.'), ts.size());
  std::int64_t seconds = 0;
  const auto [end, failed] = std::from_chars(ts.data(), ts.data() + dot, seconds);
  constexpr std::int64_t kLatest = 99'999'999'999;
  if (failed != std::errc{} || end != ts.data() + dot || seconds < 0 || seconds > kLatest) return {};
  std::int64_t thousandths = 0;
  const auto fraction = dot < ts.size() ? ts.substr(dot + 1, 3) : std::string();
  if (fraction.size() == 3) std::from_chars(fraction.data(), fraction.data() + 3, thousandths);
  return WallTime{std::chrono::milliseconds{seconds * 1000 + thousandths}};
}

/// Without the leading mention of the bot; mentions elsewhere stay.
std::string without_mention(std::string text, const std::string& bot_user) {
  const auto mention = "@" + bot_user;
  const auto at = text.find(mention);
  const auto after = at == std::string::npos ? at : at + mention.size();
  // "@U1" is not the beginning of "@U12".
  if (at != std::string::npos && (after == text.size() || std::isalnum(static_cast<unsigned char>(text[after])) == 0)) text.erase(at, mention.size());
  return std::string(trim(text));
}

/// The workspace a person belongs to: of one from another workspace, in a shared channel, that isn't the one the event came from.
std::string home_of(const json& person, const std::string& workspace) {
  for (const auto* key : {"user_team", "source_team"}) {
    if (auto team = text_at(person, key); !team.empty()) return team;
  }
  return workspace;
}

std::string team_of_user(const json& payload) {
  auto team = text_at(object_at(payload, "user"), "team_id");
  return team.empty() ? text_at(object_at(payload, "team"), "id") : team;
}

std::optional<Request> from_event(const json& payload, const std::string& bot_user) {
  const auto& event = object_at(payload, "event");
  const auto type = text_at(event, "type");
  const bool direct = type == "message" && text_at(event, "channel_type") == "im";
  if (type != "app_mention" && !direct) return std::nullopt;
  // A message of a bot must never be a command: it could approve.
  if (event.contains("bot_id") || event.contains("bot_profile") || text_at(event, "user").empty() || text_at(event, "user") == bot_user) return std::nullopt;
  const auto subtype = text_at(event, "subtype");
  if (!subtype.empty() && subtype != "thread_broadcast" && subtype != "file_share") return std::nullopt;
  if (event.contains("edited")) return std::nullopt;
  Request request;
  request.kind = direct ? Request::Kind::DirectMessage : Request::Kind::Mention;
  request.team = home_of(event, text_at(payload, "team_id"));
  request.user = text_at(event, "user");
  request.channel = text_at(event, "channel");
  const auto ts = text_at(event, "ts");
  const auto thread = text_at(event, "thread_ts");
  request.message = MessageRef{request.channel, ts};
  request.said_at = time_of(ts);
  request.thread_ts = thread.empty() && !direct ? ts : thread;
  request.text = without_mention(slack::plain_command_text(text_at(event, "text")), bot_user);
  return request;
}

std::optional<Request> from_slash(const json& payload) {
  Request request;
  request.kind = Request::Kind::Slash;
  request.team = text_at(payload, "team_id");
  request.user = text_at(payload, "user_id");
  request.channel = text_at(payload, "channel_id");
  request.text = std::string(trim(slack::plain_command_text(text_at(payload, "text"))));
  request.trigger_id = text_at(payload, "trigger_id");
  return request;
}

/// Of a button, a text field or a select.
std::string value_of(const json& element) {
  if (!element.is_object()) return {};
  if (auto value = text_at(element, "value"); !value.empty()) return value;
  if (auto value = text_at(object_at(element, "selected_option"), "value"); !value.empty()) return value;
  return text_at(element, "selected_user");
}

/// A submitted dialog: its private_metadata says which command that is, and where it was asked for.
std::optional<Request> from_submission(const json& payload) {
  const auto& view = object_at(payload, "view");
  const auto metadata = json::parse(text_at(view, "private_metadata"), nullptr, false);
  if (!metadata.is_object()) return std::nullopt;
  Request request;
  request.kind = Request::Kind::Modal;
  request.team = team_of_user(payload);
  request.user = text_at(object_at(payload, "user"), "id");
  request.text = text_at(metadata, "command");
  request.channel = text_at(metadata, "channel");
  request.thread_ts = text_at(metadata, "thread_ts");
  request.trigger_id = text_at(payload, "trigger_id");
  for (const auto& [block_id, block] : object_at(object_at(view, "state"), "values").items()) {
    if (!block.is_object()) continue;
    for (const auto& [action_id, element] : block.items()) {
      if (auto value = value_of(element); !value.empty()) request.values[action_id] = std::move(value);
    }
  }
  if (request.text.empty() || request.user.empty()) return std::nullopt;
  return request;
}

std::optional<Request> from_button(const json& payload) {
  if (text_at(payload, "type") != "block_actions") return std::nullopt;
  const auto actions = payload.find("actions");
  if (actions == payload.end() || !actions->is_array() || actions->empty()) return std::nullopt;
  const auto& action = actions->front();
  Request request;
  request.kind = Request::Kind::Button;
  request.team = team_of_user(payload);
  request.user = text_at(object_at(payload, "user"), "id");
  request.trigger_id = text_at(payload, "trigger_id");
  request.text = value_of(action);
  request.said_at = time_of(text_at(action, "action_ts"));
  if (request.text.empty() || request.user.empty()) return std::nullopt;
  const auto& container = object_at(payload, "container");
  if (text_at(container, "type") == "view") {
    request.view_id = text_at(container, "view_id");
    return request;
  }
  request.channel = text_at(container, "channel_id");
  const auto ts = text_at(container, "message_ts");
  auto thread = text_at(container, "thread_ts");
  if (thread.empty()) thread = text_at(object_at(payload, "message"), "thread_ts");
  request.message = MessageRef{request.channel, ts};
  request.thread_ts = thread.empty() ? ts : thread;
  if (request.channel.empty()) return std::nullopt;
  return request;
}

/// Of the menu at the lightning bolt, or of a message.
std::optional<Request> from_shortcut(const json& payload) {
  Request request;
  request.kind = Request::Kind::Shortcut;
  request.team = team_of_user(payload);
  request.user = text_at(object_at(payload, "user"), "id");
  request.trigger_id = text_at(payload, "trigger_id");
  request.text = text_at(payload, "callback_id");
  if (request.text.empty() || request.user.empty()) return std::nullopt;
  if (text_at(payload, "type") == "shortcut") {
    std::ranges::replace(request.text, '_', '-');
    return request;
  }
  const auto& message = object_at(payload, "message");
  request.channel = text_at(object_at(payload, "channel"), "id");
  auto ts = text_at(payload, "message_ts");
  if (ts.empty()) ts = text_at(message, "ts");
  if (request.channel.empty() || ts.empty()) return std::nullopt;
  const auto thread = text_at(message, "thread_ts");
  request.message = MessageRef{request.channel, ts};
  request.thread_ts = thread.empty() ? ts : thread;
  if (request.text == kActShortcut) {
    request.text = kAct;
  } else {
    std::ranges::replace(request.text, '_', '-');
  }
  return request;
}

std::optional<Request> from_interaction(const json& payload) {
  const auto type = text_at(payload, "type");
  if (type == "view_submission") return from_submission(payload);
  if (type == "shortcut" || type == "message_action") return from_shortcut(payload);
  return from_button(payload);
}

}  // namespace

std::optional<Request> request_from(const std::string& type, const json& payload, const std::string& bot_user) {
  if (!payload.is_object()) return std::nullopt;
  if (type == "events_api") return from_event(payload, bot_user);
  if (type == "slash_commands") return from_slash(payload);
  if (type == "interactive") return from_interaction(payload);
  return std::nullopt;
}

std::optional<HomeOpened> home_opened_from(const std::string& type, const json& payload) {
  if (type != "events_api" || !payload.is_object()) return std::nullopt;
  const auto& event = object_at(payload, "event");
  if (text_at(event, "type") != "app_home_opened" || text_at(event, "tab") == "messages" || text_at(event, "user").empty()) return std::nullopt;
  return HomeOpened{home_of(event, text_at(payload, "team_id")), text_at(event, "user")};
}

std::optional<Suggestion> suggestion_from(const std::string& type, const json& payload) {
  if (type != "interactive" || !payload.is_object() || text_at(payload, "type") != "block_suggestion") return std::nullopt;
  return Suggestion{team_of_user(payload), text_at(object_at(payload, "user"), "id"), text_at(payload, "action_id"), text_at(payload, "value")};
}

std::vector<std::string> input_blocks(const json& payload) {
  std::vector<std::string> ids;
  const auto& view = object_at(payload, "view");
  const auto blocks = view.find("blocks");
  if (blocks != view.end() && blocks->is_array()) {
    for (const auto& block : *blocks) {
      if (block.is_object() && text_at(block, "type") == "input" && !text_at(block, "block_id").empty()) ids.push_back(text_at(block, "block_id"));
    }
  }
  if (!ids.empty()) return ids;
  for (const auto& [id, values] : object_at(object_at(view, "state"), "values").items()) ids.push_back(id);
  return ids;
}

}  // namespace driftwarden
