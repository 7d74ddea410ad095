#pragma once
// Inside of net: one connection of the server, from its first request to its end.
#include "gitops/base/async.hpp"
#include "integrations/net/http_server.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace driftwarden::net {

/// What all connections of one server share; it lives as long as the last of them.
struct ServerShared {
  ServerShared(const asio::any_io_executor& executor, Clock& clock_, HttpServerOptions options_, ServerHandler handler_)
      : clock(clock_), options(std::move(options_)), handler(std::move(handler_)), connections(executor) {}
  Clock& clock;
  HttpServerOptions options;
  ServerHandler handler;
  TaskGroup connections;
};

/// Serves requests until the client leaves, idles too long or breaks the protocol.
asio::awaitable<void> serve_connection(std::shared_ptr<ServerShared> shared, asio::ip::tcp::socket socket);

}  // namespace driftwarden::net
