#pragma once
// One websocket to Slack: our stream's bytes through the codec. Who decides what to do with it is SocketFsm.
#include "gitops/base/async.hpp"
#include "integrations/net/byte_stream.hpp"
#include "integrations/slack/websocket_codec.hpp"

#include <memory>
#include <string>
#include <vector>

namespace driftwarden::slack {

/// Reading is one coroutine, writing another: both hold it by shared_ptr.
class SocketConnection {
 public:
  SocketConnection(asio::any_io_executor executor, std::unique_ptr<net::ByteStream> stream, std::unique_ptr<WebsocketCodec> codec);

  /// The events of the next bytes. Unavailable at the end of the stream.
  asio::awaitable<Result<std::vector<WebsocketEvent>>> read();
  /// Writes what the codec has to say until the connection ends.
  asio::awaitable<void> write_all();

  void send_text(const std::string& text);
  void send_ping(const std::string& payload);
  void send_close(const std::string& reason);
  void close();  ///< at once, without a farewell
  bool closed() const { return closed_; }

 private:
  std::unique_ptr<net::ByteStream> stream_;
  std::unique_ptr<WebsocketCodec> codec_;
  Signal to_write_;
  bool closed_ = false;
};

}  // namespace driftwarden::slack
