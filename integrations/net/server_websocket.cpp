#include "integrations/net/server_websocket.hpp"

#include "gitops/base/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/system/system_error.hpp>

#include <deque>
#include <list>
#include <utility>

namespace driftwarden::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxMessageBytes = 16U << 20U;
constexpr std::size_t kMaxWaitingMessages = 256;
constexpr std::size_t kMaxPingBytes = 125;
constexpr Duration kCloseWithin{3'000};

/// First come, first served, for coroutines of one thread.
class Turnstile {
 public:
  explicit Turnstile(const asio::any_io_executor& executor) : changed_(executor, asio::steady_timer::time_point::max()) {}

  class Turn {
   public:
    explicit Turn(Turnstile& owner) : owner_(owner), place_(owner.queue_.insert(owner.queue_.end(), 0)) {}
    ~Turn() {
      owner_.queue_.erase(place_);
      owner_.changed_.cancel();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    bool has_come() const { return owner_.queue_.begin() == place_; }

   private:
    Turnstile& owner_;
    std::list<int>::iterator place_;
  };

  asio::awaitable<void> wait(const Turn& turn) {
    while (!turn.has_come()) co_await changed_.async_wait(kAwait);
  }

 private:
  std::list<int> queue_;
  asio::steady_timer changed_;
};

class BeastWebSocket final : public WebSocket, public std::enable_shared_from_this<BeastWebSocket> {
 public:
  BeastWebSocket(std::shared_ptr<ServerShared> shared, tcp::socket socket)
      : shared_(std::move(shared)), stream_(std::move(socket)), arrived_(stream_.get_executor()), taken_(stream_.get_executor()), sending_(stream_.get_executor()) {
    stream_.auto_fragment(false);
    stream_.read_message_max(kMaxMessageBytes);
    stream_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
      if (kind == websocket::frame_type::pong) deliver(WebSocketMessage::Kind::Pong, std::string(payload));
    });
  }

  asio::awaitable<error_code> accept(std::string target, Headers asked, Headers headers) {
    http::request<http::empty_body> request(http::verb::get, target, 11);
    for (const auto& [name, value] : asked.all()) request.insert(name, value);
    auto decorate = [headers = std::move(headers)](websocket::response_type& response) {
      response.reason("Switching Protocols");
      for (const auto& [name, value] : headers.all()) {
        if (!beast::iequals(name, "Content-Type")) response.insert(name, value);
      }
    };
    stream_.set_option(websocket::stream_base::decorator(std::move(decorate)));
    auto [failed] = co_await stream_.async_accept(request, kAwait);
    co_return failed;
  }

  /// Reads all the time, so that pings are answered and pongs seen even while nobody is in read().
  asio::awaitable<void> pump() {
    auto self = shared_from_this();
    beast::flat_buffer buffer;
    while (!dead_) {
      while (inbox_.size() >= kMaxWaitingMessages) {
        auto room = co_await taken_.wait();
        if (!room) co_return;
      }
      auto [failed, bytes] = co_await stream_.async_read(buffer, kAwait);
      if (failed) {
        if (dead_) co_return;
        end_ = failed;
        arrived_.notify();
        co_return;
      }
      deliver(stream_.got_text() ? WebSocketMessage::Kind::Text : WebSocketMessage::Kind::Binary, beast::buffers_to_string(buffer.data()));
      buffer.clear();
    }
  }

  asio::awaitable<Result<WebSocketMessage>> read() override {
    auto self = shared_from_this();
    while (inbox_.empty() && !end_) CO_CHECK_OK(co_await arrived_.wait());
    WebSocketMessage message;
    if (!inbox_.empty()) {
      message = std::move(inbox_.front());
      inbox_.pop_front();
      taken_.notify();
      co_return message;
    }
    if (end_ != websocket::error::closed) co_return Error{ErrorKind::Unavailable, "the websocket's connection broke: " + end_.message(), end_};
    message.kind = WebSocketMessage::Kind::Close;
    message.data = stream_.reason().reason.c_str();
    co_return message;
  }

  asio::awaitable<Result<void>> send_text(std::string text) override {
    auto self = shared_from_this();
    Turnstile::Turn turn(sending_);
    co_await sending_.wait(turn);
    auto writing = write_text(text);
    co_return co_await bounded(std::move(writing));
  }

  asio::awaitable<Result<void>> send_ping(std::string payload) override {
    auto self = shared_from_this();
    Turnstile::Turn turn(sending_);
    co_await sending_.wait(turn);
    payload.resize(std::min(payload.size(), kMaxPingBytes));
    auto writing = write_ping(payload);
    co_return co_await bounded(std::move(writing));
  }

  asio::awaitable<void> close(std::uint16_t code) override {
    auto self = shared_from_this();
    if (!stream_.is_open()) co_return;
    auto closing = shake_hands(code);
    auto closed = co_await with_deadline<void>(shared_->clock, shared_->clock.mono_now() + kCloseWithin, std::move(closing));
    if (!closed) abort();
  }

  void abort() override {
    error_code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
    if (!std::exchange(dead_, false)) return;
    end_ = asio::error::operation_aborted;  // nobody reads who could notice
    arrived_.notify();
  }

  void play_dead() override {
    error_code ignored;
    dead_ = true;
    beast::get_lowest_layer(stream_).cancel(ignored);
  }

 private:
  void deliver(WebSocketMessage::Kind kind, std::string data) {
    // A flood of pongs that nobody reads isn't worth keeping.
    if (kind == WebSocketMessage::Kind::Pong && inbox_.size() >= 2 * kMaxWaitingMessages) return;
    WebSocketMessage message;
    message.kind = kind;
    message.data = std::move(data);
    inbox_.push_back(std::move(message));
    arrived_.notify();
  }

  static Result<void> to_result(const error_code& failed) {
    if (!failed) return Result<void>{};
    return Error{ErrorKind::Unavailable, "the websocket's connection broke: " + failed.message(), failed};
  }
  asio::awaitable<Result<void>> write_text(const std::string& text) {
    stream_.text(true);
    auto [failed, bytes] = co_await stream_.async_write(asio::buffer(text), kAwait);
    co_return to_result(failed);
  }
  asio::awaitable<Result<void>> write_ping(const std::string& payload) {
    const websocket::ping_data data(payload.data(), payload.size());
    auto [failed] = co_await stream_.async_ping(data, kAwait);
    co_return to_result(failed);
  }
  asio::awaitable<Result<void>> shake_hands(std::uint16_t code) {
    const websocket::close_reason reason(static_cast<websocket::close_code>(code));
    auto [failed] = co_await stream_.async_close(reason, kAwait);
    co_return to_result(failed);
  }
  /// A frame that didn't leave whole ends the connection: nothing could follow it.
  asio::awaitable<Result<void>> bounded(asio::awaitable<Result<void>> writing) {
    auto written = co_await with_deadline<void>(shared_->clock, shared_->clock.mono_now() + shared_->options.idle_timeout, std::move(writing));
    if (!written && !dead_) {
      abort();
      if (written.error().kind == ErrorKind::Timeout) co_return Error{ErrorKind::Unavailable, "the websocket's client doesn't read"};
    }
    co_return written;
  }

  std::shared_ptr<ServerShared> shared_;
  websocket::stream<tcp::socket> stream_;
  std::deque<WebSocketMessage> inbox_;
  error_code end_;
  bool dead_ = false;
  Signal arrived_;
  Signal taken_;
  Turnstile sending_;
};

}  // namespace

asio::awaitable<void> serve_websocket(std::shared_ptr<ServerShared> shared, tcp::socket socket, std::string target, Headers headers,
                                      ServerReply reply) {
  auto executor = co_await asio::this_coro::executor;
  auto end = std::make_shared<BeastWebSocket>(shared, std::move(socket));
  const auto failed = co_await end->accept(std::move(target), std::move(headers), reply.headers);
  if (failed) co_return;
  TaskGroup reading(executor);
  reading.spawn("reading a websocket", end->pump());
  try {
    co_await reply.websocket(end);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) log_error("net", std::string("a websocket's handler failed: ") + error.what());
  } catch (const std::exception& error) {
    log_error("net", std::string("a websocket's handler failed: ") + error.what());
  }
  end->abort();
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await reading.join();
}

}  // namespace driftwarden::net
