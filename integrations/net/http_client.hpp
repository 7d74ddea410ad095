#pragma once
// HTTP/1.1 with keep-alive, deadlines and TLS. One instance per set of TLS options; used from one thread.
#include "gitops/base/clock.hpp"
#include "integrations/net/tls.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driftwarden::net {

/// Header names compare without case.
class Headers {
 public:
  Headers() = default;
  void set(std::string name, std::string value);  ///< replaces
  void add(std::string name, std::string value);
  std::optional<std::string> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return items_; }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

struct HttpRequest {
  HttpRequest() = default;
  HttpRequest(std::string method_, std::string url_) : method(std::move(method_)), url(std::move(url_)) {}
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  Duration timeout{15'000};              ///< for the whole call; for a stream: until the response's headers
  std::size_t max_response_bytes = 64U << 20U;
  /// True where sending it twice does no harm: then a keep-alive connection that died under it is replaced once. Implied for GET and HEAD.
  bool idempotent = false;
};

struct HttpResponse {
  unsigned status = 0;
  Headers headers;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

/// A response whose body is read piece by piece (a watch, a log, a pack file).
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  virtual unsigned status() const = 0;
  virtual const Headers& headers() const = 0;
  /// The next piece of the body; empty at its end. `deadline` bounds this one read.
  virtual asio::awaitable<Result<std::string>> read_some(MonoTime deadline) = 0;
  virtual void close() = 0;
};

/// Any HTTP status is a response and no Error. Errors: Unavailable (no connection, or it broke), Timeout, Denied (certificate),
/// InvalidInput (URL), Cancelled, Corrupt (no HTTP, or too long). Redirects are not followed.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual asio::awaitable<Result<HttpResponse>> send(HttpRequest request) = 0;
  virtual asio::awaitable<Result<std::unique_ptr<HttpStream>>> open_stream(HttpRequest request) = 0;
};

struct HttpClientOptions {
  TlsOptions tls;
  std::size_t max_idle_per_host = 4;
  Duration idle_for{55'000};
  std::string user_agent = "driftwarden";
  /// Asked right before a request is written; false: nothing goes out, and the call is Cancelled.
  std::function<bool()> may_send{};
};

std::unique_ptr<HttpClient> create_http_client(asio::any_io_executor executor, Clock& clock, HttpClientOptions options = {});

/// For Retry-After: seconds, or an HTTP date relative to `now`.
std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);
/// How far `now` is before the server's Date header, to the second; nothing without one.
std::optional<Duration> clock_ahead(const Headers& headers, WallTime now);

}  // namespace driftwarden::net
