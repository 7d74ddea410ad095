#pragma once
// A small HTTP/1.1 server for health, webhooks and pages, and for the sandbox. Binds to what it is told, loopback by default.
#include "gitops/base/clock.hpp"
#include "integrations/net/http_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace driftwarden::net {

struct ServerRequest {
  std::string method;                        ///< a HEAD comes as GET; the reply's body is left out
  std::string path;                          ///< percent-decoded
  std::string raw_path;                      ///< as sent, without the query
  std::string raw_query;
  std::map<std::string, std::string> query;  ///< form-decoded
  Headers headers;
  std::string body;  ///< gzip-encoded bodies (Content-Encoding) come decoded

  std::string query_or(const std::string& key, const std::string& fallback) const;
};

/// Writes a chunked body piece by piece.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Unavailable once the client has gone.
  virtual asio::awaitable<Result<void>> write(std::string bytes) = 0;
};

struct WebSocketMessage {
  enum class Kind { Text, Binary, Ping, Pong, Close };
  Kind kind = Kind::Text;
  std::string data;
};

/// The server's end of a websocket. Text frames are sent unfragmented and unmasked; pings of the client are answered by the implementation.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// The next text, binary or pong message, Close at the end. Unavailable when the connection broke.
  virtual asio::awaitable<Result<WebSocketMessage>> read() = 0;
  virtual asio::awaitable<Result<void>> send_text(std::string text) = 0;
  virtual asio::awaitable<Result<void>> send_ping(std::string payload) = 0;
  virtual asio::awaitable<void> close(std::uint16_t code) = 0;
  /// Drops TCP without a close frame.
  virtual void abort() = 0;
  /// Reads and answers nothing any more while TCP stays open, as behind a dead router. abort() ends it.
  virtual void play_dead() {}
};

struct ServerReply {
  ServerReply() = default;
  ServerReply(unsigned status_, std::string content_type, std::string body_);
  unsigned status = 200;
  Headers headers;
  std::string body;
  /// Set for a streamed body: called once the headers are out; its end ends the response.
  std::function<asio::awaitable<void>(BodyWriter&)> stream;
  /// Set to accept a websocket upgrade; the request must ask for one, else the client gets 426.
  std::function<asio::awaitable<void>(std::shared_ptr<WebSocket>)> websocket;
};

/// A handler's exception becomes a 500 and a log line; it never ends the server.
using ServerHandler = std::function<asio::awaitable<ServerReply>(ServerRequest)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 = any free one
  std::size_t max_body_bytes = 64U << 20U;
  std::size_t max_connections = 512;
  Duration idle_timeout{120'000};
};

class HttpServer {
 public:
  virtual ~HttpServer() = default;
  virtual std::uint16_t port() const = 0;
  /// Stops accepting, cancels every connection and waits for its handlers.
  virtual asio::awaitable<void> stop() = 0;
};

/// Listens at once; Unavailable ("address already in use") when it can't.
Result<std::unique_ptr<HttpServer>> start_http_server(asio::any_io_executor executor, Clock& clock, HttpServerOptions options, ServerHandler handler);

}  // namespace driftwarden::net
