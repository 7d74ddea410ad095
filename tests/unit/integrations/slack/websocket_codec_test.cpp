#include "integrations/slack/websocket_codec.hpp"

#include "tests/unit/integrations/slack/server_frames.hpp"

#include <gtest/gtest.h>

namespace driftwarden::slack {
namespace {

using Kind = WebsocketEvent::Kind;
using test::Opcode;

constexpr std::size_t kLimit = 4U << 20U;
constexpr auto kUrl = "wss://wss.example.com/link/?ticket=t-1&app_id=A1";

std::string names(const std::vector<WebsocketEvent>& events) {
  std::string out;
  for (const auto& event : events) {
    if (!out.empty()) out += ' ';
    switch (event.kind) {
      case Kind::Opened: out += "opened"; break;
      case Kind::Text: out += "text:" + event.data; break;
      case Kind::Binary: out += "binary:" + event.data; break;
      case Kind::Ping: out += "ping:" + event.data; break;
      case Kind::Pong: out += "pong:" + event.data; break;
      case Kind::Closed: out += "closed:" + std::to_string(event.close_code) + ":" + event.data; break;
      case Kind::Failed: out += "failed"; break;
    }
  }
  return out;
}

class Codec : public testing::Test {
 protected:
  void open() {
    ASSERT_EQ(names(codec->receive(test::accept_handshake(codec->take_output()))), "opened");
    EXPECT_EQ(codec->take_output(), "");
  }
  std::unique_ptr<WebsocketCodec> codec = WebsocketCodec::create_client(kUrl, kLimit);
};

TEST_F(Codec, AsksForTheUpgrade) {
  const auto request = codec->take_output();
  EXPECT_EQ(request.substr(0, request.find("\r\n")), "GET /link/?ticket=t-1&app_id=A1 HTTP/1.1");
  EXPECT_EQ(test::header_of(request, "Host"), "wss.example.com");
  EXPECT_EQ(test::header_of(request, "Upgrade"), "websocket");
  EXPECT_EQ(test::header_of(request, "Sec-WebSocket-Version"), "13");
  EXPECT_EQ(test::header_of(request, "Sec-WebSocket-Key").size(), 24U);
  EXPECT_EQ(test::header_of(request, "Sec-WebSocket-Extensions"), "");
}

TEST_F(Codec, NamesThePortInHostWhenItIsNotTheUsualOne) {
  codec = WebsocketCodec::create_client("ws://127.0.0.1:8443/link", kLimit);
  EXPECT_EQ(test::header_of(codec->take_output(), "Host"), "127.0.0.1:8443");
}

TEST_F(Codec, ReadsThreeFramesThatCameWithTheHandshake) {
  const auto handshake = test::accept_handshake(codec->take_output());
  const auto bytes = handshake + test::frame(Opcode::Text, "a") + test::frame(Opcode::Ping, "p") + test::frame(Opcode::Text, "b");
  EXPECT_EQ(names(codec->receive(bytes)), "opened text:a ping:p text:b");
}

TEST_F(Codec, ReadsOneByteAtATime) {
  const auto big = std::string(70'000, 'x');
  const auto bytes = test::accept_handshake(codec->take_output()) + test::frame(Opcode::Text, "hello") + test::frame(Opcode::Text, big);
  std::vector<WebsocketEvent> events;
  for (const char byte : bytes) {
    for (auto& event : codec->receive(std::string_view(&byte, 1))) events.push_back(std::move(event));
  }
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[1].data, "hello");
  EXPECT_EQ(events[2].data, big);
}

TEST_F(Codec, JoinsAFragmentedMessageAroundAPing) {
  open();
  const auto bytes = test::frame(Opcode::Text, "one ", false) + test::frame(Opcode::Ping, "p") + test::frame(Opcode::Continuation, "two");
  EXPECT_EQ(names(codec->receive(bytes)), "ping:p text:one two");
}

TEST_F(Codec, AnswersAPingWithItsPayload) {
  open();
  EXPECT_EQ(names(codec->receive(test::frame(Opcode::Ping, "Ping from applink-1"))), "ping:Ping from applink-1");
  auto output = codec->take_output();
  const auto pong = test::take_client_frame(output);
  EXPECT_EQ(pong.opcode, static_cast<unsigned>(Opcode::Pong));
  EXPECT_TRUE(pong.masked);
  EXPECT_EQ(pong.payload, "Ping from applink-1");
  EXPECT_EQ(output, "");
}

TEST_F(Codec, SendsMaskedTextAndPings) {
  open();
  codec->send_text(R"({"envelope_id":"e"})");
  codec->send_ping("driftwarden 1");
  auto output = codec->take_output();
  const auto text = test::take_client_frame(output);
  EXPECT_EQ(text.opcode, static_cast<unsigned>(Opcode::Text));
  EXPECT_TRUE(text.masked);
  EXPECT_EQ(text.payload, R"({"envelope_id":"e"})");
  EXPECT_EQ(test::take_client_frame(output).payload, "driftwarden 1");
  EXPECT_EQ(names(codec->receive(test::frame(Opcode::Pong, "driftwarden 1"))), "pong:driftwarden 1");
}

TEST_F(Codec, TakesMessagesUpToTheLimitAndNoLonger) {
  open();
  const auto events = codec->receive(test::frame(Opcode::Text, std::string(kLimit, 'x')));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].data.size(), kLimit);
  EXPECT_EQ(names(codec->receive(test::frame(Opcode::Text, std::string(kLimit + 1, 'x')))), "failed");
}

