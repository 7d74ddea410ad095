#include "tests/support/fakes/talk.hpp"

namespace driftwarden {

Talk::Talk() {
  open();
  clock.advance(1s);
}

void Talk::open() {
  before_start = [this] {
    Services services{clock, config, async, *outbox, *fleet, *changes, *incidents, redactor, "warden"};
    services.api = &slack;
    services.hands = hands;
    services.members = members;
    services.assistant = assistant;
    services.random = random.get();
    services.forges["config"] = &link_forge;
    services.registries = registries;
    home = std::make_unique<Home>(io.get_executor(), clock, config, async, *fleet, slack);
    services.home = home.get();
    services.on_linked = [this](const Identity& identity) { linked.push_back(identity); };
    conversation = std::make_unique<Conversation>(io.get_executor(), services, *messenger, slack::Identity{"T1", "acme", "UBOT", "BBOT", ""});
  };
  start();
  conversation->start();
  home->start();
  clock.settle();
}

void Talk::close() {
  if (conversation) test::run(io, conversation->stop());
  conversation.reset();
  if (home) test::run(io, home->stop());
  home.reset();
  stop();
}

void Talk::reopen() {
  close();
  store.revive();
  open();
}

slack::Envelope Talk::mention(const std::string& user, const std::string& text, const std::string& thread) {
  const auto ts = fmt::format("1900000000.{:06}", ++said);
  nlohmann::json event{{"type", "app_mention"}, {"user", user}, {"text", "<@UBOT> " + text}, {"ts", ts}, {"channel", "Cshop-prod"}};
  if (!thread.empty()) event["thread_ts"] = thread;
  slack::Envelope envelope;
  envelope.envelope_id = "env" + ts;
  envelope.type = "events_api";
  envelope.payload = std::make_shared<const nlohmann::json>(nlohmann::json{{"type", "event_callback"}, {"team_id", "T1"}, {"event_id", "Ev" + ts}, {"event", event}});
  return envelope;
}

bool Talk::accept(slack::Envelope envelope) {
  return test::run(io, conversation->accept(std::move(envelope))).has_value();
}

nlohmann::json Talk::ack(const std::string& type, nlohmann::json payload) {
  slack::Envelope envelope;
  envelope.envelope_id = fmt::format("env-{}", ++said);
  envelope.type = type;
  envelope.payload = std::make_shared<const nlohmann::json>(std::move(payload));
  envelope.accepts_response_payload = true;
  auto told = test::run(io, conversation->accept(std::move(envelope)));
  EXPECT_TRUE(told);
  return told && *told ? **told : nlohmann::json();
}

std::vector<std::string> Talk::suggest(const std::string& user, const std::string& action_id, const std::string& typed, const std::string& team) {
  const auto told = ack("interactive", {{"type", "block_suggestion"}, {"team", {{"id", team}}}, {"user", {{"id", user}, {"team_id", team}}}, {"action_id", action_id}, {"block_id", "b"}, {"value", typed}});
  std::vector<std::string> values;
  for (const auto& option : told.at("options")) values.push_back(option.at("value"));
  return values;
}

void Talk::shortcut(const std::string& user, const std::string& callback_id, const test::PostedMessage* message) {
  nlohmann::json payload{{"type", message == nullptr ? "shortcut" : "message_action"}, {"callback_id", callback_id}, {"team", {{"id", "T1"}}}, {"user", {{"id", user}}},
                         {"trigger_id", fmt::format("tr{}", ++said)}, {"action_ts", "1.0"}};
  if (message != nullptr) {
    payload["channel"] = {{"id", message->at.channel}, {"name", "shop-prod"}};
    payload["message_ts"] = message->at.ts;
    payload["message"] = {{"ts", message->at.ts}, {"text", message->now().text}};
    if (!message->thread_ts.empty()) payload["message"]["thread_ts"] = message->thread_ts;
  }
  EXPECT_TRUE(ack("interactive", std::move(payload)).is_null());
  clock.advance(2s);
}

void Talk::open_home(const std::string& user) {
  nlohmann::json event{{"type", "app_home_opened"}, {"user", user}, {"channel", "D1"}, {"tab", "home"}, {"event_ts", "1.0"}};
  EXPECT_TRUE(ack("events_api", {{"type", "event_callback"}, {"team_id", "T1"}, {"event_id", fmt::format("EvHome{}", ++said)}, {"event", std::move(event)}}).is_null());
  clock.advance(1s);
}

void Talk::press_home(const std::string& user, const std::string& value) {
  EXPECT_TRUE(ack("interactive", {{"type", "block_actions"}, {"team", {{"id", "T1"}}}, {"user", {{"id", user}}}, {"trigger_id", fmt::format("tr{}", ++said)},
                                  {"container", {{"type", "view"}, {"view_id", "V1"}}}, {"view", {{"id", "V1"}, {"type", "home"}}},
                                  {"actions", {{{"action_id", "x"}, {"type", "button"}, {"value", value}}}}}).is_null());
  clock.advance(2s);
}

void Talk::say(const std::string& user, const std::string& text, const std::string& thread) {
  ASSERT_TRUE(accept(mention(user, text, thread)));
  clock.advance(2s);
}

void Talk::press(const std::string& user, const test::PostedMessage& message, const std::string& action_id) {
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

std::vector<std::string> Talk::answers() const {
  std::vector<std::string> texts;
  for (const auto* message : slack.with_key("reply:")) texts.push_back(message->now().text);
  return texts;
}

std::vector<AuditRow> Talk::refusals() {
  auto rows = look<std::vector<AuditRow>>([](storage::Transaction& tx) { return tx.audit({"", {}, 1000, false}); });
  std::erase_if(rows, [](const AuditRow& row) { return !row.entry.action.ends_with(".refused"); });
  return rows;
}

std::map<std::string, std::string> Talk::submit(const std::string& user, const std::map<std::string, std::string>& values, const std::string& team) {
  if (slack.views.empty()) {
    ADD_FAILURE() << "no dialog was opened";
    return {};
  }
  nlohmann::json state = nlohmann::json::object();
  for (const auto& [id, value] : values) state[id][id] = {{"type", "plain_text_input"}, {"value", value}};
  const auto& view = slack.views.back();
  const auto told = ack("interactive", {{"type", "view_submission"}, {"team", {{"id", team}}}, {"user", {{"id", user}}}, {"trigger_id", fmt::format("tr{}", ++said)},
                                        {"view", {{"id", "V1"}, {"type", "modal"}, {"private_metadata", view.at("private_metadata")}, {"blocks", view.at("blocks")}, {"state", {{"values", state}}}}}});
  clock.advance(2s);
  if (told.is_null()) return {};
  EXPECT_EQ(told.at("response_action"), "errors");
  return told.at("errors").get<std::map<std::string, std::string>>();
}

void Talk::slash(const std::string& user, const std::string& text) {
  slack::Envelope envelope;
  envelope.envelope_id = fmt::format("slash{}", ++said);
  envelope.type = "slash_commands";
  envelope.payload = std::make_shared<const nlohmann::json>(
      nlohmann::json{{"team_id", "T1"}, {"user_id", user}, {"channel_id", "Cshop-prod"}, {"command", "/warden"}, {"text", text}, {"trigger_id", fmt::format("tr{}", said)}});
  ASSERT_TRUE(accept(std::move(envelope)));
  clock.advance(2s);
}

std::vector<Change> Talk::all_changes() {
  return look<std::vector<Change>>([](storage::Transaction& tx) { return tx.changes({"", false, 100}); });
}

std::vector<Hold> Talk::holds() {
  return look<std::vector<Hold>>([](storage::Transaction& tx) { return tx.open_holds(); });
}

Change Talk::proposed(std::function<void(Quorum&)> with) {
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

std::string Talk::last_ephemeral(const std::string& user) const {
  std::string text;
  for (const auto& message : slack.messages) {
    if (message.user == user) text = message.now().text;
  }
  return text;
}

}  // namespace driftwarden
