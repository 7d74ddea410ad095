#include "integrations/slack/envelope.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden::slack {
namespace {

using nlohmann::json;

Envelope read(const std::string& text) {
  auto message = parse_socket_message(text);
  EXPECT_TRUE(std::holds_alternative<Envelope>(message)) << text;
  return std::holds_alternative<Envelope>(message) ? std::get<Envelope>(message) : Envelope{};
}

TEST(SocketMessage, ReadsAnEvent) {
  const auto envelope = read(R"({"envelope_id":"e-1","type":"events_api","accepts_response_payload":false,"retry_attempt":2,"retry_reason":"timeout",)"
                             R"("payload":{"event_id":"Ev1","event":{"type":"app_mention"}}})");
  EXPECT_EQ(envelope.envelope_id, "e-1");
  EXPECT_EQ(envelope.type, "events_api");
  EXPECT_EQ(envelope.retry_attempt, 2);
  EXPECT_FALSE(envelope.accepts_response_payload);
  EXPECT_EQ((*envelope.payload)["event"]["type"], "app_mention");
}

TEST(SocketMessage, ReadsHelloAndDisconnect) {
  const auto hello = parse_socket_message(R"({"type":"hello","num_connections":1,"debug_info":{"host":"applink-1"}})");
  ASSERT_TRUE(std::holds_alternative<Hello>(hello));
  EXPECT_EQ(std::get<Hello>(hello).host, "applink-1");
  EXPECT_TRUE(std::holds_alternative<Hello>(parse_socket_message(R"({"type":"hello"})")));
  const auto disconnect = parse_socket_message(R"({"type":"disconnect","reason":"warning","debug_info":{"host":"x"}})");
  ASSERT_TRUE(std::holds_alternative<Disconnect>(disconnect));
  EXPECT_EQ(std::get<Disconnect>(disconnect).reason, "warning");
}

TEST(SocketMessage, IgnoresWhatItDoesNotKnow) {
  for (const auto* text : {"", "{", "null", "[1]", "\"hello\"", "{}", R"({"type":7})", R"({"type":"new_thing","envelope_id":"e","payload":{}})",
                           R"({"type":"events_api","payload":{}})", R"({"type":"events_api","envelope_id":"e"})",
                           R"({"type":"events_api","envelope_id":"e","payload":[1]})", R"({"type":"events_api","envelope_id":9,"payload":{}})", "\xff\xfe"}) {
    EXPECT_TRUE(std::holds_alternative<Ignored>(parse_socket_message(text))) << text;
  }
}

struct KeyRow {
  std::string name;
  std::string payload;
  std::string key;
  friend void PrintTo(const KeyRow& row, std::ostream* out) { *out << row.name; }
};
class DedupeKey : public testing::TestWithParam<KeyRow> {};

TEST_P(DedupeKey, NamesTheDelivery) {
  Envelope envelope;
  envelope.envelope_id = "env";
  if (!GetParam().payload.empty()) envelope.payload = std::make_shared<const json>(json::parse(GetParam().payload));
  EXPECT_EQ(dedupe_key(envelope), GetParam().key);
}

INSTANTIATE_TEST_SUITE_P(Table, DedupeKey,
                         testing::Values(KeyRow{"AnEventByItsId", R"({"event_id":"Ev1","trigger_id":"t"})", "event:Ev1"},
                                         KeyRow{"AnInteractionByItsTrigger", R"({"trigger_id":"1.2.3","user":{"id":"U1"}})", "trigger:1.2.3"},
                                         KeyRow{"AnActionWithoutTrigger", R"({"actions":[{"action_ts":"17.5"}],"user":{"id":"U1"}})", "action:17.5:U1"},
                                         KeyRow{"AShortcutWithoutTrigger", R"({"action_ts":"17.6","user":{"id":"U2"}})", "action:17.6:U2"},
                                         KeyRow{"NothingElse", R"({"type":"view_closed"})", "envelope:env"}, KeyRow{"NoPayload", "", "envelope:env"}),
                         [](const auto& row) { return row.param.name; });

TEST(Ack, CarriesAPayloadOnlyWhenThereIsOne) {
  EXPECT_EQ(json::parse(ack_text("e-1", nullptr)), json::parse(R"({"envelope_id":"e-1"})"));
  const auto errors = std::make_shared<const json>(json{{"response_action", "errors"}});
  EXPECT_EQ(json::parse(ack_text("e-1", errors)), json::parse(R"({"envelope_id":"e-1","payload":{"response_action":"errors"}})"));
}

}  // namespace
}  // namespace driftwarden::slack