TEST_F(Codec, AnswersACloseFrameAndSaysItsReason) {
  open();
  EXPECT_EQ(names(codec->receive(test::frame(Opcode::Text, "last") + test::frame(Opcode::Close, test::close_payload(1001, "going away")))),
            "text:last closed:1001:going away");
  auto output = codec->take_output();
  EXPECT_EQ(test::take_client_frame(output).opcode, static_cast<unsigned>(Opcode::Close));
  EXPECT_EQ(names(codec->receive(test::frame(Opcode::Text, "after"))), "");
}

TEST_F(Codec, ReadsACloseFrameWithoutPayload) {
  open();
  EXPECT_EQ(names(codec->receive(test::frame(Opcode::Close, ""))), "closed:1005:");
}

TEST_F(Codec, OurOwnCloseEndsWithTheAnswer) {
  open();
  codec->send_close(1000, "");
  auto output = codec->take_output();
  EXPECT_EQ(test::take_client_frame(output).opcode, static_cast<unsigned>(Opcode::Close));
  EXPECT_EQ(names(codec->receive(test::frame(Opcode::Ping, "x"))), "");
  EXPECT_EQ(names(codec->receive(test::frame(Opcode::Close, test::close_payload(1000, "")))), "closed:1000:");
}

struct BadRow {
  std::string name;
  std::string bytes;
  friend void PrintTo(const BadRow& row, std::ostream* out) { *out << row.name; }
};
class BadFrames : public testing::TestWithParam<BadRow> {};

TEST_P(BadFrames, FailTheConnectionOnce) {
  auto codec = WebsocketCodec::create_client(kUrl, kLimit);
  ASSERT_EQ(names(codec->receive(test::accept_handshake(codec->take_output()))), "opened");
  const auto events = codec->receive(GetParam().bytes);
  ASSERT_EQ(names(events), "failed");
  EXPECT_NE(events[0].data, "");
  EXPECT_EQ(names(codec->receive(test::frame(Opcode::Text, "after"))), "");
  codec->send_text("too late");
  codec->send_ping("too late");
  codec->send_close(1000, "");
}

INSTANTIATE_TEST_SUITE_P(Table, BadFrames,
                         testing::Values(BadRow{"ReservedBits", "\xf1\x01x"}, BadRow{"UnknownOpcode", std::string("\x83\x00", 2)},
                                         BadRow{"AMaskedFrame", "\x81\x81\x01\x02\x03\x04y"}, BadRow{"AContinuationOfNothing", std::string("\x80\x01x")},
                                         BadRow{"AFragmentedPing", std::string("\x09\x01x")}, BadRow{"NoUtf8", "\x81\x02\xff\xfe"},
                                         BadRow{"ATooLongPing", test::frame(Opcode::Ping, std::string(200, 'p'))},
                                         BadRow{"AnAbsurdLength", "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(Codec, ARefusedHandshakeNamesTheStatus) {
  codec->take_output();
  const auto events = codec->receive("HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno");
  ASSERT_EQ(names(events), "failed");
  EXPECT_NE(events[0].data.find("409"), std::string::npos) << events[0].data;
}

TEST_F(Codec, AWrongAcceptKeyFails) {
  codec->take_output();
  EXPECT_EQ(names(codec->receive(test::accept_handshake("Sec-WebSocket-Key: c29tZXRoaW5nIGVsc2U=\r\n"))), "failed");
}

TEST_F(Codec, NoHttpFails) {
  codec->take_output();
  EXPECT_EQ(names(codec->receive("SSH-2.0-OpenSSH_9.2\r\n\r\n")), "failed");
}

TEST_F(Codec, AnUnusableAddressFailsAtTheFirstRead) {
  codec = WebsocketCodec::create_client("ftp://example.com/", kLimit);
  EXPECT_EQ(codec->take_output(), "");
  EXPECT_EQ(names(codec->receive("")), "failed");
  codec->send_text("x");
}

TEST_F(Codec, AThousandRandomStreamsNeverCrash) {
  std::uint64_t seed = 1;
  const auto next = [&seed] {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<char>(seed >> 56U);
  };
  for (int round = 0; round < 1000; ++round) {
    auto one = WebsocketCodec::create_client(kUrl, kLimit);
    auto bytes = test::accept_handshake(one->take_output());
    for (int i = 0; i < 200; ++i) bytes += next();
    const auto events = one->receive(bytes);
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.front().kind, Kind::Opened);
  }
}

}  // namespace
}  // namespace driftwarden::slack
