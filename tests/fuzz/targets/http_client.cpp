// A server's answer, in pieces of any size; and gzip.
#include "integrations/net/exchange.hpp"
#include "integrations/net/gzip.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstring>

namespace driftwarden::fuzz {
namespace {

constexpr std::size_t kMostPieces = 100'000;

class Answering final : public net::Transport {
 public:
  Answering(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  asio::awaitable<net::IoResult> read_some(asio::mutable_buffer into) override {
    net::IoResult result;
    result.bytes = std::min({piece_, bytes_.size(), into.size()});
    if (result.bytes == 0) result.failed = asio::error::eof;
    std::memcpy(into.data(), bytes_.data(), result.bytes);
    bytes_.remove_prefix(result.bytes);
    co_return result;
  }
  asio::awaitable<boost::system::error_code> write(asio::const_buffer) override { co_return boost::system::error_code{}; }
  void close() override { bytes_ = {}; }
  bool looks_alive() override { return true; }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

asio::awaitable<void> talk(std::shared_ptr<net::Exchange> exchange) {
  const std::string body;
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  auto starting = exchange->start(std::move(head), body, false);
  auto started = co_await std::move(starting);
  if (!started) co_return;
  check(exchange->status() >= 100 && exchange->status() < 1000, "a status has three digits");
  for (const auto& [name, value] : exchange->headers().all()) check(value.find('\n') == std::string::npos, "no header spans lines");
  for (std::size_t pieces = 0; pieces < kMostPieces; ++pieces) {
    auto piece = co_await exchange->read_piece();
    if (!piece || piece->empty()) co_return;
  }
}

void run(std::string_view input) {
  if (input.empty()) return;
  const auto piece = 1 + static_cast<std::size_t>(static_cast<unsigned char>(input.front()));
  (void)net::gunzip(input.substr(1), 1U << 16U);
  asio::io_context io;
  asio::co_spawn(io, talk(net::create_exchange(std::make_shared<Answering>(input.substr(1), piece))), [](const std::exception_ptr& failed) { check(!failed, "an answer is no exception"); });
  io.run();
}

const Target target("http_client", &run);

}  // namespace
}  // namespace driftwarden::fuzz
