// Requests to the bot's own HTTP server, over a pair of sockets.
#include "bot/web/web.hpp"
#include "integrations/net/server_session.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/socket.h>
#include <unistd.h>

namespace driftwarden::fuzz {
namespace {

constexpr std::size_t kMostBytes = 16U << 10U;  // fits a socket's buffer: nobody waits for anybody

void run(std::string_view input) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return;
  const auto sent = ::write(ends[0], input.data(), std::min(input.size(), kMostBytes));
  ::shutdown(ends[0], SHUT_WR);
  check(sent >= 0 || input.empty(), "the input is sent");
  bool ended = false;
  {
    asio::io_context io;
    test::ManualClock clock(io);
    WebParts parts;
    parts.clock = &clock;
    parts.not_ready = [] { return std::string(); };
    parts.gauges = [] { return std::map<std::string, double>{{"apps", 1}}; };
    parts.on_git_webhook = [](const std::vector<std::string>&) {};
    net::HttpServerOptions options;
    options.max_body_bytes = 4096;
    auto shared = std::make_shared<net::ServerShared>(io.get_executor(), clock, options, make_web_handler(std::move(parts)));
    asio::ip::tcp::socket socket(io, asio::ip::tcp::v4(), ends[1]);
    asio::co_spawn(io, net::serve_connection(std::move(shared), std::move(socket)), [&](const std::exception_ptr& failed) {
      check(!failed, "no exception ends a connection");
      ended = true;
    });
    io.run_for(std::chrono::seconds{5});
  }
  ::close(ends[0]);
  check(ended, "a client that has gone is let go");
}

const Target target("http_server", &run);

}  // namespace
}  // namespace driftwarden::fuzz
