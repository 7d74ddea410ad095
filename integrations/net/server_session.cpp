#include "integrations/net/server_session.hpp"

#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/gzip.hpp"
#include "integrations/net/server_reply.hpp"
#include "integrations/net/server_websocket.hpp"
#include "integrations/net/url.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/system/system_error.hpp>

#include <optional>

namespace driftwarden::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kMaxHeaderBytes = 64U << 10U;
constexpr std::size_t kBodyBufferBytes = 256U << 10U;
constexpr Duration kLingerFor{2'000};

using Parser = http::request_parser<http::string_body>;
using Message = http::request<http::string_body>;

/// A request that gets an answer before any handler sees it; status 0: the connection just ends.
struct Refusal {
  unsigned status = 0;
  std::string why;
};

Refusal refusal_for(const error_code& failed) {
  if (failed == http::error::body_limit) return Refusal{413, "the request's body is too long\n"};
  if (failed == http::error::header_limit) return Refusal{431, "the request's headers are too long\n"};
  if (failed == http::error::end_of_stream || failed == http::error::partial_message) return Refusal{};
  static const auto& category = http::make_error_code(http::error::bad_method).category();
  if (failed.category() != category) return Refusal{};
  return Refusal{400, "that isn't HTTP that can be understood: " + failed.message() + "\n"};
}

/// The target without the "http://host" that a client of a proxy would send.
std::string_view origin_form(std::string_view target) {
  const auto scheme_end = target.find("://");
  if (target.starts_with('/') || scheme_end == std::string_view::npos) return target;
  const auto path = target.find('/', scheme_end + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

std::optional<Refusal> decode_body(ServerRequest& request, std::size_t max_bytes) {
  const auto encoding = to_lower(request.headers.find("Content-Encoding").value_or("identity"));
  if (encoding == "identity" || request.body.empty()) return std::nullopt;
  if (encoding != "gzip" && encoding != "x-gzip" && encoding != "deflate") return Refusal{415, "only gzip is understood as Content-Encoding\n"};
  auto decoded = gunzip(request.body, max_bytes);
  if (decoded) {
    request.body = std::move(*decoded);
    return std::nullopt;
  }
  return Refusal{decoded.error().kind == ErrorKind::Corrupt ? 413U : 400U, decoded.error().message + "\n"};
}

std::optional<Refusal> fill_request(ServerRequest& request, const Message& message, std::size_t max_bytes) {
  request.method = std::string(message.method_string());
  const std::string target(origin_form(message.target()));
  const auto question = target.find('?');
  request.raw_path = target.substr(0, question);
  if (question != std::string::npos) request.raw_query = target.substr(question + 1);
  auto path = percent_decode(request.raw_path);
  if (!path) return Refusal{400, "the path isn't percent-encoded correctly\n"};
  request.path = std::move(*path);
  request.query = parse_query(request.raw_query);
  for (const auto& field : message) request.headers.add(std::string(field.name_string()), std::string(field.value()));
  return decode_body(request, max_bytes);
}

ServerReply plain_reply(unsigned status, std::string text) { return ServerReply(status, "text/plain; charset=utf-8", std::move(text)); }

class Session {
 public:
  Session(std::shared_ptr<ServerShared> shared, tcp::socket socket) : shared_(std::move(shared)), socket_(std::move(socket)) {}

  asio::awaitable<void> run() {
    bool more = true;
    while (more) {
      parser_.emplace();
      parser_->header_limit(kMaxHeaderBytes);
      parser_->body_limit(shared_->options.max_body_bytes);
      const auto refusal = co_await read_request();
      if (refusal) {
        co_await refuse(*refusal);
        co_return;
      }
      more = co_await answer();
    }
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }

 private:
  MonoTime idle_deadline() const { return shared_->clock.mono_now() + shared_->options.idle_timeout; }

  static Result<void> to_result(const error_code& failed) {
    if (failed) return Error{ErrorKind::Unavailable, "reading the request", failed};
    return Result<void>{};
  }
  asio::awaitable<Result<void>> read_header() {
    auto [failed, bytes] = co_await http::async_read_header(socket_, buffer_, *parser_, kAwait);
    co_return to_result(failed);
  }
  asio::awaitable<Result<void>> read_some_body() {
    auto [failed, bytes] = co_await http::async_read_some(socket_, buffer_, *parser_, kAwait);
    co_return to_result(failed);
  }
  asio::awaitable<Result<void>> send(std::string_view text) {
    auto [failed, bytes] = co_await asio::async_write(socket_, asio::buffer(text), kAwait);
    co_return to_result(failed);
  }

  asio::awaitable<std::optional<Refusal>> read_request() {
    auto head = read_header();
    auto read = co_await with_deadline<void>(shared_->clock, idle_deadline(), std::move(head));
    if (!read) co_return refusal_for(read.error().cause);
    const bool expects = beast::iequals(parser_->get()[http::field::expect], "100-continue");
    if (expects && !parser_->is_done() && buffer_.size() == 0 && parser_->get().version() >= 11) {
      auto sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) co_return Refusal{};
    }
    // Beast reads no more at once than the buffer has room for, and that is 512 bytes after a header.
    if (!parser_->is_done()) buffer_.reserve(kBodyBufferBytes);
    while (!parser_->is_done()) {
      auto piece = read_some_body();
      read = co_await with_deadline<void>(shared_->clock, idle_deadline(), std::move(piece));
      if (!read) co_return refusal_for(read.error().cause);
    }
    co_return std::nullopt;
  }

  /// True when the connection may carry another request.
  asio::awaitable<bool> answer() {
    auto message = parser_->release();
    buffer_.shrink_to_fit();
    const bool keep_alive = message.keep_alive();
    const bool upgrade = beast::websocket::is_upgrade(message);
    std::string target(message.target());
    ReplyForm form;
    form.head_only = message.method() == http::verb::head;
    form.keep_alive = keep_alive;
    form.chunked = message.version() >= 11;
    ServerRequest request;
    request.body = std::move(message.body());
    const auto refusal = fill_request(request, message, shared_->options.max_body_bytes);
    if (refusal) {
      co_await refuse(*refusal);
      co_return false;
    }
    if (form.head_only) request.method = "GET";
    auto headers = upgrade ? request.headers : Headers();
    auto reply = co_await call_handler(std::move(request));
    if (reply.websocket && upgrade) {
      co_await serve_websocket(shared_, std::move(socket_), std::move(target), std::move(headers), std::move(reply));
      co_return false;
    }
    if (reply.websocket) {
      reply = plain_reply(426, "this address speaks websocket\n");
      reply.headers.set("Upgrade", "websocket");
    }
    co_return co_await write_reply(*shared_, socket_, std::move(reply), form);
  }

  asio::awaitable<ServerReply> call_handler(ServerRequest request) {
    const std::string what = request.method + " " + request.path;
    std::string why;
    bool aborted = false;
    try {
      co_return co_await shared_->handler(std::move(request));
    } catch (const boost::system::system_error& error) {
      aborted = error.code() == asio::error::operation_aborted;
      why = error.what();
    } catch (const std::exception& error) {
      why = error.what();
    }
    if (aborted) {
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(asio::error::operation_aborted);
    }
    log_error("net", "the handler of " + without_control_characters(what) + " failed: " + why);
    co_return plain_reply(500, "internal error\n");
  }

  asio::awaitable<void> refuse(Refusal refusal) {
    if (refusal.status == 0) co_return;
    ReplyForm form;
    form.keep_alive = false;
    auto reply = plain_reply(refusal.status, std::move(refusal.why));
    co_await write_reply(*shared_, socket_, std::move(reply), form);
    auto reading = linger();
    (void)co_await with_deadline<void>(shared_->clock, shared_->clock.mono_now() + kLingerFor, std::move(reading));
  }

  /// Closing with unread bytes makes TCP throw our answer away; so what the client still sends is read and dropped.
  asio::awaitable<Result<void>> linger() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    std::string dropped(64U << 10U, '\0');
    for (;;) {
      auto [failed, bytes] = co_await socket_.async_read_some(asio::buffer(dropped), kAwait);
      if (failed) co_return Result<void>{};
    }
  }

  std::shared_ptr<ServerShared> shared_;
  tcp::socket socket_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
};

}  // namespace

asio::awaitable<void> serve_connection(std::shared_ptr<ServerShared> shared, tcp::socket socket) {
  Session session(std::move(shared), std::move(socket));
  co_await session.run();
}

}  // namespace driftwarden::net
