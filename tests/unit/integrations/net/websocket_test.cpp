// The server's websocket against Beast's client.
#include "tests/unit/integrations/net/fixture.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace driftwarden::net::test {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using Peer = websocket::stream<tcp::socket>;

class Sockets : public NetTest {
 protected:
  using Talk = std::function<asio::awaitable<void>(std::shared_ptr<WebSocket>)>;

  void accept(Talk talk, HttpServerOptions options = {}) {
    serve([talk](ServerRequest) -> asio::awaitable<ServerReply> {
      ServerReply reply(200, "text/plain", "");
      reply.headers.set("X-Extra", "yes");
      reply.websocket = talk;
      co_return reply;
    }, options);
    run(io, connect());
  }

  asio::awaitable<void> connect() {
    peer = std::make_unique<Peer>(io);
    co_await beast::get_lowest_layer(*peer).async_connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), server->port()), asio::use_awaitable);
    co_await peer->async_handshake(response, "127.0.0.1", "/ws", asio::use_awaitable);
  }
  std::string receive() { return run(io, read_one()); }
  asio::awaitable<std::string> read_one() {
    beast::flat_buffer buffer;
    auto [failed, bytes] = co_await peer->async_read(buffer, kAwait);
    if (failed) co_return "!" + failed.message();
    co_return beast::buffers_to_string(buffer.data());
  }
  void transmit(std::string text) { (void)run(io, write_one(std::move(text))); }
  asio::awaitable<bool> write_one(std::string text) {
    auto [failed, bytes] = co_await peer->async_write(asio::buffer(text), kAwait);
    co_return !failed;
  }

  std::unique_ptr<Peer> peer;
  websocket::response_type response;
};

asio::awaitable<void> echo_all(std::shared_ptr<WebSocket> socket) {
  for (;;) {
    auto message = co_await socket->read();
    if (!message || message->kind == WebSocketMessage::Kind::Close) co_return;
    if (message->kind == WebSocketMessage::Kind::Pong) message->data = "pong:" + message->data;
    auto sent = co_await socket->send_text(message->data);
    if (!sent) co_return;
  }
}

TEST_F(Sockets, Echo) {
  accept(&echo_all);
  EXPECT_EQ(response.reason(), "Switching Protocols");
  EXPECT_EQ(response["X-Extra"], "yes");
  transmit("hello");
  EXPECT_EQ(receive(), "hello");
  const std::string big(3'000'000, 'b');
  transmit(big);
  EXPECT_EQ(receive(), big);
}

TEST_F(Sockets, ManyMaySendAtOnce) {
  accept([this](std::shared_ptr<WebSocket> socket) -> asio::awaitable<void> {
    TaskGroup senders(io.get_executor());
    for (int i = 0; i < 10; ++i) {
      senders.spawn("sender", [](std::shared_ptr<WebSocket> to, int number) -> asio::awaitable<void> {
        const std::string text(200'000, static_cast<char>('a' + number));
        auto sent = co_await to->send_text(text);
        EXPECT_TRUE(sent);
      }(socket, i));
    }
    (void)co_await socket->send_ping("p");
    (void)co_await socket->read();
    co_await senders.join();
  });
  std::string firsts;
  for (int i = 0; i < 10; ++i) {
    const auto got = receive();
    ASSERT_EQ(got.size(), 200'000U);
    EXPECT_EQ(got.find_first_not_of(got.front()), std::string::npos);
    firsts += got.front();
  }
  EXPECT_EQ(firsts, "abcdefghij");
}

TEST_F(Sockets, PongsAreReadAndPingsAnswered) {
  std::string pong;
  accept([](std::shared_ptr<WebSocket> socket) -> asio::awaitable<void> {
    (void)co_await socket->send_ping("are you there");
    (void)co_await socket->send_text("next");
    auto message = co_await socket->read();
    const bool is_pong = message && message->kind == WebSocketMessage::Kind::Pong;
    const std::string seen = is_pong ? message->data : "no pong";
    (void)co_await socket->send_text(seen);
    co_await echo_all(socket);
  });
  peer->control_callback([&](websocket::frame_type kind, beast::string_view payload) {
    if (kind == websocket::frame_type::pong) pong = std::string(payload);
  });
  EXPECT_EQ(receive(), "next");
  run(io, [](Peer& to) -> asio::awaitable<void> {
    co_await to.async_ping("mine", asio::use_awaitable);
  }(*peer));
  EXPECT_EQ(receive(), "are you there");
  transmit("last");
  EXPECT_EQ(receive(), "last");
  EXPECT_EQ(pong, "mine");
}

TEST_F(Sockets, CloseFromTheServerHasItsCode) {
  accept([](std::shared_ptr<WebSocket> socket) -> asio::awaitable<void> { co_await socket->close(4001); });
  EXPECT_EQ(receive(), "!The WebSocket stream was gracefully closed at both endpoints");
  EXPECT_EQ(peer->reason().code, 4001);
}

TEST_F(Sockets, CloseFromTheClientIsRead) {
  std::optional<WebSocketMessage::Kind> last;
  std::string why;
  accept([&](std::shared_ptr<WebSocket> socket) -> asio::awaitable<void> {
    auto message = co_await socket->read();
    if (message) last = message->kind;
    if (message) why = message->data;
  });
  run(io, [](Peer& from) -> asio::awaitable<void> {
    const websocket::close_reason reason(websocket::close_code::normal, "done");
    co_await from.async_close(reason, kAwait);
  }(*peer));
  for (int i = 0; i < kLooks && !last; ++i) (void)run(io, clock.sleep_for(Duration{5}));
  EXPECT_EQ(last, WebSocketMessage::Kind::Close);
  EXPECT_EQ(why, "done");
}

TEST_F(Sockets, ABrokenConnectionIsUnavailable) {
  std::optional<ErrorKind> read_error;
  std::optional<ErrorKind> send_error;
  accept([&](std::shared_ptr<WebSocket> socket) -> asio::awaitable<void> {
    auto message = co_await socket->read();
    if (!message) read_error = message.error().kind;
    auto sent = co_await socket->send_text("x");
    if (!sent) send_error = sent.error().kind;
  });
  beast::get_lowest_layer(*peer).close();
  for (int i = 0; i < kLooks && !send_error; ++i) (void)run(io, clock.sleep_for(Duration{5}));
  EXPECT_EQ(read_error, ErrorKind::Unavailable);
  EXPECT_EQ(send_error, ErrorKind::Unavailable);
}

TEST_F(Sockets, AbortDropsTheConnection) {
  accept([](std::shared_ptr<WebSocket> socket) -> asio::awaitable<void> {
    socket->abort();
    co_return;
  });
  EXPECT_TRUE(receive().starts_with("!"));
}

TEST_F(Sockets, StopEndsThem) {
  accept(&echo_all);
  run(io, server->stop());
  EXPECT_TRUE(receive().starts_with("!"));
}

TEST_F(Sockets, AMessageThatIsTooLongEndsIt) {
  accept(&echo_all);
  transmit(std::string(17U << 20U, 'x'));
  EXPECT_TRUE(receive().starts_with("!"));
}

TEST_F(Sockets, WithoutAnUpgradeThereIsA426) {
  accept(&echo_all);
  auto client = make_client();
  auto got = send(*client, HttpRequest("GET", "http://127.0.0.1:" + std::to_string(server->port()) + "/ws"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 426U);
}

}  // namespace
}  // namespace driftwarden::net::test
