// The collector behind TLS: real sockets on loopback.
#include "bot/audit/syslog.hpp"
#include "tests/support/certificates/certificates.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

namespace ssl = asio::ssl;
using asio::ip::tcp;
using net::test::issue;
using net::test::make_authority;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

class SyslogsOverTls : public testing::Test {
 protected:
  SyslogsOverTls() {
    EXPECT_TRUE(store->transact([](storage::Transaction& tx) -> Result<void> {
      TRY(const auto row, tx.append_audit({"alice", "change.requested", "checkout", "C-1", "{}"}));
      return {};
    }));
  }
  ~SyslogsOverTls() override {
    if (syslog) test::run(io, syslog->stop());
    test::run(io, tasks.join());
  }

  /// A collector with this certificate.
  void listen(const net::test::Identity& identity) {
    context.use_certificate_chain(asio::buffer(identity.certificate_pem));
    context.use_private_key(asio::buffer(identity.key_pem), ssl::context::pem);
    tasks.spawn("collector", accept_all());
  }
  asio::awaitable<void> accept_all() {
    while (true) {
      tcp::socket socket(io);
      auto [failed] = co_await acceptor.async_accept(socket, kAwait);
      if (failed) co_return;
      tasks.spawn("connection", hear(std::move(socket)));
    }
  }
  asio::awaitable<void> hear(tcp::socket socket) {
    ssl::stream<tcp::socket> stream(std::move(socket), context);
    auto [refused] = co_await stream.async_handshake(ssl::stream_base::server, kAwait);
    ++(refused ? refusals : handshakes);
    std::string bytes(4096, '\0');
    while (!refused) {
      auto [failed, got] = co_await stream.async_read_some(asio::buffer(bytes), kAwait);
      if (failed) co_return;
      heard.append(bytes, 0, got);
    }
  }

  void start(const std::string& trusted_pem) {
    AuditSyslog::Parts parts;
    parts.executor = io.get_executor();
    parts.clock = &clock;
    parts.random = random.get();
    parts.store = &async;
    parts.connect = [this, trusted_pem] { return reach(trusted_pem); };
    parts.collector = "logs:6514";
    parts.host = "bot";
    parts.instance = "f00d";
    syslog = std::make_unique<AuditSyslog>(std::move(parts));
    syslog->start();
  }
  asio::awaitable<Result<std::unique_ptr<net::ByteStream>>> reach(std::string trusted_pem) {
    net::Url url;
    url.scheme = "https";
    url.host = "127.0.0.1";
    url.port = acceptor.local_endpoint().port();
    net::TlsOptions tls;
    tls.ca_pem = std::move(trusted_pem);
    tls.use_environment_proxy = false;
    auto connecting = net::connect(clock, std::move(url), std::move(tls), clock.mono_now() + std::chrono::seconds{30});
    co_return co_await std::move(connecting);
  }
  void await_that(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    io.restart();
    while (!holds() && std::chrono::steady_clock::now() < give_up) io.run_one_until(give_up);
    ASSERT_TRUE(holds());
  }

  asio::io_context io;
  SystemClock clock;
  std::unique_ptr<Random> random = create_seeded_random(7);
  std::unique_ptr<storage::Store> store = storage::Store::open(":memory:", clock).value();
  AsyncStore async{*store, io.get_executor()};
  net::test::Identity authority = make_authority("test authority");
  ssl::context context{ssl::context::tls_server};
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)};
  int handshakes = 0;
  int refusals = 0;
  std::string heard;
  TaskGroup tasks{io.get_executor()};
  std::unique_ptr<AuditSyslog> syslog;
};

TEST_F(SyslogsOverTls, RowsAreSentToACollectorWhoseCertificateIsGood) {
  listen(issue(authority, "logs", "IP:127.0.0.1"));
  start(authority.certificate_pem);
  await_that([&] { return heard.find("hash=") != std::string::npos; });
  EXPECT_EQ(handshakes, 1);
  EXPECT_THAT(heard, HasSubstr("<109>1 "));
  EXPECT_THAT(heard, HasSubstr(R"(subject="C-1")"));
}

TEST_F(SyslogsOverTls, OfOneThatNobodyVouchesForNothingIsHeard) {
  listen(issue(make_authority("somebody else"), "logs", "IP:127.0.0.1"));
  start(authority.certificate_pem);
  await_that([&] { return refusals > 0; });
  EXPECT_EQ(handshakes, 0);
  EXPECT_FALSE(syslog->connected());
  EXPECT_THAT(heard, IsEmpty());
}

TEST_F(SyslogsOverTls, NorOfOneByAnothersName) {
  listen(issue(authority, "logs", "DNS:other.example"));
  start(authority.certificate_pem);
  await_that([&] { return refusals > 0; });
  EXPECT_FALSE(syslog->connected());
  EXPECT_THAT(heard, IsEmpty());
}

}  // namespace
}  // namespace driftwarden
