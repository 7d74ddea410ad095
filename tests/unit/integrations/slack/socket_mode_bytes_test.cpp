// What other servers' byte streams look like: a server made by hand, which cuts its output as it likes.
#include "tests/unit/integrations/slack/fake_slack.hpp"
#include "tests/unit/integrations/slack/server_frames.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace driftwarden::slack {
namespace {

using asio::ip::tcp;
using test::event_text;
using test::frame;
using test::json;
using test::Opcode;

class SocketModeBytes : public test::SocketModeFixture {
 protected:
  void SetUp() override { api.url = "ws://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/link/?ticket="; }

  /// One connection: the handshake and `bytes`, in pieces of `piece`; then notes the acks.
  asio::awaitable<void> serve(std::string bytes, std::size_t piece) {
    auto [refused_accept, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (refused_accept) co_return;
    socket.set_option(tcp::no_delay(true));
    std::string request;
    auto [failed, size] = co_await asio::async_read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", asio::as_tuple(asio::use_awaitable));
    if (failed) co_return;
    const auto output = test::accept_handshake(request) + bytes;
    for (std::size_t at = 0; at < output.size(); at += piece) {
      const auto part = asio::buffer(output.data() + at, std::min(piece, output.size() - at));
      auto [broken, written] = co_await asio::async_write(socket, part, asio::as_tuple(asio::use_awaitable));
      if (broken) co_return;
    }
    std::array<char, 4096> buffer{};
    while (true) {
      auto [ended, count] = co_await socket.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
      if (ended) co_return;
      received.append(buffer.data(), count);
    }
  }

  std::vector<std::string> acks() const {
    std::vector<std::string> out;
    auto bytes = received;
    while (!bytes.empty()) {
      const auto one = test::take_client_frame(bytes);
      if (one.opcode == static_cast<unsigned>(Opcode::Text)) out.push_back(json::parse(one.payload)["envelope_id"]);
    }
    return out;
  }
  void expect_acks(const std::vector<std::string>& wanted) {
    until([&] { return acks().size() >= wanted.size(); });
    EXPECT_EQ(acks(), wanted);
  }

  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  TaskGroup tasks{io.get_executor()};
  std::string received;
};

const std::string kHelloFrame = frame(Opcode::Text, R"({"type":"hello"})");

TEST_F(SocketModeBytes, EverythingInOneWrite) {
  tasks.spawn("server", serve(kHelloFrame + frame(Opcode::Text, event_text("a")) + frame(Opcode::Ping, "p") + frame(Opcode::Text, event_text("b")) +
                                  frame(Opcode::Text, event_text("c")),
                              1U << 20U));
  start();
  expect_acks({"a", "b", "c"});
}

TEST_F(SocketModeBytes, OneByteAtATime) {
  tasks.spawn("server", serve(kHelloFrame + frame(Opcode::Text, event_text("a")) + frame(Opcode::Text, event_text("b")), 1));
  start();
  expect_acks({"a", "b"});
}

TEST_F(SocketModeBytes, ALargeFrameInOddPieces) {
  tasks.spawn("server", serve(kHelloFrame + frame(Opcode::Text, event_text("a", std::string(70'000, 'x'))), 1013));
  start();
  expect_acks({"a"});
}

TEST_F(SocketModeBytes, BinaryAndBrokenTextAreIgnored) {
  tasks.spawn("server", serve(kHelloFrame + frame(Opcode::Binary, "\x01\x02") + frame(Opcode::Text, "{\"type\":") + frame(Opcode::Text, event_text("a")),
                              1U << 20U));
  start();
  expect_acks({"a"});
  EXPECT_EQ(api.asked, 1);
}

TEST_F(SocketModeBytes, AProtocolErrorLeadsToAReconnect) {
  tasks.spawn("server", serve(kHelloFrame + "\xff\xff\xff", 1U << 20U));
  start();
  ASSERT_TRUE(until([&] { return api.asked == 1 && mode->last_frame() != MonoTime{} && mode->state() == SocketState::Connecting; }));
  tasks.spawn("server again", serve(kHelloFrame, 1U << 20U));
  EXPECT_TRUE(until_state_in_time(SocketState::Connected));
}

TEST_F(SocketModeBytes, SomethingThatIsNoWebsocketIsTriedAgain) {
  tasks.spawn("server", serve("", 1U << 20U));
  start();
  linger();
  EXPECT_EQ(mode->state(), SocketState::Connecting);
  tasks.spawn("server again", serve(kHelloFrame, 1U << 20U));
  EXPECT_TRUE(until_state_in_time(SocketState::Connected));
}

}  // namespace
}  // namespace driftwarden::slack
