#include "bot/outbox/async_store.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/thread_pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace driftwarden {
namespace {

using testing::ElementsAre;

class AsyncStoreTest : public testing::Test {
 protected:
  AsyncStoreTest() : clock(io), store(std::move(storage::Store::open(":memory:", clock)).value()), async(*store, thread.get_executor()), tasks(io.get_executor()) {}
  ~AsyncStoreTest() override { thread.join(); }

  asio::awaitable<void> keep(int number) {
    std::function<Result<void>(storage::Transaction&)> work = [number](storage::Transaction& tx) -> Result<void> {
      CHECK_OK(tx.set_setting(std::to_string(number), "kept"));
      if (number == 3) return Error{ErrorKind::Denied, "no"};
      if (number == 4) throw std::logic_error("a bug");
      return Result<void>{};
    };
    auto keeping = async.transact(std::move(work));
    const auto done = co_await std::move(keeping);
    results.push_back(std::to_string(number) + (done ? " kept" : ": " + done.error().message));
  }
  asio::awaitable<Result<std::string>> read(int number) {
    std::function<Result<std::string>(storage::Transaction&)> work = [number](storage::Transaction& tx) -> Result<std::string> {
      TRY(const auto value, tx.setting(std::to_string(number)));
      return value.value_or("nothing");
    };
    auto reading = async.query<std::string>(std::move(work));
    co_return co_await std::move(reading);
  }

  asio::io_context io;
  test::ManualClock clock;
  std::unique_ptr<storage::Store> store;
  asio::thread_pool thread{1};
  AsyncStore async;
  TaskGroup tasks;
  std::vector<std::string> results;
};

TEST_F(AsyncStoreTest, EachOfACrowdGetsItsOwnAnswer) {
  for (int number = 1; number <= 6; ++number) tasks.spawn("keep", keep(number));
  while (results.size() < 6 && io.run_one_for(std::chrono::seconds{60}) > 0) {
  }
  std::sort(results.begin(), results.end());
  EXPECT_THAT(results, ElementsAre("1 kept", "2 kept", "3: no", "4: a bug", "5 kept", "6 kept"));
  EXPECT_EQ(*test::run(io, read(2)), "kept");
  EXPECT_EQ(*test::run(io, read(3)), "nothing");
  EXPECT_EQ(*test::run(io, read(4)), "nothing");
}

}  // namespace
}  // namespace driftwarden
