#include "bot/audit/syslog.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// The other side: what it was sent, and whether it is there.
struct Collector {
  explicit Collector(const asio::any_io_executor& executor) : hang_up(executor) {}
  std::string received;
  Signal hang_up;
  bool refuses = false;
  int calls = 0;

  std::vector<std::string> numbers() const {
    std::vector<std::string> found;
    for (auto at = received.find("seq=\""); at != std::string::npos; at = received.find("seq=\"", at + 1)) found.push_back(received.substr(at + 5, received.find('"', at + 5) - at - 5));
    return found;
  }
};

class Line final : public net::ByteStream {
 public:
  explicit Line(Collector& collector) : collector_(collector) {}
  asio::awaitable<Result<std::string>> read_some() override {
    auto ended = co_await collector_.hang_up.wait();
    if (!ended) co_return ended.error();
    gone_ = true;
    co_return std::string{};
  }
  asio::awaitable<Result<void>> write(std::string bytes) override {
    if (gone_) co_return Error{ErrorKind::Unavailable, "broken pipe"};
    collector_.received += bytes;
    co_return Result<void>{};
  }
  void close() override {}

 private:
  Collector& collector_;
  bool gone_ = false;
};

class Syslogs : public testing::Test {
 protected:
  void start() {
    AuditSyslog::Parts parts;
    parts.executor = io.get_executor();
    parts.clock = &clock;
    parts.random = random.get();
    parts.store = &async;
    parts.connect = [this] { return reach(); };
    parts.collector = "logs:601";
    parts.host = "bot";
    parts.instance = "f00d";
    syslog = std::make_unique<AuditSyslog>(std::move(parts));
    syslog->start();
    clock.settle();
  }
  ~Syslogs() override { stop(); }
  void stop() {
    if (syslog) test::run(io, syslog->stop());
    syslog.reset();
  }
  asio::awaitable<Result<std::unique_ptr<net::ByteStream>>> reach() {
    ++collector.calls;
    if (collector.refuses) co_return Error{ErrorKind::Unavailable, "nobody answers"};
    co_return std::unique_ptr<net::ByteStream>(std::make_unique<Line>(collector));
  }
  void append(int count = 1) {
    ASSERT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
      for (int i = 0; i < count; ++i) {
        TRY(const auto row, tx.append_audit({"alice", "change.requested", "checkout", "C-1", "{}"}));
      }
      return {};
    }));
  }

  asio::io_context io;
  test::ManualClock clock{io};
  std::unique_ptr<Random> random = create_seeded_random(7);
  std::unique_ptr<storage::Store> store = storage::Store::open(":memory:", clock).value();
  AsyncStore async{*store, io.get_executor()};
  Collector collector{io.get_executor()};
  std::unique_ptr<AuditSyslog> syslog;
};

TEST_F(Syslogs, EveryRowIsSentInOrder) {
  append(2);
  start();
  clock.advance(3s);
  append();
  clock.advance(5s);
  EXPECT_THAT(collector.numbers(), ElementsAre("1", "2", "3"));
  EXPECT_TRUE(syslog->connected());
  EXPECT_EQ(collector.received.find("<109>1"), collector.received.find(' ') + 1) << "octet-counted: " << collector.received.substr(0, 40);
}

TEST_F(Syslogs, ALogLongerThanOneTurnIsSentWhole) {
  append(450);
  start();
  clock.advance(10s);
  EXPECT_EQ(collector.numbers().size(), 450U);
}

TEST_F(Syslogs, ItGoesOnWhereItWasAfterARestart) {
  append(2);
  start();
  clock.advance(5s);
  stop();
  collector.received.clear();
  append();
  start();
  clock.advance(5s);
  EXPECT_THAT(collector.numbers(), ElementsAre("3"));
}

TEST_F(Syslogs, WhatACollectorMayNotHaveTakenIsSentAgain) {
  append();
  start();
  collector.hang_up.notify();  // right after the bytes were written
  clock.advance(30s);
  EXPECT_THAT(collector.numbers(), ElementsAre("1", "1"));
  EXPECT_TRUE(syslog->connected());
}

TEST_F(Syslogs, ACollectorThatIsAwayIsCalledLessAndLessOften) {
  collector.refuses = true;
  append();
  start();
  clock.advance(1h);
  EXPECT_LT(collector.calls, 40);
  EXPECT_FALSE(syslog->connected());
  EXPECT_THAT(collector.numbers(), IsEmpty());
  collector.refuses = false;
  clock.advance(10min);
  EXPECT_THAT(collector.numbers(), ElementsAre("1"));
}

}  // namespace
}  // namespace driftwarden
