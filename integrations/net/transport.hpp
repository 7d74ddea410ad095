#pragma once
// Inside of net: one connection, plain or TLS, and the way to it. Clients and byte streams are built on it.
#include "gitops/base/clock.hpp"
#include "integrations/net/proxy.hpp"
#include "integrations/net/tls.hpp"
#include "integrations/net/url.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <memory>
#include <optional>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace driftwarden::net {

struct IoResult {
  boost::system::error_code failed;
  std::size_t bytes = 0;
};

/// One reader and one writer at a time; both end with operation_aborted when it is closed or their coroutine cancelled.
class Transport {
 public:
  virtual ~Transport() = default;
  /// asio::error::eof at the peer's clean end; an end without TLS close_notify is asio::ssl::error::stream_truncated.
  virtual asio::awaitable<IoResult> read_some(asio::mutable_buffer into) = 0;
  virtual asio::awaitable<boost::system::error_code> write(asio::const_buffer bytes) = 0;
  virtual void close() = 0;
  /// False when an idle connection has been closed by the peer, or sent something nobody asked for.
  virtual bool looks_alive() = 0;
};

/// Whom to connect to and how; `tls` is set for https and wss.
struct Route {
  Url url;
  std::optional<Proxy> proxy;
  std::shared_ptr<asio::ssl::context> tls;
  std::string server_name;  ///< what the certificate must be for
  bool skip_verify = false;
};

/// How we prove ourselves to this host; empty where it isn't asked for.
ClientIdentity identity_for(const TlsOptions& options, const std::string& host);

/// InvalidInput when a PEM text can't be used. Verification is per connection.
Result<std::shared_ptr<asio::ssl::context>> make_tls_context(const TlsOptions& options, const ClientIdentity& identity);

/// Resolves, connects, asks the proxy, shakes hands. The caller bounds the time.
asio::awaitable<Result<std::shared_ptr<Transport>>> open_transport(Clock& clock, Route route);

/// What went wrong on a connection, with the step that was under way.
Error io_error(const boost::system::error_code& failed, std::string_view step);

}  // namespace driftwarden::net
