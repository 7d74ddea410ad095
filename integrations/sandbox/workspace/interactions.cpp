#include "integrations/sandbox/workspace/interactions.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::workspace {
namespace {

struct Found {
  Json element;
  std::string block_id;
};

std::string action_ts(WallTime now) {
  const auto us = now.time_since_epoch().count() * 1000;
  return fmt::format("{:010}.{:06}", us / 1'000'000, us % 1'000'000);
}

Json base(const char* type, const Person& person) {
  return Json{{"type", type},
              {"team", {{"id", kTeamId}, {"domain", "sandbox"}}},
              {"user", {{"id", person.id}, {"username", person.name}, {"name", person.name}, {"team_id", person.team.empty() ? kTeamId : person.team}}},
              {"api_app_id", kAppId},
              {"token", "sandbox-verification-token"},
              {"is_enterprise_install", false},
              {"enterprise", nullptr}};
}

template <class Visit>
void each_element(const Json& blocks, const Visit& visit) {
  if (!blocks.is_array()) return;
  for (const auto& block : blocks) {
    const auto id = string_of(block, "block_id");
    if (block.contains("elements") && block["elements"].is_array()) {
      for (const auto& element : block["elements"]) visit(element, id);
    }
    if (block.contains("accessory")) visit(block["accessory"], id);
    if (block.contains("element")) visit(block["element"], id);
  }
}

/// A page may be one update behind: of buttons only one that does what the pressed one did counts, wherever it stands now.
bool does_the_same(const Json& element, const Act& act) {
  if (string_of(element, "action_id") != act.action_id) return false;
  return string_of(element, "type") != "button" || !act.chosen.contains("value") || string_of(act.chosen, "value") == string_of(element, "value");
}

Result<Found> find_element(const Act& act) {
  const auto& holder = act.view != nullptr ? act.view->object : act.message->body;
  std::optional<Found> found;
  if (holder.contains("blocks")) {
    each_element(holder["blocks"], [&](const Json& element, const std::string& block_id) {
      if (!found && does_the_same(element, act) && (act.block_id.empty() || act.block_id == block_id)) found = Found{element, block_id};
    });
    each_element(holder["blocks"], [&](const Json& element, const std::string& block_id) {
      if (!found && string_of(element, "type") == "button" && act.chosen.contains("value") && does_the_same(element, act)) found = Found{element, block_id};
    });
  }
  if (!found) return Error{ErrorKind::NotFound, fmt::format("action_not_found: nothing there has the action_id \"{}\"", act.action_id)};
  return *found;
}

/// The option whose value was asked for; the given object itself when it is one.
JsonResult option_of(const Json& element, const Json& wanted) {
  const auto value = wanted.is_object() ? string_of(wanted, "value") : wanted.is_string() ? wanted.get<std::string>() : "";
  const auto search = [&](const Json& options) -> Json {
    for (const auto& option : options) {
      if (string_of(option, "value") == value) return option;
    }
    return {};
  };
  Json found;
  if (element.contains("options")) found = search(element["options"]);
  if (element.contains("option_groups")) {
    for (const auto& group : element["option_groups"]) {
      if (found.is_null()) found = search(group["options"]);
    }
  }
  if (found.is_null() && string_of(element, "type") == "external_select" && wanted.is_object()) found = wanted;
  if (found.is_null()) return Error{ErrorKind::NotFound, fmt::format("option_not_found: no option has the value \"{}\"", value)};
  return found;
}

Result<void> add_choice(const Json& element, const Json& chosen, Json& action) {
  const auto type = string_of(element, "type");
  if (type == "button") {
    action["text"] = element["text"];
    if (element.contains("value")) action["value"] = element["value"];
    if (element.contains("style")) action["style"] = element["style"];
    if (element.contains("confirm")) action["confirm"] = element["confirm"];
    return {};
  }
  if (type == "static_select" || type == "overflow" || type == "radio_buttons" || type == "external_select") {
    const auto& wanted = chosen.contains("selected_option") ? chosen["selected_option"] : chosen.value("value", Json());
    TRY(action["selected_option"], option_of(element, wanted));
    if (element.contains("placeholder")) action["placeholder"] = element["placeholder"];
    return {};
  }
  if (type == "checkboxes" || type == "multi_static_select") {
    action["selected_options"] = Json::array();
    for (const auto& wanted : chosen.value("selected_options", Json::array())) {
      TRY(auto option, option_of(element, wanted));
      action["selected_options"].push_back(std::move(option));
    }
    return {};
  }
  for (const auto& [key, value] : chosen.items()) action[key] = value;
  return {};
}

/// {"type": ..., "value" | "selected_option" | ...} of one input, from the full or a short form.
Json input_value(const Json& element, const Json& given) {
  const auto type = string_of(element, "type");
  Json value{{"type", type}};
  if (given.is_object() && !given.contains("text")) {
    value.update(given);
    value["type"] = type;
    return value;
  }
  if (type == "static_select" || type == "radio_buttons" || type == "external_select") {
    const auto option = given.is_null() ? JsonResult{Json()} : option_of(element, given);
    value["selected_option"] = option ? *option : Json();
  } else if (type == "checkboxes" || type == "multi_static_select") {
    value["selected_options"] = Json::array();
    for (const auto& one : given.is_array() ? given : Json::array()) {
      if (const auto option = option_of(element, one)) value["selected_options"].push_back(*option);
    }
  } else if (type == "users_select")
    value["selected_user"] = given;
  else if (type == "conversations_select")
    value["selected_conversation"] = given;
  else if (type == "channels_select")
    value["selected_channel"] = given;
  else if (type == "datepicker")
    value["selected_date"] = given;
  else if (type == "timepicker")
    value["selected_time"] = given;
  else
    value["value"] = given;
  return value;
}

/// What an input holds when nobody touched it.
Json initial_value(const Json& element) {
  for (const auto* key :
       {"initial_value", "initial_option", "initial_options", "initial_user", "initial_date", "initial_conversation", "initial_channel", "initial_time"}) {
    if (element.contains(key)) return element[key].is_object() ? element[key]["value"] : element[key];
  }
  return {};
}

bool is_empty_value(const Json& value) {
  for (const auto& [key, item] : value.items()) {
    if (key == "type" || item.is_null()) continue;
    if (item.is_string() ? !item.get<std::string>().empty() : !item.empty()) return false;
  }
  return true;
}

void add_message_context(WorkspaceState& state, const Act& act, Json& payload) {
  const auto& body = act.message->body;
  const bool ephemeral = !act.message->ephemeral_for.empty();
  Json container{{"type", "message"}, {"message_ts", body["ts"]}, {"channel_id", act.conversation->id}, {"is_ephemeral", ephemeral}};
  if (body.contains("thread_ts")) container["thread_ts"] = body["thread_ts"];
  payload["container"] = std::move(container);
  payload["channel"] = {{"id", act.conversation->id}, {"name", act.conversation->is_im ? "directmessage" : act.conversation->name}};
  if (!ephemeral) {
    payload["message"] = body;
    if (!act.message->metadata.is_null()) payload["message"]["metadata"] = act.message->metadata;
  }
  (void)state;
}

void add_view_context(const Act& act, Json& payload) {
  payload["container"] = {{"type", "view"}, {"view_id", act.view->object["id"]}};
  payload["view"] = act.view->object;
  if (!act.state_values.empty()) payload["view"]["state"]["values"] = act.state_values;
}

}  // namespace

