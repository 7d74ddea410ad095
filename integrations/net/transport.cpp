#include "integrations/net/transport.hpp"

#include "gitops/base/async.hpp"
#include "integrations/net/socket_options.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <sys/socket.h>

#include <vector>

namespace driftwarden::net {

namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr Duration kNextAddressAfter{4'000};
constexpr std::size_t kMaxProxyAnswer = 16U << 10U;

bool peer_is_silent(tcp::socket& socket) {
  char byte = 0;
  const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

template <class Stream>
asio::awaitable<IoResult> read_from(Stream& stream, asio::mutable_buffer into) {
  auto [failed, bytes] = co_await stream.async_read_some(into, kAwait);
  IoResult result;
  result.failed = failed;
  result.bytes = bytes;
  co_return result;
}

template <class Stream>
asio::awaitable<error_code> write_to(Stream& stream, asio::const_buffer bytes) {
  auto [failed, written] = co_await asio::async_write(stream, bytes, kAwait);
  co_return failed;
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(tcp::socket socket) : socket_(std::move(socket)) {}
  asio::awaitable<IoResult> read_some(asio::mutable_buffer into) override { return read_from(socket_, into); }
  asio::awaitable<error_code> write(asio::const_buffer bytes) override { return write_to(socket_, bytes); }
  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }
  bool looks_alive() override { return socket_.is_open() && peer_is_silent(socket_); }

 private:
  tcp::socket socket_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(tcp::socket socket, std::shared_ptr<ssl::context> context) : context_(std::move(context)), stream_(std::move(socket), *context_) {}
  asio::awaitable<IoResult> read_some(asio::mutable_buffer into) override { return read_from(stream_, into); }
  asio::awaitable<error_code> write(asio::const_buffer bytes) override { return write_to(stream_, bytes); }
  void close() override {
    error_code ignored;
    stream_.lowest_layer().close(ignored);
  }
  bool looks_alive() override { return stream_.next_layer().is_open() && peer_is_silent(stream_.next_layer()); }
  ssl::stream<tcp::socket>& stream() { return stream_; }

 private:
  std::shared_ptr<ssl::context> context_;
  ssl::stream<tcp::socket> stream_;
};

/// A name look-up can't be cancelled; so its coroutine may leave without it.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor, asio::steady_timer::time_point::max()) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  error_code failed = asio::error::operation_aborted;
  std::vector<tcp::endpoint> endpoints;
};

asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port) {
  error_code no_number;
  const auto address = asio::ip::make_address(host, no_number);
  if (!no_number) {
    std::vector<tcp::endpoint> endpoints(1, tcp::endpoint(address, port));
    co_return endpoints;
  }
  auto executor = co_await asio::this_coro::executor;
  auto lookup = std::make_shared<Lookup>(executor);
  auto finished = [lookup](const error_code& failed, const tcp::resolver::results_type& found) {
    lookup->failed = failed;
    for (const auto& entry : found) lookup->endpoints.push_back(entry.endpoint());
    lookup->done.expires_at(asio::steady_timer::time_point::min());
  };
  lookup->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service, std::move(finished));
  auto [woken] = co_await lookup->done.async_wait(kAwait);
  if (lookup->failed == asio::error::operation_aborted) co_return Error{ErrorKind::Cancelled, "cancelled while looking up " + host, woken};
  if (lookup->failed || lookup->endpoints.empty()) {
    co_return Error{ErrorKind::Unavailable, "no address found for host " + host + " (" + lookup->failed.message() + ")", lookup->failed};
  }
  co_return lookup->endpoints;
}

using SocketPtr = std::unique_ptr<tcp::socket>;

asio::awaitable<Result<SocketPtr>> connect_one(tcp::endpoint endpoint, std::string step) {
  auto socket = std::make_unique<tcp::socket>(co_await asio::this_coro::executor);
  auto [failed] = co_await socket->async_connect(endpoint, kAwait);
  if (failed) co_return io_error(failed, step);
  set_socket_options(*socket);
  co_return socket;
}

/// Each address but the last gets a few seconds only, so that one dead address family doesn't use up the deadline.
asio::awaitable<Result<SocketPtr>> connect_any(Clock& clock, std::vector<tcp::endpoint> endpoints, std::string step) {
  for (std::size_t i = 0; i + 1 < endpoints.size(); ++i) {
    auto attempt = connect_one(endpoints[i], step);
    auto socket = co_await with_deadline<SocketPtr>(clock, clock.mono_now() + kNextAddressAfter, std::move(attempt));
    if (socket || socket.error().kind == ErrorKind::Cancelled) co_return socket;
  }
  co_return co_await connect_one(endpoints.back(), step);
}

