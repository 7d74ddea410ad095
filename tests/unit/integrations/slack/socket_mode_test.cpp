#include "tests/unit/integrations/slack/fake_slack.hpp"

namespace driftwarden::slack {
namespace {

using namespace std::chrono_literals;
using test::event_text;
using test::json;
using test::run;
using Strings = std::vector<std::string>;

constexpr auto kHello = R"({"type":"hello","num_connections":1,"debug_info":{"host":"applink-1"}})";

std::string disconnect_text(const std::string& reason) { return json{{"type", "disconnect"}, {"reason", reason}}.dump(); }

class SocketModeTest : public test::SocketModeFixture {
 protected:
  void SetUp() override {
    net::ServerHandler handler = [this](net::ServerRequest request) { return answer(std::move(request)); };
    auto started = net::start_http_server(io.get_executor(), clock, {}, std::move(handler));
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    api.url = "ws://127.0.0.1:" + std::to_string(server->port()) + "/link/?ticket=";
  }
  void TearDown() override {
    SocketModeFixture::TearDown();
    run(io, server->stop());
  }

  asio::awaitable<net::ServerReply> answer(net::ServerRequest) {
    net::ServerReply reply;
    if (refuse_with != 0) {
      reply.status = std::exchange(refuse_with, 0U);
      co_return reply;
    }
    reply.websocket = [this](std::shared_ptr<net::WebSocket> socket) { return serve(std::move(socket)); };
    co_return reply;
  }
  asio::awaitable<void> serve(std::shared_ptr<net::WebSocket> socket) {
    const auto number = std::to_string(sockets.size() + 1);
    sockets.push_back(socket);
    open.push_back(true);
    const auto index = open.size() - 1;
    if (greets) {
      auto greeted = co_await socket->send_text(kHello);
      if (!greeted) co_return;
    }
    while (true) {
      auto message = co_await socket->read();
      if (!message || message->kind == net::WebSocketMessage::Kind::Close) break;
      if (message->kind != net::WebSocketMessage::Kind::Text) continue;
      const auto ack = json::parse(message->data);
      acks.push_back(number + ":" + ack["envelope_id"].get<std::string>());
      if (ack.contains("payload")) payloads.push_back(ack["payload"]);
    }
    open[index] = false;
  }

  void say(std::size_t socket, std::string text) { ASSERT_TRUE(run(io, sockets.at(socket - 1)->send_text(std::move(text)))); }
  bool until_acks(std::size_t count) {
    return until([&] { return acks.size() >= count; });
  }
  bool until_sockets(std::size_t count) {
    return until([&] { return sockets.size() >= count; });
  }

