#include "tests/unit/integrations/sandbox/workspace_support.hpp"

#include <gtest/gtest.h>

namespace driftwarden::sandbox::test {
namespace {

using namespace std::chrono_literals;

class Socket : public testing::Test {
 protected:
  void mention(const std::string& text = "@warden status") {
    world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", text}});
    world.clock.settle();
  }
  WorkspaceWorld world;
};

TEST_F(Socket, SaysHelloAndPings) {
  const auto bot = world.connect();
  ASSERT_EQ(bot->received.size(), 1U);
  EXPECT_EQ(bot->received[0]["type"], "hello");
  EXPECT_EQ(bot->received[0]["connection_info"]["app_id"], "A0SANDBOX");
  EXPECT_EQ(bot->received[0]["debug_info"]["approximate_connection_time"], 18060);
  world.clock.advance(3s);
  EXPECT_EQ(bot->pings, 1U);
  world.clock.advance(10s);
  EXPECT_EQ(bot->pings, 2U);
}

TEST_F(Socket, ATicketIsGoodOnce) {
  const auto url = world.call("apps.connections.open", Json::object(), kAppToken)["url"].get<std::string>();
  EXPECT_EQ(url.rfind("ws://127.0.0.1:7070/link/?ticket=", 0), 0U);
  const auto target = url.substr(url.find("/link"));
  EXPECT_TRUE(world.send(request_to("GET", target)).websocket);
  EXPECT_EQ(world.send(request_to("GET", target)).status, 401U);
}

TEST_F(Socket, AMentionArrivesInSlacksShape) {
  const auto bot = world.connect();
  mention();
  ASSERT_EQ(bot->envelopes().size(), 1U);
  const auto envelope = bot->envelopes()[0];
  EXPECT_EQ(envelope["type"], "events_api");
  EXPECT_EQ(envelope["accepts_response_payload"], false);
  EXPECT_EQ(envelope["retry_attempt"], 0);
  EXPECT_EQ(envelope["retry_reason"], "");
  const auto& payload = envelope["payload"];
  EXPECT_EQ(payload["type"], "event_callback");
  EXPECT_EQ(payload["team_id"], "T0SANDBOX");
  EXPECT_EQ(payload["authorizations"][0]["user_id"], "U0WARDEN");
  EXPECT_EQ(payload["event_time"], 1795251600);
  const auto& event = payload["event"];
  EXPECT_EQ(event["type"], "app_mention");
  EXPECT_EQ(event["user"], "U0ALICE");
  EXPECT_EQ(event["text"], "<@U0WARDEN> status");
  EXPECT_EQ(event["channel"], "C0GITOPS");
  EXPECT_EQ(event["event_ts"], event["ts"]);
  EXPECT_FALSE(event.contains("channel_type"));
  EXPECT_EQ(event["blocks"][0]["elements"][0]["elements"][0]["type"], "user");
}

TEST_F(Socket, ADirectMessageNeedsNoMention) {
  const auto bot = world.connect();
  world.post("say", {{"user", "alice"}, {"channel", "D0ALICE"}, {"text", "help"}});
  world.clock.settle();
  ASSERT_EQ(bot->envelopes().size(), 1U);
  EXPECT_EQ(bot->envelopes()[0]["payload"]["event"]["type"], "message");
  EXPECT_EQ(bot->envelopes()[0]["payload"]["event"]["channel_type"], "im");
}

TEST_F(Socket, WhatIsNotSubscribedToStaysAway) {
  const auto bot = world.connect();
  mention("no mention here");
  world.post("say", {{"user", "alice"}, {"channel", "C0RANDOM"}, {"text", "@warden are you there"}});
  world.clock.settle();
  EXPECT_EQ(bot->envelopes().size(), 0U);
}

TEST(SocketSubscribed, ToChannelsGetsMessageAndMentionWithOneTs) {
  auto options = small_workspace();
  options.bot_events.emplace_back("message.channels");
  WorkspaceWorld world{options};
  const auto bot = world.connect();
  world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "@warden hi"}});
  world.clock.settle();
  ASSERT_EQ(bot->envelopes().size(), 2U);
  const auto a = bot->envelopes()[0]["payload"];
  const auto b = bot->envelopes()[1]["payload"];
  EXPECT_NE(a["event_id"], b["event_id"]);
  EXPECT_EQ(a["event"]["ts"], b["event"]["ts"]);
}

TEST_F(Socket, AWorkspaceThatStartsAnewRepeatsNoEventsId) {
  const auto before = world.connect();
  mention();
  WorkspaceWorld later{small_workspace()};
  later.clock.advance(5s);
  const auto after = later.connect();
  later.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "@warden status"}});
  later.clock.settle();
  ASSERT_EQ(before->envelopes().size(), 1U);
  ASSERT_EQ(after->envelopes().size(), 1U);
  EXPECT_NE(after->envelopes()[0]["payload"]["event_id"], before->envelopes()[0]["payload"]["event_id"]);
}