/// Asks the proxy for a tunnel. Nothing follows its answer until we speak, so reading up to the blank line loses nothing.
asio::awaitable<Result<void>> open_tunnel(tcp::socket& socket, Url url, Proxy proxy) {
  const std::string where = (url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]") + ":" + std::to_string(url.port);
  std::string request = "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n";
  if (!proxy.authorization.empty()) request += "Proxy-Authorization: " + proxy.authorization.reveal() + "\r\n";
  request += "\r\n";
  const std::string step = "asking proxy " + proxy.host + " for " + where;
  const error_code unsent = co_await write_to(socket, asio::buffer(request));
  if (unsent) co_return io_error(unsent, step);
  std::string answer;
  auto [failed, bytes] = co_await asio::async_read_until(socket, asio::dynamic_buffer(answer, kMaxProxyAnswer), "\r\n\r\n", kAwait);
  if (failed) co_return io_error(failed, step);
  const std::string status = answer.size() > 12 && answer.starts_with("HTTP/1.") ? answer.substr(9, 3) : "no HTTP";
  if (status == "407") co_return Error{ErrorKind::Denied, step + ": it wants a user name and password (in the proxy's URL)"};
  if (!status.starts_with('2')) co_return Error{ErrorKind::Unavailable, step + ": it answered " + status};
  co_return Result<void>{};
}

Result<void> prepare_handshake(SSL* handle, const Route& route) {
  error_code no_address;
  asio::ip::make_address(route.server_name, no_address);
  auto* parameters = SSL_get0_param(handle);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = no_address ? SSL_set_tlsext_host_name(handle, route.server_name.c_str()) == 1 &&
                                    X509_VERIFY_PARAM_set1_host(parameters, route.server_name.c_str(), 0) == 1
                              : X509_VERIFY_PARAM_set1_ip_asc(parameters, route.server_name.c_str()) == 1;
  if (!set) return Error{ErrorKind::InvalidInput, "\"" + route.server_name + "\" can't be a certificate's name"};
  SSL_set_verify(handle, route.skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  return Result<void>{};
}

asio::awaitable<Result<std::shared_ptr<Transport>>> shake_hands(tcp::socket socket, Route route) {
  auto transport = std::make_shared<TlsTransport>(std::move(socket), route.tls);
  auto* handle = transport->stream().native_handle();
  CO_CHECK_OK(prepare_handshake(handle, route));
  auto [failed] = co_await transport->stream().async_handshake(ssl::stream_base::client, kAwait);
  if (failed == asio::error::operation_aborted) co_return io_error(failed, "the TLS handshake");
  const auto verified = SSL_get_verify_result(handle);
  if (failed && verified != X509_V_OK) {
    co_return Error{ErrorKind::Denied, "the certificate of " + route.server_name + " isn't trusted: " + X509_verify_cert_error_string(verified), failed};
  }
  if (failed) co_return io_error(failed, "the TLS handshake with " + route.url.authority());
  co_return std::shared_ptr<Transport>(std::move(transport));
}

/// TLS alerts by which a server refuses the client's certificate or asks for one (RFC 8446, 6.2).
bool refuses_certificate(const error_code& failed) {
  if (failed.category() != asio::error::get_ssl_category()) return false;
  const int alert = ERR_GET_REASON(static_cast<unsigned long>(failed.value())) - SSL_AD_REASON_OFFSET;
  return (alert >= 42 && alert <= 46) || alert == 48 || alert == 49 || alert == 116;
}

}  // namespace

Error io_error(const error_code& failed, std::string_view step) {
  const std::string where(step);
  if (failed == asio::error::operation_aborted || failed == asio::error::bad_descriptor) return Error{ErrorKind::Cancelled, where + " was cancelled", failed};
  if (refuses_certificate(failed)) return Error{ErrorKind::Denied, where + ": the server doesn't accept our client certificate: " + failed.message(), failed};
  if (failed == asio::error::eof || failed == ssl::error::stream_truncated) {
    return Error{ErrorKind::Unavailable, where + ": the other side closed the connection", failed};
  }
  return Error{ErrorKind::Unavailable, where + ": " + failed.message(), failed};
}

asio::awaitable<Result<std::shared_ptr<Transport>>> open_transport(Clock& clock, Route route) {
  const bool by_proxy = route.proxy.has_value();
  const std::string host = by_proxy ? route.proxy->host : route.url.host;
  const std::uint16_t port = by_proxy ? route.proxy->port : route.url.port;
  CO_TRY(auto endpoints, co_await resolve(host, port));
  const std::string step = std::string("connecting to ") + (by_proxy ? "proxy " : "") + host + ":" + std::to_string(port);
  CO_TRY(auto socket, co_await connect_any(clock, std::move(endpoints), step));
  if (!route.url.secure()) co_return std::make_shared<PlainTransport>(std::move(*socket));
  if (by_proxy) CO_CHECK_OK(co_await open_tunnel(*socket, route.url, *route.proxy));
  co_return co_await shake_hands(std::move(*socket), std::move(route));
}

}  // namespace driftwarden::net
