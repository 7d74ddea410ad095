#include "tests/sim/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace driftwarden::sim {

struct SimClock::Sleeper {
  asio::steady_timer wake;
  bool due = false;
};

void SimClock::end() {
  ended_ = true;
  for (const auto& [id, sleeper] : sleepers_) sleeper->wake.cancel();
}

asio::awaitable<Result<void>> SimClock::sleep_until(MonoTime when) {
  if (ended_) co_return Error{ErrorKind::Cancelled, "the process is dead"};
  if (when <= time_.mono()) co_return Result<void>{};
  auto executor = co_await asio::this_coro::executor;
  auto sleeper = std::make_shared<Sleeper>(Sleeper{asio::steady_timer(executor, asio::steady_timer::time_point::max())});
  const auto id = time_.at(when, [sleeper] {
    sleeper->due = true;
    sleeper->wake.cancel();
  });
  sleepers_.emplace(id, sleeper);
  auto [failed] = co_await sleeper->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  time_.drop(id);
  sleepers_.erase(id);
  if (sleeper->due) co_return Result<void>{};
  co_return Error{ErrorKind::Cancelled, "the wait was cancelled", failed};
}

void Lane::post(std::function<void()> work) {
  if (hurried_) {
    asio::post(io_, std::move(work));
    return;
  }
  auto when = time_.mono() + delay_();
  if (in_order_) when = last_ = std::max(last_, when);
  auto id = std::make_shared<Timeline::Id>();
  *id = time_.at(when, [this, id] {
    auto due = waiting_.extract(*id);
    if (!due.empty()) asio::post(io_, std::move(due.mapped()));
  });
  waiting_.emplace(*id, std::move(work));
}

void Lane::hurry() {
  hurried_ = true;
  for (auto& [id, work] : waiting_) {
    time_.drop(id);
    asio::post(io_, std::move(work));
  }
  waiting_.clear();
}

}  // namespace driftwarden::sim
