#include "integrations/net/http_server.hpp"

#include "gitops/base/log.hpp"
#include "integrations/net/server_session.hpp"
#include "integrations/net/socket_options.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>

namespace driftwarden::net {

using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr Duration kPauseAfterFailedAccept{100};
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> refuse_connection(tcp::socket socket) {
  static const std::string kBusy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";
  co_await asio::async_write(socket, asio::buffer(kBusy), kAwait);
}

asio::awaitable<void> accept_connections(std::shared_ptr<ServerShared> shared, std::shared_ptr<tcp::acceptor> acceptor) {
  while (acceptor->is_open()) {
    tcp::socket socket(acceptor->get_executor());
    auto [failed] = co_await acceptor->async_accept(socket, kAwait);
    if (failed == asio::error::operation_aborted || !acceptor->is_open()) co_return;
    if (failed) {
      // Out of file descriptors, mostly: without the pause this would spin.
      log_warn("net", "accepting a connection: " + failed.message());
      (void)co_await shared->clock.sleep_for(kPauseAfterFailedAccept);
      continue;
    }
    set_socket_options(socket);
    const bool full = shared->connections.running() > shared->options.max_connections;
    if (full) {
      shared->connections.spawn("refusing a connection", refuse_connection(std::move(socket)));
    } else {
      shared->connections.spawn("serving a connection", serve_connection(shared, std::move(socket)));
    }
  }
}

class BeastServer final : public HttpServer {
 public:
  BeastServer(std::shared_ptr<ServerShared> shared, std::shared_ptr<tcp::acceptor> acceptor)
      : shared_(std::move(shared)), acceptor_(std::move(acceptor)), port_(acceptor_->local_endpoint().port()) {
    shared_->connections.spawn("accepting connections", accept_connections(shared_, acceptor_));
  }
  ~BeastServer() override {
    close_acceptor();
    shared_->connections.cancel();
  }
  std::uint16_t port() const override { return port_; }
  asio::awaitable<void> stop() override { return stop_all(shared_, acceptor_); }

 private:
  static asio::awaitable<void> stop_all(std::shared_ptr<ServerShared> shared, std::shared_ptr<tcp::acceptor> acceptor) {
    error_code ignored;
    acceptor->close(ignored);
    co_await shared->connections.join();
  }
  void close_acceptor() {
    error_code ignored;
    acceptor_->close(ignored);
  }

  std::shared_ptr<ServerShared> shared_;
  std::shared_ptr<tcp::acceptor> acceptor_;
  std::uint16_t port_;
};

Error cannot_listen(const HttpServerOptions& options, const error_code& failed) {
  const bool taken = failed == asio::error::address_in_use;
  return Error{ErrorKind::Unavailable, "listening on " + options.address + ":" + std::to_string(options.port) + ": " +
                                           (taken ? "address already in use; stop what uses it or choose another port" : failed.message()),
               failed};
}

}  // namespace

std::string ServerRequest::query_or(const std::string& key, const std::string& fallback) const {
  const auto found = query.find(key);
  return found == query.end() ? fallback : found->second;
}

ServerReply::ServerReply(unsigned status_, std::string content_type, std::string body_) : status(status_), body(std::move(body_)) {
  headers.set("Content-Type", std::move(content_type));
}

Result<std::unique_ptr<HttpServer>> start_http_server(asio::any_io_executor executor, Clock& clock, HttpServerOptions options, ServerHandler handler) {
  error_code failed;
  const auto address = asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, failed);
  if (failed) return Error{ErrorKind::InvalidInput, "\"" + options.address + "\" is no IP address to listen on", failed};
  const tcp::endpoint endpoint(address, options.port);
  auto acceptor = std::make_shared<tcp::acceptor>(executor);
  acceptor->open(endpoint.protocol(), failed);
  if (!failed) acceptor->set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor->bind(endpoint, failed);
  if (!failed) acceptor->listen(asio::socket_base::max_listen_connections, failed);
  if (failed) return cannot_listen(options, failed);
  auto shared = std::make_shared<ServerShared>(executor, clock, std::move(options), std::move(handler));
  return std::make_unique<BeastServer>(std::move(shared), std::move(acceptor));
}

}  // namespace driftwarden::net
