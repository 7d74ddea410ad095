#pragma once
// The websocket protocol without I/O: bytes in, events and bytes out. Behind it is websocketpp, whose headers are no C++20, so this
// header is plain C++17 and its source file is compiled as that.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::slack {

struct WebsocketEvent {
  enum class Kind { Opened, Text, Binary, Ping, Pong, Closed, Failed };
  Kind kind = Kind::Text;
  std::string data;             ///< the message, the ping's or pong's payload, the close reason, or why it failed
  std::uint16_t close_code = 0;
};

/// The client's side of one connection. Pings are answered by itself. Not thread-safe.
class WebsocketCodec {
 public:
  /// `url`: ws:// or wss:// with path and query; only its text is used.
  static std::unique_ptr<WebsocketCodec> create_client(const std::string& url, std::size_t max_message_bytes);
  virtual ~WebsocketCodec() = default;
  /// Feeds received bytes and returns what they meant, in order.
  virtual std::vector<WebsocketEvent> receive(std::string_view bytes) = 0;
  virtual void send_text(const std::string& text) = 0;
  virtual void send_ping(const std::string& payload) = 0;
  virtual void send_close(std::uint16_t code, const std::string& reason) = 0;
  /// What is to be written to the wire since the last call; after create_client that is the handshake.
  virtual std::string take_output() = 0;
};

}  // namespace driftwarden::slack
