#pragma once
// A connected TCP or TLS stream, for protocols that bring their own framing (Socket Mode).
#include "gitops/base/clock.hpp"
#include "integrations/net/tls.hpp"
#include "integrations/net/url.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace driftwarden::net {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// The next bytes; empty at a clean end of stream. One reader at a time. Cancelled when the coroutine is.
  virtual asio::awaitable<Result<std::string>> read_some() = 0;
  /// All of `bytes`. One writer at a time.
  virtual asio::awaitable<Result<void>> write(std::string bytes) = 0;
  /// Ends both directions at once; pending reads and writes end with Cancelled or Unavailable.
  virtual void close() = 0;
};

/// Resolves, connects (through a proxy when `tls.proxy` says so) and, for https and wss, does the TLS handshake with host
/// verification. Unavailable when nobody answers, Denied when the certificate isn't trusted, Timeout at the deadline.
asio::awaitable<Result<std::unique_ptr<ByteStream>>> connect(Clock& clock, Url url, TlsOptions tls, MonoTime deadline);

}  // namespace driftwarden::net
