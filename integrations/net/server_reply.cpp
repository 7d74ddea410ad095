#include "integrations/net/server_reply.hpp"

#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/core.h>

#include <array>

namespace driftwarden::net {

namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// "Wed, 21 Oct 2015 07:28:00 GMT": from it a client knows how far its clock is off.
std::string http_date(WallTime time) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string make_head(const ServerReply& reply, const ReplyForm& form, WallTime now) {
  const bool bodiless = reply.status < 200 || reply.status == 204 || reply.status == 304;
  const std::string reason(http::obsolete_reason(http::int_to_status(reply.status)));
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", reply.status, reason);
  if (!reply.headers.find("Date")) head += "Date: " + http_date(now) + "\r\n";
  for (const auto& [name, value] : reply.headers.all()) {
    const auto lower = to_lower(name);
    if (lower == "transfer-encoding" || lower == "connection" || lower == "content-length") continue;
    head += without_control_characters(name) + ": " + without_control_characters(value) + "\r\n";
  }
  if (reply.stream && !bodiless) {
    if (form.chunked) head += "Transfer-Encoding: chunked\r\n";
  } else if (!bodiless) {
    head += fmt::format("Content-Length: {}\r\n", reply.body.size());
  }
  head += form.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

asio::awaitable<Result<void>> write_two(tcp::socket& socket, asio::const_buffer first, asio::const_buffer second) {
  const std::array<asio::const_buffer, 2> both{first, second};
  auto [failed, bytes] = co_await asio::async_write(socket, both, kAwait);
  if (failed) co_return Error{ErrorKind::Unavailable, "the client has gone", failed};
  co_return Result<void>{};
}

/// A client that stops reading is as good as gone after the idle time.
asio::awaitable<Result<void>> write_in_time(ServerShared& shared, tcp::socket& socket, asio::const_buffer first, asio::const_buffer second) {
  auto writing = write_two(socket, first, second);
  auto written = co_await with_deadline<void>(shared.clock, shared.clock.mono_now() + shared.options.idle_timeout, std::move(writing));
  if (!written && written.error().kind == ErrorKind::Timeout) co_return Error{ErrorKind::Unavailable, "the client doesn't read"};
  co_return written;
}

class ChunkWriter final : public BodyWriter {
 public:
  ChunkWriter(ServerShared& shared, tcp::socket& socket, bool chunked) : shared_(shared), socket_(socket), chunked_(chunked) {}

  asio::awaitable<Result<void>> write(std::string bytes) override {
    if (broken_) co_return Error{ErrorKind::Unavailable, "the client has gone"};
    if (bytes.empty()) co_return Result<void>{};
    std::string head;
    if (chunked_) {
      head = fmt::format("{:x}\r\n", bytes.size());
      bytes += "\r\n";
    }
    // Left in the middle by a cancellation, the stream can't be continued.
    broken_ = true;
    auto written = co_await write_in_time(shared_, socket_, asio::buffer(head), asio::buffer(bytes));
    broken_ = !written;
    co_return written;
  }
  bool broken() const { return broken_; }

 private:
  ServerShared& shared_;
  tcp::socket& socket_;
  bool chunked_;
  bool broken_ = false;
};

/// Ends when the client has closed its side; never by a request that is already in the pipe.
asio::awaitable<void> until_gone(tcp::socket& socket) {
  auto [failed] = co_await socket.async_wait(tcp::socket::wait_read, kAwait);
  if (failed) co_return;
  char byte = 0;
  error_code unreadable;
  const auto bytes = socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, unreadable);
  if (unreadable || bytes == 0) co_return;
  asio::steady_timer forever(socket.get_executor(), asio::steady_timer::time_point::max());
  co_await forever.async_wait(kAwait);
}

/// True when the body is whole.
asio::awaitable<bool> run_stream(const ServerReply& reply, ChunkWriter& writer, tcp::socket& socket) {
  auto executor = co_await asio::this_coro::executor;
  auto race = asio::experimental::make_parallel_group(asio::co_spawn(executor, reply.stream(writer), asio::deferred),
                                                      asio::co_spawn(executor, until_gone(socket), asio::deferred));
  auto [order, thrown, watch_thrown] = co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (order[0] == 1 || writer.broken()) co_return false;
  try {
    if (thrown) std::rethrow_exception(thrown);
    co_return true;
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) log_error("net", std::string("a streamed reply failed: ") + error.what());
  } catch (const std::exception& error) {
    log_error("net", std::string("a streamed reply failed: ") + error.what());
  }
  co_return false;
}

}  // namespace

asio::awaitable<bool> write_reply(ServerShared& shared, tcp::socket& socket, ServerReply reply, ReplyForm form) {
  const bool streamed = static_cast<bool>(reply.stream);
  if ((streamed && !form.chunked) || to_lower(reply.headers.find("Connection").value_or("")) == "close") form.keep_alive = false;
  const std::string head = make_head(reply, form, shared.clock.wall_now());
  const bool without_body = form.head_only || streamed || reply.status < 200 || reply.status == 204 || reply.status == 304;
  const asio::const_buffer body = without_body ? asio::const_buffer{} : asio::buffer(reply.body);
  auto sent = co_await write_in_time(shared, socket, asio::buffer(head), body);
  if (!sent) co_return false;
  if (!streamed || form.head_only) co_return form.keep_alive;
  ChunkWriter writer(shared, socket, form.chunked);
  if (!co_await run_stream(reply, writer, socket)) co_return false;
  if (!form.chunked) co_return false;
  static const std::string kEnd = "0\r\n\r\n";
  auto ended = co_await write_in_time(shared, socket, asio::buffer(kEnd), asio::const_buffer{});
  co_return ended && form.keep_alive;
}

}  // namespace driftwarden::net
