#pragma once
// Somebody talks to the whole bot: everything real but Slack, forge and cluster.
#include "bot/conversation/conversation.hpp"
#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace driftwarden {

using namespace std::chrono_literals;

struct Talk : test::World {
  Talk() {
    open();
    clock.advance(1s);
  }
  ~Talk() { close(); }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  void open() {
    before_start = [this] {
      Services services{clock, config, async, *outbox, *fleet, *changes, *incidents, redactor, "warden"};
      services.api = &slack;
      services.random = random.get();
      services.forges["config"] = &link_forge;
      services.on_linked = [this](const Identity& identity) { linked.push_back(identity); };
      conversation = std::make_unique<Conversation>(io.get_executor(), services, *messenger, slack::Identity{"T1", "acme", "UBOT", "BBOT", ""});
    };
    start();
    conversation->start();
    clock.settle();
  }
  void close() {
    if (conversation) test::run(io, conversation->stop());
    conversation.reset();
    stop();
  }
  void reopen() {
    close();
    store.revive();
    open();
  }

  slack::Envelope mention(const std::string& user, const std::string& text, const std::string& thread = "") {
    const auto ts = fmt::format("1900000000.{:06}", ++said);
    nlohmann::json event{{"type", "app_mention"}, {"user", user}, {"text", "<@UBOT> " + text}, {"ts", ts}, {"channel", "Cshop-prod"}};
    if (!thread.empty()) event["thread_ts"] = thread;
    slack::Envelope envelope;
    envelope.envelope_id = "env" + ts;
    envelope.type = "events_api";
    envelope.payload = std::make_shared<const nlohmann::json>(nlohmann::json{{"type", "event_callback"}, {"team_id", "T1"}, {"event_id", "Ev" + ts}, {"event", event}});
    return envelope;
  }
  bool accept(slack::Envelope envelope) {
    return test::run(io, conversation->accept(std::move(envelope))).has_value();
  }
  void say(const std::string& user, const std::string& text, const std::string& thread = "") {
    ASSERT_TRUE(accept(mention(user, text, thread)));
    clock.advance(2s);
  }
  /// Somebody presses the button of `message` with this action.
  void press(const std::string& user, const test::PostedMessage& message, const std::string& action_id) {
    std::string value;
    for (const auto& block : *message.now().blocks) {
      if (block.at("type") != "actions") continue;
      for (const auto& element : block.at("elements")) {
        if (element.at("action_id") == action_id) value = element.at("value");
      }
    }
    ASSERT_NE(value, "") << "no such button";
    nlohmann::json payload{{"type", "block_actions"}, {"team", {{"id", "T1"}}}, {"user", {{"id", user}}}, {"trigger_id", fmt::format("tr{}", ++said)},
                           {"container", {{"channel_id", message.at.channel}, {"message_ts", message.at.ts}}}, {"message", {{"thread_ts", message.thread_ts}}},
                           {"actions", {{{"action_id", action_id}, {"value", value}}}}};
    slack::Envelope envelope;
    envelope.envelope_id = fmt::format("env-press-{}", said);
    envelope.type = "interactive";
    envelope.payload = std::make_shared<const nlohmann::json>(std::move(payload));
    ASSERT_TRUE(accept(std::move(envelope)));
    clock.advance(2s);
  }
  std::vector<std::string> answers() const {
    std::vector<std::string> texts;
    for (const auto* message : slack.with_key("reply:")) texts.push_back(message->now().text);
    return texts;
  }
  std::vector<AuditRow> refusals() {
    auto rows = look<std::vector<AuditRow>>([](storage::Transaction& tx) { return tx.audit({"", {}, 1000, false}); });
    std::erase_if(rows, [](const AuditRow& row) { return row.entry.action != "command.refused"; });
    return rows;
  }

  /// The command that the last dialog stands for, submitted with these values.
  void submit(const std::string& user, const std::map<std::string, std::string>& values, const std::string& team = "T1") {
    ASSERT_FALSE(slack.views.empty()) << "no dialog was opened";
    nlohmann::json state = nlohmann::json::object();
    for (const auto& [id, value] : values) state[id][id] = {{"type", "plain_text_input"}, {"value", value}};
    nlohmann::json payload{{"type", "view_submission"}, {"team", {{"id", team}}}, {"user", {{"id", user}}}, {"trigger_id", fmt::format("tr{}", ++said)},
                           {"view", {{"private_metadata", slack.views.back().at("private_metadata")}, {"state", {{"values", state}}}}}};
    slack::Envelope envelope;
    envelope.envelope_id = fmt::format("env-submit-{}", said);
    envelope.type = "interactive";
    envelope.payload = std::make_shared<const nlohmann::json>(std::move(payload));
    ASSERT_TRUE(accept(std::move(envelope)));
    clock.advance(2s);
  }
  void slash(const std::string& user, const std::string& text) {
    slack::Envelope envelope;
    envelope.envelope_id = fmt::format("slash{}", ++said);
    envelope.type = "slash_commands";
    envelope.payload = std::make_shared<const nlohmann::json>(
        nlohmann::json{{"team_id", "T1"}, {"user_id", user}, {"channel_id", "Cshop-prod"}, {"command", "/warden"}, {"text", text}, {"trigger_id", fmt::format("tr{}", said)}});
    ASSERT_TRUE(accept(std::move(envelope)));
    clock.advance(2s);
  }
  std::vector<Change> all_changes() {
    return look<std::vector<Change>>([](storage::Transaction& tx) { return tx.changes({"", false, 100}); });
  }
  std::vector<Hold> holds() {
    return look<std::vector<Hold>>([](storage::Transaction& tx) { return tx.open_holds(); });
  }
  /// A Change of alice's that waits for its approval, its quorum as given.
  Change proposed(std::function<void(Quorum&)> with = {}) {
    scale_by_hand(5);
    clock.advance(2s);
    say("U0alice", "sync checkout");
    clock.advance(5s);
    if (with) {
      auto change = this->change();
      with(change.quorum);
      EXPECT_TRUE(transact([&](storage::Transaction& tx) { return tx.save_change(change); }));
    }
    return change();
  }
  const test::PostedMessage& card(std::int64_t id = 1) const { return *slack.with_key(fmt::format("change:{}", id)).front(); }
  std::string last_ephemeral(const std::string& user) const {
    std::string text;
    for (const auto& message : slack.messages) {
      if (message.user == user) text = message.now().text;
    }
    return text;
  }

  test::FakeForgeView link_forge{forge_state};
  std::vector<Identity> linked;
  std::unique_ptr<Conversation> conversation;
  int said = 0;
};

}  // namespace driftwarden
