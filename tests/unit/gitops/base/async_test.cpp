#include "gitops/base/async.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::ManualClock;

asio::awaitable<Result<int>> answer_after(Clock& clock, Duration delay, int value) {
  auto slept = co_await clock.sleep_for(delay);
  if (!slept) co_return slept.error();
  co_return value;
}

asio::awaitable<void> keep(asio::awaitable<Result<int>> task, std::optional<Result<int>>& into) { into = co_await std::move(task); }

struct World {
  asio::io_context io;
  ManualClock clock{io};
  TaskGroup tasks{io.get_executor()};
  std::optional<Result<int>> result;
};

TEST(WithDeadline, TheAnswerWinsWhenItIsInTime) {
  World world;
  world.tasks.spawn("race", keep(with_deadline<int>(world.clock, world.clock.mono_now() + 2s, answer_after(world.clock, 1s, 7)), world.result));
  world.clock.advance(1s);
  ASSERT_TRUE(world.result);
  EXPECT_EQ(**world.result, 7);
}

TEST(WithDeadline, TheClockWinsAndTheWorkIsCancelled) {
  World world;
  world.tasks.spawn("race", keep(with_deadline<int>(world.clock, world.clock.mono_now() + 1s, answer_after(world.clock, 1h, 7)), world.result));
  world.clock.advance(999ms);
  EXPECT_FALSE(world.result);
  world.clock.advance(1ms);
  ASSERT_TRUE(world.result);
  EXPECT_EQ(world.result->error().kind, ErrorKind::Timeout);
}

TEST(TaskGroup, JoinCancelsAndWaits) {
  World world;
  world.tasks.spawn("sleeper", keep(answer_after(world.clock, 24h, 1), world.result));
  world.clock.settle();
  EXPECT_EQ(world.tasks.running(), 1U);
  test::run(world.io, world.tasks.join());
  EXPECT_EQ(world.tasks.running(), 0U);
  ASSERT_TRUE(world.result);
  EXPECT_EQ(world.result->error().kind, ErrorKind::Cancelled);
}

asio::awaitable<void> throws() {
  throw std::runtime_error("a bug");
  co_return;
}

TEST(TaskGroup, AnExceptionEndsItsTaskOnly) {
  World world;
  world.tasks.spawn("buggy", throws());
  world.tasks.spawn("fine", keep(answer_after(world.clock, 1s, 3), world.result));
  world.clock.advance(1s);
  ASSERT_TRUE(world.result);
  EXPECT_EQ(**world.result, 3);
  EXPECT_EQ(world.tasks.running(), 0U);
}

asio::awaitable<void> count_wakes(Signal& signal, int& wakes) {
  while (true) {
    auto woken = co_await signal.wait();
    if (!woken) co_return;
    ++wakes;
  }
}

TEST(Signal, KeepsWhatComesWhileTheWaiterIsBusyAsOne) {
  World world;
  Signal signal(world.io.get_executor());
  signal.notify();
  signal.notify();
  int wakes = 0;
  world.tasks.spawn("waiter", count_wakes(signal, wakes));
  world.clock.settle();
  EXPECT_EQ(wakes, 1);
  signal.notify();
  world.clock.settle();
  EXPECT_EQ(wakes, 2);
}

TEST(Signal, WaitUntilTellsWhichCameFirst) {
  World world;
  Signal signal(world.io.get_executor());
  auto waited = test::run(world.io, signal.wait_until(world.clock, world.clock.mono_now()));
  ASSERT_TRUE(waited);
  EXPECT_FALSE(*waited);
  signal.notify();
  waited = test::run(world.io, signal.wait_until(world.clock, world.clock.mono_now() + 1h));
  ASSERT_TRUE(waited);
  EXPECT_TRUE(*waited);
}

TEST(Offload, RunsElsewhereAndComesHome) {
  asio::io_context io;
  asio::thread_pool pool(1);
  const auto home = std::this_thread::get_id();
  auto work = [] { return std::this_thread::get_id(); };
  const auto there = test::run(io, offload(pool.get_executor(), work));
  EXPECT_NE(there, home);
  pool.join();
}

asio::awaitable<void> count_on_pool(asio::any_io_executor pool, std::atomic<int>& begun, std::atomic<int>& ended) {
  auto work = [&] {
    ++begun;
    for (int i = 0; i < 2'000; ++i) ended.load();
    return ++ended;
  };
  while (true) co_await offload(pool, work);
}

asio::awaitable<void> cancel_when_begun(TaskGroup& tasks, std::atomic<int>& begun) {
  const auto executor = co_await asio::this_coro::executor;
  while (begun == 0) co_await asio::post(executor, asio::use_awaitable);
  co_await tasks.join();
}

TEST(Offload, MayBeCancelledAtAnyMomentOfTheWork) {
  for (int round = 0; round < 200; ++round) {
    asio::io_context io;
    asio::thread_pool pool{2};
    TaskGroup tasks(io.get_executor());
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
    for (int i = 0; i < 3; ++i) tasks.spawn("worker", count_on_pool(pool.get_executor(), begun, ended));
    test::run(io, cancel_when_begun(tasks, begun));
    EXPECT_EQ(tasks.running(), 0U);
    EXPECT_EQ(begun, ended) << "work that has begun is waited for";
    pool.join();
  }
}

}  // namespace
}  // namespace driftwarden
