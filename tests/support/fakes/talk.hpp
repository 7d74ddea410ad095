#pragma once
// Somebody talks to the whole bot: everything real but Slack, forge and cluster.
#include "bot/conversation/conversation.hpp"
#include "bot/home/home.hpp"
#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace driftwarden {

using namespace std::chrono_literals;

struct Talk : test::World {
  Talk();
  ~Talk() { close(); }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  void open();
  void close();
  void reopen();

  slack::Envelope mention(const std::string& user, const std::string& text, const std::string& thread = "");
  bool accept(slack::Envelope envelope);
  /// What the acknowledgement says; null when nothing.
  nlohmann::json ack(const std::string& type, nlohmann::json payload);
  /// A menu asks what to offer for what was typed: the options' values.
  std::vector<std::string> suggest(const std::string& user, const std::string& action_id, const std::string& typed, const std::string& team = "T1");
  /// The menu at a message, or (without one) the global one.
  void shortcut(const std::string& user, const std::string& callback_id, const test::PostedMessage* message = nullptr);
  void open_home(const std::string& user);
  /// A button of the App Home.
  void press_home(const std::string& user, const std::string& value);
  void say(const std::string& user, const std::string& text, const std::string& thread = "");
  /// Somebody presses the button of `message` with this action.
  void press(const std::string& user, const test::PostedMessage& message, const std::string& action_id);
  std::vector<std::string> answers() const;
  std::vector<AuditRow> refusals();

  /// The command that the last dialog stands for, submitted with these values. The errors that it is sent back with, by input; none when it is taken.
  std::map<std::string, std::string> submit(const std::string& user, const std::map<std::string, std::string>& values, const std::string& team = "T1");
  void slash(const std::string& user, const std::string& text);
  std::vector<Change> all_changes();
  std::vector<Hold> holds();
  /// A Change of alice's that waits for its approval, its quorum as given.
  Change proposed(std::function<void(Quorum&)> with = {});
  const test::PostedMessage& card(std::int64_t id = 1) const { return *slack.with_key(fmt::format("change:{}", id)).front(); }
  std::string last_ephemeral(const std::string& user) const;

  test::FakeForgeView link_forge{forge_state};
  std::vector<Identity> linked;
  std::map<std::string, registry::Registry*> registries;  ///< known from the next reopen() on
  std::unique_ptr<Home> home;
  std::unique_ptr<Conversation> conversation;
  Members* members = nullptr;  ///< known from the next reopen() on
  int said = 0;
};

}  // namespace driftwarden
