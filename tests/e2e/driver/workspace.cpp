#include "tests/e2e/driver/workspace.hpp"

#include "tests/e2e/driver/waiting.hpp"

#include <algorithm>

namespace driftwarden::e2e {
namespace {

void collect_texts(const Json& value, std::string& out) {
  if (value.is_array()) {
    for (const auto& item : value) collect_texts(item, out);
  } else if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      if (key == "text" && item.is_string()) {
        out += "\n" + item.get<std::string>();
      } else {
        collect_texts(item, out);
      }
    }
  }
}

std::vector<Json> button_elements(const Json& body) {
  std::vector<Json> found;
  for (const auto& block : body.value("blocks", Json::array())) {
    if (block.value("type", "") != "actions") continue;
    for (auto element : block.value("elements", Json::array())) {
      element["block_id"] = block.value("block_id", "");
      found.push_back(std::move(element));
    }
  }
  return found;
}

std::string button_text(const Json& element) { return element.value("text", Json::object()).value("text", ""); }

/// What an input of a modal holds after somebody typed or chose `value`.
Json state_of(const Json& element, const std::string& value) {
  const auto type = element.value("type", "");
  Json state{{"type", type}};
  if (type != "static_select" && type != "external_select") {
    state["value"] = value;
    return state;
  }
  state["selected_option"] = {{"text", {{"type", "plain_text"}, {"text", value}}}, {"value", value}};
  for (const auto& option : element.value("options", Json::array())) {
    if (option.at("value") == value) state["selected_option"] = option;
  }
  return state;
}

Json checked(const std::string& what, const WebAnswer& answer) {
  if (!answer.ok() || !answer.body.is_object() || !answer.body.value("ok", false)) throw std::runtime_error(what + " was answered: " + answer.text.substr(0, 500));
  return answer.body;
}

}  // namespace

std::string ChatMessage::words() const {
  std::string out = body.value("text", "");
  collect_texts(body.value("blocks", Json::array()), out);
  return out;
}

std::vector<std::string> ChatMessage::buttons() const {
  std::vector<std::string> texts;
  for (const auto& element : button_elements(body)) texts.push_back(button_text(element));
  return texts;
}

bool ChatMessage::has_button(const std::string& text) const {
  const auto texts = buttons();
  return std::ranges::find(texts, text) != texts.end();
}

ChatPeople::ChatPeople(Web& web, std::string base, const Json& slack)
    : web_(web), base_(std::move(base)), api_url_(slack.at("api_url").get<std::string>()), bot_token_(slack.at("bot_token").get<std::string>()) {
  for (const auto& user : slack.at("users")) people_[user.at("name").get<std::string>()] = {user.at("id").get<std::string>(), user.at("token").get<std::string>()};
  bot_user_ = api("auth.test", bot_token_, Json::object()).at("user_id").get<std::string>();
}

Json ChatPeople::api(const std::string& method, const std::string& token, const Json& arguments) {
  return checked(method, web_.send("POST", api_url_ + method, "Bearer " + token, arguments.dump(), "application/json; charset=utf-8"));
}

Json ChatPeople::sandbox(const std::string& what, const Json& body) { return checked("/sandbox/" + what, web_.send("POST", base_ + "sandbox/" + what, "", body.dump())); }

Json ChatPeople::await_modal(const std::string& person) {
  return await("a modal of " + person, [&]() -> std::optional<Json> {
    const auto state = checked("/sandbox/state", web_.send("GET", base_ + "sandbox/state?user=" + id_of(person)));
    const auto& open = state.at("views");
    return open.empty() ? std::nullopt : std::optional<Json>(open.back());
  });
}

Json ChatPeople::submit(const std::string& person, const Json& modal, const std::map<std::string, std::string>& typed) {
  Json values = Json::object();
  for (const auto& block : modal.at("blocks")) {
    const auto found = typed.find(block.value("block_id", ""));
    if (found == typed.end()) continue;
    const auto& element = block.at("element");
    values[found->first][element.at("action_id").get<std::string>()] = state_of(element, found->second);
  }
  return web_.send("POST", base_ + "sandbox/act", "", Json{{"user", id_of(person)}, {"view", modal.at("id")}, {"values", values}}.dump()).body;
}

