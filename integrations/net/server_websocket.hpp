#pragma once
// Inside of net: the server's end of a websocket, over Beast.
#include "integrations/net/server_session.hpp"

#include <memory>
#include <string>

namespace driftwarden::net {

/// Accepts the upgrade that `headers` ask for and runs the reply's websocket coroutine to its end; then the connection is closed.
asio::awaitable<void> serve_websocket(std::shared_ptr<ServerShared> shared, asio::ip::tcp::socket socket, std::string target, Headers headers,
                                      ServerReply reply);

}  // namespace driftwarden::net