  std::unique_ptr<net::HttpServer> server;
  std::vector<std::shared_ptr<net::WebSocket>> sockets;
  std::vector<bool> open;
  Strings acks;
  std::vector<json> payloads;
  unsigned refuse_with = 0;
  bool greets = true;
};

SocketModeOptions quiet() {
  SocketModeOptions options;
  options.ping_every = Duration{std::chrono::hours{1}};
  return options;
}

TEST_F(SocketModeTest, ConnectsAndAcknowledges) {
  start();
  EXPECT_EQ(mode->state(), SocketState::Connecting);
  ASSERT_TRUE(until_state(SocketState::Connected));
  say(1, event_text("e1"));
  ASSERT_TRUE(until_acks(1));
  EXPECT_EQ(acks, Strings{"1:e1"});
  EXPECT_TRUE(payloads.empty());
  EXPECT_EQ(mode->last_frame(), clock.mono_now());
}

TEST_F(SocketModeTest, IsNotConnectedBeforeHelloAndGivesUpWithoutOne) {
  greets = false;
  start();
  ASSERT_TRUE(until_sockets(1));
  linger();
  EXPECT_EQ(mode->state(), SocketState::Connecting);
  greets = true;
  clock.advance(10s);
  EXPECT_TRUE(until_state_in_time(SocketState::Connected));
  EXPECT_EQ(sockets.size(), 2U);
}

TEST_F(SocketModeTest, AcknowledgesOnlyWhatIsStored) {
  refused = {"bad"};
  start();
  ASSERT_TRUE(until_state(SocketState::Connected));
  say(1, event_text("bad"));
  say(1, event_text("good"));
  ASSERT_TRUE(until_acks(1));
  linger();
  EXPECT_EQ(acks, Strings{"1:good"});
  EXPECT_EQ(taken, (Strings{"bad", "good"}));
}

TEST_F(SocketModeTest, ASlowSinkHoldsUpNobody) {
  held = {"slow"};
  start();
  ASSERT_TRUE(until_state(SocketState::Connected));
  say(1, event_text("slow"));
  say(1, event_text("quick"));
  ASSERT_TRUE(until_acks(1));
  EXPECT_EQ(acks, Strings{"1:quick"});
  held.clear();
  clock.advance(1s);
  ASSERT_TRUE(until_acks(2));
  EXPECT_EQ(acks.back(), "1:slow");
}

TEST_F(SocketModeTest, TheAnswerToAModalGoesWithTheAckWhereItIsRead) {
  answers["m"] = std::make_shared<const json>(json{{"response_action", "errors"}});
  answers["e"] = answers["m"];
  start();
  ASSERT_TRUE(until_state(SocketState::Connected));
  say(1, R"({"type":"interactive","envelope_id":"m","accepts_response_payload":true,"payload":{"type":"view_submission"}})");
  say(1, event_text("e"));
  ASSERT_TRUE(until_acks(2));
  ASSERT_EQ(payloads.size(), 1U);
  EXPECT_EQ(payloads[0]["response_action"], "errors");
}

TEST_F(SocketModeTest, JunkIsIgnored) {
  start();
  ASSERT_TRUE(until_state(SocketState::Connected));
  for (const auto* junk : {"{", "[]", "null", "", R"({"type":"surprise","envelope_id":"x","payload":{}})", R"({"type":"events_api"})"}) say(1, junk);
  say(1, event_text("e1"));
  ASSERT_TRUE(until_acks(1));
  EXPECT_EQ(acks, Strings{"1:e1"});
  EXPECT_EQ(sockets.size(), 1U);
}

TEST_F(SocketModeTest, LargeMessagesArrive) {
  start();
  ASSERT_TRUE(until_state(SocketState::Connected));
  say(1, event_text("kb70", std::string(70'000, 'x')));
  say(1, event_text("mb3", std::string(3'000'000, 'x')));
  ASSERT_TRUE(until_acks(2));
  EXPECT_EQ(sockets.size(), 1U);
}

TEST_F(SocketModeTest, AWarningLosesNothing) {
  held = {"old2"};
  start(quiet());
  ASSERT_TRUE(until_state(SocketState::Connected));
  clock.advance(20s);
  say(1, event_text("old1"));
  say(1, event_text("old2"));
  greets = false;
  say(1, disconnect_text("warning"));
  ASSERT_TRUE(until_sockets(2));
  EXPECT_EQ(mode->state(), SocketState::Connected);
  say(1, event_text("old3"));  // the successor hasn't said hello: the old socket serves on
  ASSERT_TRUE(until_acks(2));
  say(2, kHello);
  linger();
  EXPECT_TRUE(open[0]) << "drained, not cut";
  say(1, event_text("old4"));
  say(2, event_text("new1"));
  ASSERT_TRUE(until_acks(4));
  EXPECT_EQ(std::set<std::string>(acks.begin(), acks.end()), (std::set<std::string>{"1:old1", "1:old3", "1:old4", "2:new1"}));
  run(io, sockets[0]->close(1000));
  ASSERT_TRUE(until([&] { return !open[0]; }));
  linger();
  held.clear();
  clock.advance(1s);
  ASSERT_TRUE(until_acks(5));
  EXPECT_EQ(acks.back(), "2:old2") << "acknowledged on the newer socket";
  EXPECT_EQ(api.asked, 2);
}

TEST_F(SocketModeTest, TheOldSocketIsClosedWhenSlackLeavesItOpen) {
  start(quiet());
  ASSERT_TRUE(until_state(SocketState::Connected));
  clock.advance(20s);
  say(1, disconnect_text("refresh_requested"));
  ASSERT_TRUE(until_sockets(2));
  linger();
  clock.advance(14s);
  linger();
  EXPECT_TRUE(open[0]);
  clock.advance(1s);
  EXPECT_TRUE(until([&] { return !open[0]; }));
  EXPECT_TRUE(open[1]);
  EXPECT_EQ(mode->state(), SocketState::Connected);
}

TEST_F(SocketModeTest, SocketModeSwitchedOffEndsIt) {
  start();
  ASSERT_TRUE(until_state(SocketState::Connected));
  say(1, disconnect_text("link_disabled"));
  ASSERT_TRUE(until([&] { return result.has_value(); }));
  EXPECT_EQ(result->error().kind, ErrorKind::Denied);
  EXPECT_EQ(mode->state(), SocketState::Disabled);
}

TEST_F(SocketModeTest, ARefusedTokenEndsItAtOnce) {
  api.failures.push_back(Error{ErrorKind::Denied, "Slack's apps.connections.open: invalid_auth: check the token"});
  start();
  ASSERT_TRUE(until([&] { return result.has_value(); }));
  EXPECT_EQ(result->error().kind, ErrorKind::Denied);
  EXPECT_NE(result->error().message.find("invalid_auth"), std::string::npos);
  EXPECT_EQ(mode->state(), SocketState::Stopped);
  EXPECT_EQ(api.asked, 1);
}

TEST_F(SocketModeTest, OtherFailuresAreTriedAgain) {
  api.failures.push_back(Error{ErrorKind::Unavailable, "internal_error"});
  api.failures.push_back(Error{ErrorKind::RateLimited, "ratelimited"});
  refuse_with = 409;
  start();
  EXPECT_TRUE(until_state_in_time(SocketState::Connected));
  EXPECT_EQ(api.asked, 4) << "one chain of tries, and a fresh address for each";
}

TEST_F(SocketModeTest, ReconnectsAfterACloseFrameALossAndSilence) {
  start(quiet());
  ASSERT_TRUE(until_state(SocketState::Connected));
  run(io, sockets[0]->close(1001));
  ASSERT_TRUE(until_state(SocketState::Connecting));
  ASSERT_TRUE(until_state_in_time(SocketState::Connected));
  sockets[1]->abort();
  ASSERT_TRUE(until_state(SocketState::Connecting));
  ASSERT_TRUE(until_state_in_time(SocketState::Connected));
  clock.advance(28s);
  EXPECT_EQ(mode->state(), SocketState::Connected);
  EXPECT_EQ(sockets.size(), 3U);
  clock.advance(4s);
  EXPECT_TRUE(until_sockets(4));
  EXPECT_TRUE(until_state_in_time(SocketState::Connected));
}

TEST_F(SocketModeTest, PongsAreASignOfLife) {
  SocketModeOptions options;
  options.ping_every = 10s;
  start(options);
  ASSERT_TRUE(until_state(SocketState::Connected));
  for (int i = 0; i < 8; ++i) {
    clock.advance(10s);
    const auto before = clock.mono_now();
    ASSERT_TRUE(until([&] { return mode->last_frame() == before; })) << "no pong to ping " << i;
  }
  EXPECT_EQ(sockets.size(), 1U);
}

TEST_F(SocketModeTest, TooManySocketsClosesFirst) {
  start(quiet());
  ASSERT_TRUE(until_state(SocketState::Connected));
  clock.advance(20s);
  say(1, disconnect_text("too_many_websockets"));
  ASSERT_TRUE(until([&] { return !open[0]; }));
  EXPECT_EQ(api.asked, 1);
  EXPECT_TRUE(until_state_in_time(SocketState::Connected));
}

TEST_F(SocketModeTest, AnEventThatOutlivesItsSocketIsAcknowledgedOnTheNext) {
  held = {"e1"};
  start(quiet());
  ASSERT_TRUE(until_state(SocketState::Connected));
  say(1, event_text("e1"));
  ASSERT_TRUE(until([&] { return taken.size() == 1; }));
  sockets[0]->abort();
  ASSERT_TRUE(until_state(SocketState::Connecting));
  held.clear();
  clock.advance(1s);
  ASSERT_TRUE(until_acks(1));
  EXPECT_EQ(acks, Strings{"2:e1"});
}

TEST_F(SocketModeTest, AnUnencryptedStrangerIsNotSpokenTo) {
  api.url = "ws://slack.example.com/link/?ticket=";
  start();
  linger();
  EXPECT_EQ(mode->state(), SocketState::Connecting);
  EXPECT_FALSE(result);
}

}  // namespace
}  // namespace driftwarden::slack
