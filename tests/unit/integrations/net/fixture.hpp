#pragma once
// Real sockets on loopback: our server, our client, and a peer that says exactly what a test wants.
#include "gitops/base/async.hpp"
#include "integrations/net/http_client.hpp"
#include "integrations/net/http_server.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace driftwarden::net::test {

using driftwarden::test::run;
using asio::ip::tcp;
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
/// Of whoever waits for what comes at once on a machine that does nothing else.
inline constexpr Duration kPatience{60'000};
inline constexpr int kLooks = 10'000;

class NetTest : public testing::Test {
 protected:
  ~NetTest() override {
    if (server) run(io, server->stop());
    run(io, tasks.join());
  }

  std::string serve(ServerHandler handler, HttpServerOptions options = {}) {
    auto started = start_http_server(io.get_executor(), clock, std::move(options), std::move(handler));
    if (!started) throw std::runtime_error(started.error().message);
    server = std::move(*started);
    return "http://127.0.0.1:" + std::to_string(server->port());
  }

  std::unique_ptr<HttpClient> make_client(HttpClientOptions options = {}) { return create_http_client(io.get_executor(), clock, std::move(options)); }

  Result<HttpResponse> send(HttpClient& client, HttpRequest request) { return run(io, client.send(std::move(request))); }

  /// A bare TCP listener whose every connection is handed to `talk`.
  std::uint16_t listen(std::function<asio::awaitable<void>(tcp::socket)> talk) {
    auto acceptor = std::make_shared<tcp::acceptor>(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    tasks.spawn("raw listener", accept_all(acceptor, std::move(talk)));
    return acceptor->local_endpoint().port();
  }

  /// Sends `bytes`, returns everything until the server closes.
  std::string talk_raw(std::uint16_t port, std::string bytes) { return run(io, raw_exchange(port, std::move(bytes))); }

  asio::io_context io;
  SystemClock clock;
  TaskGroup tasks{io.get_executor()};
  std::unique_ptr<HttpServer> server;
  int accepted = 0;

 private:
  asio::awaitable<void> accept_all(std::shared_ptr<tcp::acceptor> acceptor, std::function<asio::awaitable<void>(tcp::socket)> talk) {
    for (;;) {
      tcp::socket socket(io);
      auto [failed] = co_await acceptor->async_accept(socket, kAwait);
      if (failed) co_return;
      ++accepted;
      tasks.spawn("raw peer", talk(std::move(socket)));
    }
  }

  asio::awaitable<std::string> raw_exchange(std::uint16_t port, std::string bytes) {
    tcp::socket socket(io);
    co_await socket.async_connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port), asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(bytes), kAwait);
    std::string answer;
    for (;;) {
      std::string piece(4096, '\0');
      auto [failed, got] = co_await socket.async_read_some(asio::buffer(piece), kAwait);
      answer.append(piece, 0, got);
      if (failed) co_return answer;
    }
  }
};

/// Reads one request's header (and drops it).
inline asio::awaitable<std::string> read_request_head(tcp::socket& socket) {
  std::string head;
  auto [failed, bytes] = co_await asio::async_read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n", kAwait);
  if (failed) head.clear();
  co_return head;
}

inline asio::awaitable<bool> say(tcp::socket& socket, std::string bytes) {
  auto [failed, written] = co_await asio::async_write(socket, asio::buffer(bytes), kAwait);
  co_return !failed;
}

}  // namespace driftwarden::net::test
