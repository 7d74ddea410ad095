#pragma once
// What people see and do in Slack.
#include "tests/e2e/driver/web.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::e2e {

struct ChatMessage {
  std::string channel;
  Json body;

  std::string ts() const { return body.value("ts", ""); }
  /// Of the thread that it answers in; "" for a message of the channel, also when a thread hangs on it.
  std::string thread_ts() const { return body.value("thread_ts", ts()) == ts() ? "" : body.value("thread_ts", ""); }
  std::string user() const { return body.value("user", ""); }
  bool in_thread_of(const std::string& root) const { return thread_ts() == root; }
  /// Everything a reader sees: the text and every text in its blocks.
  std::string words() const;
  bool says(const std::string& text) const { return words().find(text) != std::string::npos; }
  std::vector<std::string> buttons() const;
  bool has_button(const std::string& text) const;
  bool edited() const { return body.contains("edited"); }
};

class ChatPeople {
 public:
  /// `slack` is the "slack" of the sandbox's line; `base` its chat page.
  ChatPeople(Web& web, std::string base, const Json& slack);

  /// Says it as that person by the Web API; `@warden` becomes a mention. Returns the message's ts.
  std::string say(const std::string& person, const std::string& channel, const std::string& text, const std::string& thread_ts = "");
  /// Types `/command ...` as on the page.
  Json type(const std::string& person, const std::string& channel, const std::string& text);
  /// Presses a button by its words. Throws when the message has no such button or the app did not answer.
  void press(const std::string& person, const ChatMessage& message, const std::string& button);

  /// Everything in the channel that `person` may see, threads included, in order.
  std::vector<ChatMessage> messages(const std::string& channel, const std::string& person = "alice");
  /// Those of the bot.
  std::vector<ChatMessage> by_bot(const std::string& channel, const std::string& person = "alice");
  std::vector<ChatMessage> thread(const std::string& channel, const std::string& root, const std::string& person = "alice");
  ChatMessage read(const std::string& channel, const std::string& ts);
  std::string direct_channel(const std::string& person);

  /// Waits for the first message of the bot that fits.
  ChatMessage await_message(const std::string& what, const std::string& channel, const std::function<bool(const ChatMessage&)>& fits, const std::string& person = "alice");
  /// Waits for the bot's answer in a thread.
  ChatMessage await_answer(const std::string& channel, const std::string& root, const std::string& words);
  /// Waits until this very message says so.
  ChatMessage await_edit(const ChatMessage& message, const std::string& words);

  /// The modal on top of what this person has open, once there is one.
  Json await_modal(const std::string& person);
  /// Submits it with what was typed or chosen by block id; the sandbox's answer, with `errors` by block id where the bot refuses a field.
  Json submit(const std::string& person, const Json& modal, const std::map<std::string, std::string>& typed);

  Json sandbox(const std::string& what, const Json& body);
  Json api(const std::string& method, const std::string& token, const Json& arguments);
  const std::string& bot_token() const { return bot_token_; }
  std::string id_of(const std::string& person) const { return people_.at(person).first; }

 private:
  Web& web_;
  std::string base_;
  std::string api_url_;
  std::string bot_token_;
  std::string bot_user_;
  std::map<std::string, std::pair<std::string, std::string>> people_;  ///< name -> id, token
};

}  // namespace driftwarden::e2e
