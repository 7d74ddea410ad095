#include "integrations/slack/socket_connection.hpp"

#include <utility>

namespace driftwarden::slack {
namespace {
constexpr std::uint16_t kNormalClosure = 1000;
}

SocketConnection::SocketConnection(asio::any_io_executor executor, std::unique_ptr<net::ByteStream> stream, std::unique_ptr<WebsocketCodec> codec)
    : stream_(std::move(stream)), codec_(std::move(codec)), to_write_(std::move(executor)) {
  to_write_.notify();  // the handshake
}

asio::awaitable<Result<std::vector<WebsocketEvent>>> SocketConnection::read() {
  auto bytes = co_await stream_->read_some();
  if (closed_) co_return Error{ErrorKind::Unavailable, "the connection was given up"};
  if (!bytes) co_return std::move(bytes).error();
  if (bytes->empty()) co_return Error{ErrorKind::Unavailable, "the connection ended without a close frame"};
  auto events = codec_->receive(*bytes);
  to_write_.notify();  // pongs and the answer to a close frame
  co_return events;
}

asio::awaitable<void> SocketConnection::write_all() {
  while (!closed_) {
    auto woken = co_await to_write_.wait();
    if (!woken) co_return;
    auto bytes = codec_->take_output();
    if (bytes.empty() || closed_) continue;
    auto written = co_await stream_->write(std::move(bytes));
    if (!written) co_return close();
  }
}

void SocketConnection::send_text(const std::string& text) {
  codec_->send_text(text);
  to_write_.notify();
}

void SocketConnection::send_ping(const std::string& payload) {
  codec_->send_ping(payload);
  to_write_.notify();
}

void SocketConnection::send_close(const std::string& reason) {
  codec_->send_close(kNormalClosure, reason);
  to_write_.notify();
}

void SocketConnection::close() {
  if (std::exchange(closed_, true)) return;
  stream_->close();
  to_write_.notify();
}

}  // namespace driftwarden::slack
