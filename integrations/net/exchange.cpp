#include "integrations/net/exchange.hpp"

#include "gitops/base/async.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <optional>

namespace driftwarden::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBytes = 64U << 10U;
constexpr std::uint32_t kMaxHeaderBytes = 256U << 10U;
/// A request this small is copied behind its header, to leave in one packet and one TLS record.
constexpr std::size_t kJoinBytes = 16U << 10U;

/// A body that is taken out piece by piece. Unlike Beast's string_body it never believes a Content-Length by reserving it.
struct PieceBody {
  using value_type = std::string;
  class reader {
   public:
    template <bool isRequest, class Fields>
    reader(http::header<isRequest, Fields>&, value_type& body) : body_(body) {}
    static void init(const boost::optional<std::uint64_t>&, error_code& failed) { failed = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& failed) {
      failed = {};
      for (auto piece : beast::buffers_range_ref(buffers)) body_.append(static_cast<const char*>(piece.data()), piece.size());
      return beast::buffer_bytes(buffers);
    }
    static void finish(error_code& failed) { failed = {}; }

   private:
    value_type& body_;
  };
};

Error not_http(const error_code& failed) { return Error{ErrorKind::Corrupt, "the answer isn't HTTP that can be understood: " + failed.message(), failed}; }

class BeastExchange final : public Exchange, public std::enable_shared_from_this<BeastExchange> {
 public:
  explicit BeastExchange(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}

  asio::awaitable<Result<void>> start(std::string head, const std::string& body, bool without_body) override {
    if (body.size() > kJoinBytes) co_return co_await start_long(std::move(head), body, without_body);
    head += body;
    unsent_ = co_await transport_->write(asio::buffer(head));
    if (unsent_ == asio::error::operation_aborted) co_return io_error(unsent_, "sending the request");
    co_return told(co_await read_header(without_body));
  }

  unsigned status() const override { return parser_ ? parser_->get().result_int() : 0; }
  const Headers& headers() const override { return headers_; }
  bool got_bytes() const override { return got_bytes_; }
  bool reusable() const override {
    return !broken_ && parser_ && parser_->is_done() && parser_->get().body().empty() && parser_->keep_alive() && buffer_.size() == 0;
  }
  void close() override {
    broken_ = true;
    transport_->close();
  }

  asio::awaitable<Result<std::string>> read_piece() override {
    for (;;) {
      std::string piece = std::exchange(parser_->get().body(), std::string{});
      if (!piece.empty() || parser_->is_done()) co_return piece;
      if (buffer_.size() > 0) {
        CO_TRY(const bool progress, parse());
        if (progress) continue;
      }
      const error_code failed = co_await read_more();
      if (!failed) continue;
      error_code incomplete = failed;
      if (failed == asio::error::eof) parser_->put_eof(incomplete);
      if (incomplete) {
        broken_ = true;
        co_return io_error(failed, "reading the answer");
      }
    }
  }

 private:
  using Parser = http::response_parser<PieceBody>;

  /// A server may answer (401, 413) without reading a long body, and then close: so its answer is read while we still write.
  asio::awaitable<Result<void>> start_long(std::string head, const std::string& body, bool without_body) {
    TaskGroup sending(co_await asio::this_coro::executor);
    sent_ = false;
    sending.spawn("sending a request", send(shared_from_this(), std::move(head), body));
    auto answered = told(co_await read_header(without_body));
    if (answered && sent_) co_return answered;
    broken_ = true;
    if (!answered) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await sending.join();
    co_return answered;
  }

  static asio::awaitable<void> send(std::shared_ptr<BeastExchange> self, std::string head, const std::string& body) {
    self->unsent_ = co_await self->transport_->write(asio::buffer(head));
    if (!self->unsent_) self->unsent_ = co_await self->transport_->write(asio::buffer(body));
    self->sent_ = !self->unsent_;
  }

  /// When neither side got through, our broken pipe came first and says more.
  Result<void> told(Result<void> answered) const {
    if (!answered && unsent_ && answered.error().kind == ErrorKind::Unavailable) return io_error(unsent_, "sending the request");
    return answered;
  }

  asio::awaitable<Result<void>> read_header(bool without_body) {
    for (;;) {
      parser_.emplace();
      parser_->header_limit(kMaxHeaderBytes);
      parser_->body_limit(boost::none);
      parser_->skip(without_body);
      while (!parser_->is_header_done()) {
        CO_TRY(const bool progress, parse());
        if (progress) continue;
        const error_code failed = co_await read_more();
        if (failed) co_return io_error(failed, "waiting for the answer");
      }
      const unsigned code = status();
      if (code >= 200 || code == 101) break;
    }
    parser_->eager(true);
    for (const auto& field : parser_->get()) headers_.add(std::string(field.name_string()), std::string(field.value()));
    co_return Result<void>{};
  }

  /// True when the buffered bytes brought the parser on.
  Result<bool> parse() {
    error_code failed;
    const auto used = parser_->put(buffer_.data(), failed);
    buffer_.consume(used);
    if (!failed || failed == http::error::need_more) return used > 0;
    broken_ = true;
    return not_http(failed);
  }

  asio::awaitable<error_code> read_more() {
    const auto space = buffer_.prepare(kReadBytes);
    const auto io = co_await transport_->read_some(space);
    buffer_.commit(io.bytes);
    if (io.bytes > 0) got_bytes_ = true;
    co_return io.bytes > 0 ? error_code{} : io.failed;
  }

  std::shared_ptr<Transport> transport_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Headers headers_;
  error_code unsent_;
  bool sent_ = true;
  bool got_bytes_ = false;
  bool broken_ = false;
};

}  // namespace

std::shared_ptr<Exchange> create_exchange(std::shared_ptr<Transport> transport) { return std::make_shared<BeastExchange>(std::move(transport)); }

}  // namespace driftwarden::net