JsonResult block_actions_payload(WorkspaceState& state, const Act& act, WallTime now) {
  TRY(const auto found, find_element(act));
  Json action{{"type", found.element["type"]}, {"action_id", act.action_id}, {"block_id", found.block_id}, {"action_ts", action_ts(now)}};
  CHECK_OK(add_choice(found.element, act.chosen, action));
  auto payload = base("block_actions", *act.person);
  payload["trigger_id"] = state.new_trigger(act.person->id, now);
  payload["actions"] = Json::array({std::move(action)});
  if (act.view != nullptr) {
    add_view_context(act, payload);
    return payload;
  }
  add_message_context(state, act, payload);
  payload["state"] = {{"values", act.state_values}};
  ResponseUrl url{.expires = {},
                  .uses_left = 5,
                  .channel = act.conversation->id,
                  .user = act.person->id,
                  .message_ts = string_of(act.message->body, "ts"),
                  .thread_ts = string_of(act.message->body, "thread_ts")};
  payload["response_url"] = state.new_response_url(std::move(url), now);
  return payload;
}

JsonResult block_suggestion_payload(WorkspaceState& state, const Act& act, const std::string& typed) {
  TRY(const auto found, find_element(act));
  auto payload = base("block_suggestion", *act.person);
  payload["action_id"] = act.action_id;
  payload["block_id"] = found.block_id;
  payload["value"] = typed;
  if (act.view != nullptr)
    add_view_context(act, payload);
  else
    add_message_context(state, act, payload);
  return payload;
}