TEST_F(Socket, AnUnackedEventComesAgainAtOnceAfterAMinuteAfterFive) {
  const auto bot = world.connect();
  mention();
  const auto count = [&] { return bot->envelopes().size(); };
  EXPECT_EQ(count(), 1U);
  world.clock.advance(2999ms);
  EXPECT_EQ(count(), 1U);
  world.clock.advance(1ms);
  EXPECT_EQ(count(), 2U);
  const auto live = [&](Duration time) {  // with pongs, so that the socket stays
    for (; time > 0s; time -= 1s) {
      bot->say("{}");
      world.clock.advance(1s);
    }
  };
  live(3s + 59s);
  EXPECT_EQ(count(), 2U);
  live(1s);
  EXPECT_EQ(count(), 3U);
  live(3s + 299s);
  EXPECT_EQ(count(), 3U);
  live(1s);
  EXPECT_EQ(count(), 4U);
  live(600s);
  ASSERT_EQ(count(), 4U);
  const auto all = bot->envelopes();
  EXPECT_EQ(all[3]["retry_attempt"], 3);
  EXPECT_EQ(all[3]["retry_reason"], "timeout");
  EXPECT_EQ(all[3]["payload"]["event_id"], all[0]["payload"]["event_id"]);
  EXPECT_NE(all[3]["envelope_id"], all[0]["envelope_id"]);
}

TEST_F(Socket, AnAckCountsOnWhicheverSocketItComes) {
  const auto one = world.connect();
  const auto two = world.connect();
  mention();
  const auto& holder = one->envelopes().empty() ? two : one;
  const auto& other = one->envelopes().empty() ? one : two;
  other->ack(holder->envelopes()[0]);
  world.clock.advance(30s);
  EXPECT_EQ(one->envelopes().size() + two->envelopes().size(), 1U);
}

TEST_F(Socket, RubbishFromTheClientIsIgnored) {
  const auto bot = world.connect();
  bot->say("");
  bot->say("{nonsense");
  bot->say("[1]");
  bot->say(R"({"envelope_id":7})");
  world.clock.settle();
  mention();
  EXPECT_EQ(bot->envelopes().size(), 1U);
}

TEST_F(Socket, WhatHappenedWhileNobodyWasThereIsDeliveredOnConnect) {
  mention();
  world.clock.advance(20s);
  const auto bot = world.connect();
  world.clock.settle();
  ASSERT_EQ(bot->envelopes().size(), 1U);
  EXPECT_EQ(bot->envelopes()[0]["payload"]["event"]["text"], "<@U0WARDEN> status");
}

TEST_F(Socket, DuplicatesAndLossOnDemand) {
  const auto bot = world.connect();
  WorkspaceFaults faults;
  faults.duplicate_next_events = 1;
  world.workspace->set_faults(faults);
  mention();
  EXPECT_EQ(bot->envelopes().size(), 2U);
  bot->ack(bot->envelopes()[0]);
  faults.duplicate_next_events = 0;
  faults.drop_next_envelopes = 1;
  world.workspace->set_faults(faults);
  mention("@warden lost");
  EXPECT_EQ(bot->envelopes().size(), 2U);
  world.clock.advance(3s);
  EXPECT_EQ(bot->envelopes().size(), 3U);
}

TEST_F(Socket, ALateEnvelopeComesAfterItsRepetition) {
  const auto bot = world.connect();
  EXPECT_EQ(world.post("faults", {{"delay_next_envelopes", 1}, {"envelope_delay_ms", 5000}})["delay_next_envelopes"], 1);
  mention();
  EXPECT_EQ(bot->envelopes().size(), 0U);
  world.clock.advance(3s);
  ASSERT_EQ(bot->envelopes().size(), 1U);
  EXPECT_EQ(bot->envelopes()[0]["retry_attempt"], 1);
  bot->ack(bot->envelopes()[0]);
  world.clock.advance(2s);
  ASSERT_EQ(bot->envelopes().size(), 2U);
  EXPECT_EQ(bot->envelopes()[1]["retry_attempt"], 0);
  EXPECT_EQ(bot->envelopes()[1]["payload"]["event_id"], bot->envelopes()[0]["payload"]["event_id"]);
  world.clock.advance(600s);
  EXPECT_EQ(bot->envelopes().size(), 2U) << "one ack is enough";
}

TEST_F(Socket, EventsOutOfOrder) {
  const auto bot = world.connect();
  world.post("faults", {{"reorder_next_events", 3}});
  for (const auto* text : {"@warden one", "@warden two", "@warden three", "@warden four"}) mention(text);
  world.clock.advance(1s);
  std::vector<std::string> texts;
  for (const auto& envelope : bot->envelopes()) texts.push_back(envelope["payload"]["event"]["text"]);
  EXPECT_EQ(texts, (std::vector<std::string>{"<@U0WARDEN> four", "<@U0WARDEN> three", "<@U0WARDEN> two", "<@U0WARDEN> one"}));
}

