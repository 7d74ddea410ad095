#pragma once
// Inside of net: one HTTP/1.1 request and its response on a connection.
#include "integrations/net/http_client.hpp"
#include "integrations/net/transport.hpp"

#include <memory>
#include <string>

namespace driftwarden::net {

class Exchange {
 public:
  virtual ~Exchange() = default;
  /// Writes the request and reads the final response's headers; `body` must live until this returns.
  virtual asio::awaitable<Result<void>> start(std::string head, const std::string& body, bool without_body) = 0;
  virtual unsigned status() const = 0;
  virtual const Headers& headers() const = 0;
  /// Whatever of the body has arrived; empty at its end.
  virtual asio::awaitable<Result<std::string>> read_piece() = 0;
  virtual bool got_bytes() const = 0;  ///< false: the server may never have seen the request
  virtual bool reusable() const = 0;   ///< the response is complete and the connection may carry another one
  virtual void close() = 0;
};

std::shared_ptr<Exchange> create_exchange(std::shared_ptr<Transport> transport);

}  // namespace driftwarden::net