Json view_values(const Json& view, const Json& values) {
  Json full = Json::object();
  each_element(view["blocks"], [&](const Json& element, const std::string& block_id) {
    const auto action_id = string_of(element, "action_id");
    const auto type = string_of(element, "type");
    if (action_id.empty() || type == "button" || type == "overflow") return;
    Json given;
    if (values.contains(block_id)) {
      const auto& in_block = values[block_id];
      given = in_block.is_object() && in_block.contains(action_id) ? in_block[action_id] : in_block.is_object() ? Json() : in_block;
    } else if (values.contains(action_id))
      given = values[action_id];
    else
      given = initial_value(element);
    full[block_id][action_id] = input_value(element, given);
  });
  return full;
}

Json missing_inputs(const Json& view, const Json& values) {
  Json errors = Json::object();
  for (const auto& block : view["blocks"]) {
    if (string_of(block, "type") != "input" || block.value("optional", false)) continue;
    const auto id = string_of(block, "block_id");
    const auto action = string_of(block["element"], "action_id");
    const bool given = values.contains(id) && values[id].contains(action) && !is_empty_value(values[id][action]);
    if (!given) errors[id] = "Please complete this required field.";
  }
  return errors;
}

Json view_submission_payload(WorkspaceState& state, const Person& person, const Json& view, Json values, WallTime now) {
  auto payload = base("view_submission", person);
  payload["trigger_id"] = state.new_trigger(person.id, now);
  payload["view"] = view;
  payload["view"]["state"] = {{"values", std::move(values)}};
  payload["response_urls"] = Json::array();
  return payload;
}

Json view_closed_payload(const Person& person, const Json& view, bool is_cleared) {
  auto payload = base("view_closed", person);
  payload["view"] = view;
  payload["is_cleared"] = is_cleared;
  return payload;
}

Json message_action_payload(WorkspaceState& state, const Person& person, const std::string& callback_id, const Conversation& conversation,
                            const Message& message, WallTime now) {
  auto payload = base("message_action", person);
  payload["callback_id"] = callback_id;
  payload["trigger_id"] = state.new_trigger(person.id, now);
  payload["action_ts"] = action_ts(now);
  payload["message_ts"] = message.body["ts"];
  payload["message"] = message.body;
  payload["channel"] = {{"id", conversation.id}, {"name", conversation.is_im ? "directmessage" : conversation.name}};
  ResponseUrl url{
      .expires = {}, .uses_left = 5, .channel = conversation.id, .user = person.id, .message_ts = {}, .thread_ts = string_of(message.body, "thread_ts")};
  payload["response_url"] = state.new_response_url(std::move(url), now);
  return payload;
}

Json shortcut_payload(WorkspaceState& state, const Person& person, const std::string& callback_id, WallTime now) {
  auto payload = base("shortcut", person);
  payload["callback_id"] = callback_id;
  payload["trigger_id"] = state.new_trigger(person.id, now);
  payload["action_ts"] = action_ts(now);
  return payload;
}

Json slash_command_payload(WorkspaceState& state, const Person& person, const Conversation& conversation, const std::string& command, const std::string& text,
                           WallTime now) {
  ResponseUrl url{.expires = {}, .uses_left = 5, .channel = conversation.id, .user = person.id, .message_ts = {}, .thread_ts = {}};
  return Json{{"token", "sandbox-verification-token"},
              {"team_id", kTeamId},
              {"team_domain", "sandbox"},
              {"channel_id", conversation.id},
              {"channel_name", conversation.is_im ? "directmessage" : conversation.name},
              {"user_id", person.id},
              {"user_name", person.name},
              {"command", command},
              {"text", text},
              {"api_app_id", kAppId},
              {"is_enterprise_install", "false"},
              {"response_url", state.new_response_url(std::move(url), now)},
              {"trigger_id", state.new_trigger(person.id, now)}};
}

}  // namespace driftwarden::sandbox::workspace
