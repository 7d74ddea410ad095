#pragma once
// Inside of net: how a reply is put on the wire, whole or as a chunked stream.
#include "integrations/net/server_session.hpp"

namespace driftwarden::net {

struct ReplyForm {
  bool head_only = false;
  bool keep_alive = true;
  bool chunked = true;  ///< false for HTTP/1.0: a stream then ends with the connection
};

/// True when the connection may carry another request.
asio::awaitable<bool> write_reply(ServerShared& shared, asio::ip::tcp::socket& socket, ServerReply reply, ReplyForm form);

}  // namespace driftwarden::net
