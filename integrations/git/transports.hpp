#pragma once
#include "gitops/repository/transport.hpp"
#include "integrations/net/http_client.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace driftwarden::git {

struct TransportLimits {
  Duration silence{30'000};          ///< without a byte from the remote: Timeout
  Duration total{1'800'000};         ///< for one exchange, however busy the remote is
  std::size_t max_push_bytes = 512U << 20U;
};

/// HTTP(S) over integrations/net, SSH by running the user's own `ssh`. `executor` runs the I/O; the transports themselves block on
/// worker threads, so they must never be used on that executor's thread.
/// `executor`'s context, `clock` and `client` outlive every call of a mirror that uses the factory, and the context runs until the last ended.
/// Plain http is for loopback only. The factory makes nothing for other schemes.
TransportFactory make_transport_factory(asio::any_io_executor executor, Clock& clock, net::HttpClient& client, TransportLimits limits = {});

}  // namespace driftwarden::git