std::string ChatPeople::say(const std::string& person, const std::string& channel, const std::string& text, const std::string& thread_ts) {
  auto spoken = text;
  if (const auto at = spoken.find("@warden"); at != std::string::npos) spoken.replace(at, 7, "<@" + bot_user_ + ">");
  Json arguments{{"channel", channel}, {"text", spoken}};
  if (!thread_ts.empty()) arguments["thread_ts"] = thread_ts;
  return api("chat.postMessage", people_.at(person).second, arguments).at("ts").get<std::string>();
}

Json ChatPeople::type(const std::string& person, const std::string& channel, const std::string& text) {
  return sandbox("say", {{"user", id_of(person)}, {"channel", channel}, {"text", text}});
}

void ChatPeople::press(const std::string& person, const ChatMessage& message, const std::string& button) {
  for (const auto& element : button_elements(message.body)) {
    if (button_text(element) != button) continue;
    sandbox("act", {{"user", id_of(person)},
                    {"message", {{"channel", message.channel}, {"ts", message.ts()}}},
                    {"action_id", element.value("action_id", "")},
                    {"block_id", element.value("block_id", "")}});
    return;
  }
  throw std::runtime_error("there is no button \"" + button + "\" on: " + message.words());
}

std::vector<ChatMessage> ChatPeople::messages(const std::string& channel, const std::string& person) {
  const auto name = channel.starts_with('#') ? channel.substr(1) : channel;
  const auto answer = web_.send("GET", base_ + "sandbox/messages?user=" + id_of(person) + "&channel=" + name);
  const auto body = checked("/sandbox/messages", answer);
  std::vector<ChatMessage> all;
  for (const auto& message : body.at("messages")) all.push_back({body.at("channel").get<std::string>(), message});
  return all;
}

std::vector<ChatMessage> ChatPeople::by_bot(const std::string& channel, const std::string& person) {
  auto all = messages(channel, person);
  std::erase_if(all, [&](const ChatMessage& message) { return message.user() != bot_user_ || message.body.value("subtype", "") == "channel_join"; });
  return all;
}

std::vector<ChatMessage> ChatPeople::thread(const std::string& channel, const std::string& root, const std::string& person) {
  auto all = by_bot(channel, person);
  std::erase_if(all, [&](const ChatMessage& message) { return !message.in_thread_of(root); });
  return all;
}

ChatMessage ChatPeople::read(const std::string& channel, const std::string& ts) {
  for (auto& message : messages(channel)) {
    if (message.ts() == ts) return message;
  }
  throw std::runtime_error("the message " + ts + " is gone from " + channel);
}

std::string ChatPeople::direct_channel(const std::string& person) {
  return api("conversations.open", bot_token_, {{"users", id_of(person)}}).at("channel").at("id").get<std::string>();
}

ChatMessage ChatPeople::await_message(const std::string& what, const std::string& channel, const std::function<bool(const ChatMessage&)>& fits, const std::string& person) {
  try {
    return await(what, [&]() -> std::optional<ChatMessage> {
      for (auto& message : by_bot(channel, person)) {
        if (fits(message)) return message;
      }
      return std::nullopt;
    });
  } catch (const std::runtime_error& failure) {
    std::string seen = std::string(failure.what()) + "; " + channel + " has:";
    for (const auto& message : messages(channel, person)) seen += "\n--- " + message.user() + " " + message.ts() + " in " + message.thread_ts() + ": " + message.words();
    throw std::runtime_error(seen);
  }
}

ChatMessage ChatPeople::await_answer(const std::string& channel, const std::string& root, const std::string& words) {
  return await_message("\"" + words + "\" in the thread " + root, channel, [&](const ChatMessage& message) { return message.in_thread_of(root) && message.says(words); });
}

ChatMessage ChatPeople::await_edit(const ChatMessage& message, const std::string& words) {
  return await_message("\"" + words + "\" in the message " + message.ts(), message.channel,
                       [&](const ChatMessage& candidate) { return candidate.ts() == message.ts() && candidate.says(words); });
}

}  // namespace driftwarden::e2e
