#include "integrations/net/byte_stream.hpp"

#include "gitops/base/async.hpp"
#include "integrations/net/transport.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/system/system_error.hpp>

namespace driftwarden::net {

namespace {

constexpr std::size_t kReadBytes = 16U << 10U;

asio::awaitable<Result<std::string>> read_piece(std::shared_ptr<Transport> transport, std::string where) {
  std::string bytes(kReadBytes, '\0');
  try {
    const auto io = co_await transport->read_some(asio::buffer(bytes));
    if (io.failed && io.failed != asio::error::eof) co_return io_error(io.failed, "reading from " + where);
    bytes.resize(io.bytes);
    co_return bytes;
  } catch (const boost::system::system_error& error) {
    co_return io_error(error.code(), "reading from " + where);
  }
}

asio::awaitable<Result<void>> write_all(std::shared_ptr<Transport> transport, std::string bytes, std::string where) {
  try {
    const auto failed = co_await transport->write(asio::buffer(bytes));
    if (failed) co_return io_error(failed, "writing to " + where);
    co_return Result<void>{};
  } catch (const boost::system::system_error& error) {
    co_return io_error(error.code(), "writing to " + where);
  }
}

class TransportStream final : public ByteStream {
 public:
  TransportStream(std::shared_ptr<Transport> transport, std::string where) : transport_(std::move(transport)), where_(std::move(where)) {}
  ~TransportStream() override { TransportStream::close(); }
  asio::awaitable<Result<std::string>> read_some() override { return read_piece(transport_, where_); }
  asio::awaitable<Result<void>> write(std::string bytes) override { return write_all(transport_, std::move(bytes), where_); }
  void close() override { transport_->close(); }

 private:
  std::shared_ptr<Transport> transport_;
  std::string where_;
};

Result<Route> make_route(Url url, const TlsOptions& tls) {
  Route route;
  route.url = std::move(url);
  if (tls.use_environment_proxy) {
    TRY(route.proxy, find_proxy(route.url, read_proxy_environment()));
  }
  // A plain ws:// would need the proxy's tunnel as well; only TLS goes through one.
  if (!route.url.secure()) {
    route.proxy.reset();
    return route;
  }
  TRY(route.tls, make_tls_context(tls, identity_for(tls, route.url.host)));
  route.server_name = tls.server_name.empty() ? route.url.host : tls.server_name;
  route.skip_verify = tls.insecure_skip_verify;
  return route;
}

}  // namespace

asio::awaitable<Result<std::unique_ptr<ByteStream>>> connect(Clock& clock, Url url, TlsOptions tls, MonoTime deadline) {
  const std::string where = url.scheme + "://" + url.authority();
  CO_TRY(auto route, make_route(std::move(url), tls));
  try {
    auto opening = open_transport(clock, std::move(route));
    auto transport = co_await with_deadline<std::shared_ptr<Transport>>(clock, deadline, std::move(opening));
    if (!transport) co_return wrap("connecting to " + where, transport.error());
    co_return std::make_unique<TransportStream>(std::move(*transport), where);
  } catch (const boost::system::system_error& error) {
    co_return io_error(error.code(), "connecting to " + where);
  }
}

}  // namespace driftwarden::net
