// The log's witnesses outside of the database: a collector of syslog messages behind TLS, the commits' trailers, and the anchors in Git.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"
#include "tests/support/certificates/certificates.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

namespace driftwarden::e2e {
namespace {

using boost::asio::ip::tcp;
using testing::HasSubstr;

/// Listens on loopback behind TLS and keeps what it hears, one connection after the other.
class Collector {
 public:
  explicit Collector(const net::test::Identity& identity) : acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)), thread_([this, identity] { listen(identity); }) {}
  ~Collector() {
    done_ = true;
    boost::system::error_code ignored;
    tcp::socket last(io_);
    last.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port()), ignored);  // wakes whoever waits for somebody
    last.close();
    thread_.join();
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void listen(const net::test::Identity& identity) {
    namespace ssl = boost::asio::ssl;
    ssl::context context(ssl::context::tls_server);
    context.use_certificate_chain(boost::asio::buffer(identity.certificate_pem));
    context.use_private_key(boost::asio::buffer(identity.key_pem), ssl::context::pem);
    while (!done_) {
      boost::system::error_code failed;
      ssl::stream<tcp::socket> socket(io_, context);
      acceptor_.accept(socket.next_layer(), failed);
      if (!failed) socket.handshake(ssl::stream_base::server, failed);
      std::array<char, 4096> buffer{};
      while (!failed) {
        const auto got = socket.read_some(boost::asio::buffer(buffer), failed);
        const std::lock_guard lock(mutex_);
        heard_.append(buffer.data(), got);
      }
    }
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::atomic<bool> done_ = false;
  std::mutex mutex_;
  std::string heard_;
  std::thread thread_;
};

Ran audit(World& world, std::vector<std::string> arguments) {
  std::vector<std::string> argv{DRIFTWARDEN_BINARY, "audit"};
  argv.push_back(arguments.front());
  argv.insert(argv.end(), {"--db", world.database()});
  argv.insert(argv.end(), arguments.begin() + 1, arguments.end());
  return run_program(argv);
}

TEST(AuditLog, HasWitnessesThatALogWhichWasReplacedDoesNotMatch) {
  const auto authority = net::test::make_authority("the house's own");
  Collector collector(net::test::issue(authority, "logs", "IP:127.0.0.1"));
  World world(World::Bot::None);
  std::ofstream(world.data() + "/ca.pem") << authority.certificate_pem;
  std::ofstream(world.config(), std::ios::app) << fmt::format("audit:\n  anchor: {{repository: config}}\n  syslog: {{address: '127.0.0.1:{}', tls: true}}\ntls: {{ca: {}/ca.pem}}\n", collector.port(), world.data());
  world.start_bot();
  tell_alert_and_diff(world.stage());
  tell_sync_with_two_people(world.stage());
  await_that("the collector to hear of the end", [&] { return collector.heard().find("change.done") != std::string::npos; });
  EXPECT_THAT(collector.heard(), HasSubstr("driftwarden - change.approved [driftwarden@32473 seq=\""));
  EXPECT_EQ(collector.heard().find("commit.landed"), std::string::npos) << "what the bot itself brought isn't past it";
  world.forge().push({{"docs/by-hand.md", "one"}}, "carol", "Past the bot");
  const auto pushed = world.forge().commits().front().at("sha").get<std::string>();
  await_that("the collector to hear of the push past the bot", [&] { return collector.heard().find("driftwarden - commit.landed [driftwarden@32473 seq=\"") != std::string::npos; });
  ASSERT_EQ(world.stop_bot(), 0);
  // The log was empty when the first bot looked; the next one has something to anchor.
  world.start_bot();
  const auto git = world.data() + "/forge/acme/config.git";
  await_that("the anchor in Git", [&] { return run_program({"git", "-C", git, "rev-parse", "--verify", "-q", "driftwarden-audit"}).exit_code == 0; });
  ASSERT_EQ(world.stop_bot(), 0);

  const auto intact = audit(world, {"verify", "--git", git});
  EXPECT_EQ(intact.exit_code, 0) << intact.out;
  EXPECT_THAT(intact.out, testing::ContainsRegex("[1-9][0-9]* commit trailers and 1 anchors were compared"));
  const auto story = audit(world, {"list", "--about", "C-1"});
  EXPECT_THAT(story.out, testing::AllOf(HasSubstr("asked for C-1"), HasSubstr("approved C-1"), HasSubstr("saw in force C-1")));
  EXPECT_THAT(audit(world, {"list", "--about", "C-1", "-o", "json"}).out, HasSubstr(R"(\"identities\":{\"slack\":\")")) << "who it is in chat, on the forge and in commits";
  EXPECT_THAT(audit(world, {"list", "--about", pushed.substr(0, 8)}).out, HasSubstr("saw others bring commit " + pushed.substr(0, 7) + ": by carol, to main of config"));
  const auto report = audit(world, {"report"});
  EXPECT_THAT(report.out, HasSubstr("Changed past the bot              1 commit by 1 person\n"));
  EXPECT_EQ(report.exit_code, 0) << report.out;
  EXPECT_THAT(report.out, HasSubstr("Self-approvals (must be 0)        0\n"));

  // Somebody puts another database in its place.
  for (const auto* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(world.database() + end);
  world.start_bot();
  ASSERT_EQ(world.stop_bot(), 0);
  EXPECT_EQ(audit(world, {"verify"}).exit_code, 0) << "by itself it is whole";
  const auto replaced = audit(world, {"verify", "--git", git, "--alone"});
  EXPECT_EQ(replaced.exit_code, 1) << replaced.out;
  EXPECT_THAT(replaced.out, HasSubstr("it was replaced"));
}

}  // namespace
}  // namespace driftwarden::e2e