TEST_F(Socket, AHalfOpenSocketNeitherHearsNorSpeaksAndIsCutInTheEnd) {
  const auto bot = world.connect();
  world.clock.advance(3s);
  const auto pings = bot->pings;
  EXPECT_EQ(world.post("disconnect", {{"reason", "half_open"}})["connections"], 1);
  mention();
  bot->say("{}");
  world.clock.advance(30s);
  EXPECT_EQ(bot->envelopes().size(), 0U);
  EXPECT_EQ(bot->pings, pings);
  EXPECT_FALSE(bot->closed);
  const auto fresh = world.connect();
  world.clock.advance(50s);
  EXPECT_TRUE(bot->closed);
  EXPECT_EQ(bot->envelopes().size(), 0U);
}

TEST_F(Socket, DeliveriesAreCountedAndAcksTimed) {
  const auto bot = world.connect();
  world.post("faults", {{"duplicate_next_events", 1}});
  mention();
  world.clock.advance(200ms);
  bot->ack(bot->envelopes()[0]);
  bot->ack(bot->envelopes()[0]);
  world.clock.settle();
  const auto done = world.get("deliveries");
  EXPECT_EQ(done["events"], 1);
  EXPECT_EQ(done["envelopes"], 1);
  EXPECT_EQ(done["acknowledged"], 1);
  EXPECT_EQ(done["duplicated"], 1);
  EXPECT_EQ(done["ack_us"], (Json{{"p50", 200'000}, {"p99", 200'000}, {"max", 200'000}}));
  EXPECT_EQ(done["connected_now"], 1);
}

TEST(SocketTimes, CanBeShortened) {
  auto options = small_workspace();
  options.times.ack_within = 100ms;
  options.times.retries = {0ms};
  WorkspaceWorld world{options};
  const auto bot = world.connect();
  world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "@warden hi"}});
  world.clock.advance(1s);
  EXPECT_EQ(bot->envelopes().size(), 2U);
  EXPECT_EQ(world.get("deliveries")["given_up"], 1);
}

TEST_F(Socket, AWarningComesTenSecondsBeforeTheEndAndNewEventsGoElsewhere) {
  const auto old_socket = world.connect();
  world.workspace->disconnect_sockets("warning");
  world.clock.settle();
  EXPECT_EQ(old_socket->received.back()["type"], "disconnect");
  EXPECT_EQ(old_socket->received.back()["reason"], "warning");
  const auto fresh = world.connect();
  mention();
  EXPECT_EQ(old_socket->envelopes().size(), 0U);
  EXPECT_EQ(fresh->envelopes().size(), 1U);
  EXPECT_FALSE(old_socket->closed);
  world.clock.advance(10s);
  EXPECT_TRUE(old_socket->closed);
}

TEST_F(Socket, TheEleventhSocketIsSentAway) {
  std::vector<std::shared_ptr<BotSocket>> all;
  for (int i = 0; i < 11; ++i) all.push_back(world.connect());
  EXPECT_EQ(all[9]->received[0]["num_connections"], 10);
  EXPECT_EQ(all[10]->received[0]["reason"], "too_many_websockets");
  EXPECT_TRUE(all[10]->closed);
}

TEST_F(Socket, ASilentSocketIsCut) {
  const auto bot = world.connect();
  world.clock.advance(64s);
  EXPECT_TRUE(bot->closed);
}

TEST_F(Socket, OwnMessagesInADirectMessageCarryTheBotsId) {
  const auto bot = world.connect();
  world.call("chat.postMessage", {{"channel", "D0ALICE"}, {"text", "hello"}});
  world.clock.settle();
  ASSERT_EQ(bot->envelopes().size(), 1U);
  const auto event = bot->envelopes()[0]["payload"]["event"];
  EXPECT_EQ(event["bot_id"], "B0WARDEN");
  EXPECT_EQ(event["user"], "U0WARDEN");
  EXPECT_EQ(event["bot_profile"]["app_id"], "A0SANDBOX");
  EXPECT_FALSE(event.contains("subtype"));
}

TEST_F(Socket, ReactionsAreTold) {
  const auto ts = world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "x"}})["ts"];
  const auto bot = world.connect();
  EXPECT_TRUE(world.post("react", {{"user", "bob"}, {"channel", "C0GITOPS"}, {"timestamp", ts}, {"name", "eyes"}})["ok"]);
  world.clock.settle();
  ASSERT_EQ(bot->envelopes().size(), 1U);
  const auto event = bot->envelopes()[0]["payload"]["event"];
  EXPECT_EQ(event["type"], "reaction_added");
  EXPECT_EQ(event["item"], (Json{{"type", "message"}, {"channel", "C0GITOPS"}, {"ts", ts}}));
  EXPECT_EQ(event["item_user"], "U0WARDEN");
}

}  // namespace
}  // namespace driftwarden::sandbox::test
