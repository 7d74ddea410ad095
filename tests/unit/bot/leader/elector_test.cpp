#include "bot/leader/elector.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using kubernetes::Lease;
using namespace std::chrono_literals;

/// One Lease in memory, with a switch for its server.
struct Shelf {
  std::optional<Lease> lease;
  int version = 0;
  int calls = 0;
  bool away = false;
  bool silent = false;
};

class FakeLease final : public kubernetes::LeaseApi {
 public:
  FakeLease(Shelf& shelf, Clock& clock) : shelf_(shelf), clock_(clock) {}

  asio::awaitable<Result<std::optional<Lease>>> read(Duration) override {
    CO_CHECK_OK(co_await answer());
    co_return shelf_.lease;
  }
  asio::awaitable<Result<Lease>> create(Lease lease, Duration) override {
    CO_CHECK_OK(co_await answer());
    if (shelf_.lease) co_return Error{ErrorKind::Conflict, "exists"};
    co_return store(std::move(lease));
  }
  asio::awaitable<Result<Lease>> update(Lease lease, Duration) override {
    CO_CHECK_OK(co_await answer());
    if (!shelf_.lease) co_return Error{ErrorKind::NotFound, "gone"};
    if (shelf_.lease->version != lease.version) co_return Error{ErrorKind::Conflict, "changed"};
    co_return store(std::move(lease));
  }

 private:
  asio::awaitable<Result<void>> answer() {
    ++shelf_.calls;
    if (shelf_.silent) co_return co_await clock_.sleep_for(1h);
    if (shelf_.away) co_return Error{ErrorKind::Unavailable, "no connection"};
    co_return Result<void>{};
  }
  Lease store(Lease lease) {
    lease.version = std::to_string(++shelf_.version);
    shelf_.lease = lease;
    return lease;
  }
  Shelf& shelf_;
  Clock& clock_;
};

class Electors : public testing::Test {
 protected:
  std::unique_ptr<Elector> make(const std::string& identity) {
    Elector::Parts parts;
    parts.executor = io.get_executor();
    parts.clock = &clock;
    parts.lease = std::make_unique<FakeLease>(shelf, clock);
    parts.identity = identity;
    parts.duration = 9s;
    parts.on_change = [this] { ++changes; };
    return std::make_unique<Elector>(std::move(parts));
  }
  /// A Lease that was given back: nobody has to wait.
  void put_free() {
    shelf.lease = Lease{};
    shelf.lease->transitions = 7;
  }
  void TearDown() override {
    for (auto* one : {first.get(), second.get()}) {
      if (one != nullptr) test::run(io, one->stop());
    }
  }

  asio::io_context io;
  test::ManualClock clock{io};
  Shelf shelf;
  int changes = 0;
  std::unique_ptr<Elector> first;
  std::unique_ptr<Elector> second;
};

TEST_F(Electors, TheFirstToStandLeadsAndKeepsTheLease) {
  put_free();
  first = make("a");
  first->start();
  first->stand();
  clock.advance(100ms);
  EXPECT_TRUE(first->leads());
  EXPECT_EQ(changes, 1);
  clock.advance(5min);
  EXPECT_TRUE(first->leads());
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(shelf.lease->holder, "a");
  EXPECT_LT(first->figures().since_renewal.value(), Duration{2300});
}

TEST_F(Electors, WhereThereIsNoneADurationIsWaited) {
  first = make("a");
  first->start();
  first->stand();
  clock.advance(8900ms);
  EXPECT_EQ(shelf.lease->holder, "");
  EXPECT_FALSE(first->leads());
  clock.advance(200ms);
  EXPECT_TRUE(first->leads());
}

TEST_F(Electors, AStandbyTakesOverWhenTheLeaderIsGone) {
  put_free();
  first = make("a");
  first->start();
  first->stand();
  clock.advance(100ms);
  second = make("b");
  second->start();
  second->stand();
  clock.advance(1min);
  EXPECT_FALSE(second->leads());
  EXPECT_EQ(second->figures().holder, "a");
  test::run(io, first->stop());
  first.reset();
  clock.advance(8s);
  EXPECT_FALSE(second->leads());
  clock.advance(4s);
  EXPECT_TRUE(second->leads());
  EXPECT_EQ(shelf.lease->transitions, 9);
}

TEST_F(Electors, AStandbyTakesOverSoonWhenTheLeaseIsGivenBack) {
  put_free();
  first = make("a");
  first->start();
  first->stand();
  clock.advance(100ms);
  second = make("b");
  second->start();
  second->stand();
  clock.advance(1min);
  test::run(io, first->release());
  EXPECT_EQ(shelf.lease->holder, "");
  clock.advance(2100ms);
  EXPECT_TRUE(second->leads());
  EXPECT_FALSE(first->leads());
}

TEST_F(Electors, ALeaderWhoseServerIsAwayFallsSilentInTimeAndLeadsAgain) {
  put_free();
  first = make("a");
  first->start();
  first->stand();
  clock.advance(100ms);
  const auto may = first->may_speak();
  shelf.away = true;
  clock.advance(5s);
  clock.advance(2s);
  EXPECT_FALSE(may());
  EXPECT_EQ(changes, 2);
  shelf.away = false;
  clock.advance(1min);
  EXPECT_FALSE(first->leads()) << "what it did hasn't ended yet";
  first->stand();
  clock.advance(2s);
  EXPECT_TRUE(may());
  EXPECT_EQ(first->figures().lost, 1U);
  EXPECT_EQ(first->figures().terms, 2U);
}

TEST_F(Electors, AServerThatSaysNothingIsNotWaitedFor) {
  put_free();
  first = make("a");
  first->start();
  first->stand();
  clock.advance(100ms);
  shelf.silent = true;
  clock.advance(8s);
  EXPECT_FALSE(first->leads());
  EXPECT_EQ(changes, 2);
  EXPECT_GE(shelf.calls, 4);
}

TEST_F(Electors, TheFenceOutlivesTheElector) {
  put_free();
  first = make("a");
  first->start();
  first->stand();
  clock.advance(100ms);
  const auto may = first->may_speak();
  EXPECT_TRUE(may());
  test::run(io, first->stop());
  first.reset();
  EXPECT_FALSE(may());
}

TEST(LeaderMetrics, SayWhatIsKnown) {
  LeaderFigures figures;
  figures.leading = true;
  figures.transitions = 4;
  figures.since_renewal = 1500ms;
  const auto text = to_metrics(figures);
  EXPECT_NE(text.find("\ndriftwarden_leader 1\n"), std::string::npos);
  EXPECT_NE(text.find("\ndriftwarden_lease_transitions_total 4\n"), std::string::npos);
  EXPECT_NE(text.find("\ndriftwarden_lease_renewal_age_seconds 1.500\n"), std::string::npos);
  figures.since_renewal.reset();
  EXPECT_EQ(to_metrics(figures).find("renewal_age"), std::string::npos);
}

}  // namespace
}  // namespace driftwarden
