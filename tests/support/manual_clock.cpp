#include "tests/support/manual_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace driftwarden::test {

struct ManualClock::Sleeper {
  MonoTime when;
  bool due = false;
  asio::steady_timer wake;
};

ManualClock::ManualClock(asio::io_context& io) : io_(io) {}
ManualClock::~ManualClock() = default;

asio::awaitable<Result<void>> ManualClock::sleep_until(MonoTime when) {
  if (when <= mono_) co_return Result<void>{};
  auto executor = co_await asio::this_coro::executor;
  auto sleeper = std::make_shared<Sleeper>(Sleeper{when, false, asio::steady_timer(executor, asio::steady_timer::time_point::max())});
  sleepers_.push_back(sleeper);
  auto [failed] = co_await sleeper->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  sleepers_.remove(sleeper);
  if (sleeper->due) co_return Result<void>{};
  co_return Error{ErrorKind::Cancelled, "the wait was cancelled", failed};
}

void ManualClock::settle() {
  io_.restart();
  while (io_.poll() > 0) io_.restart();
}

void ManualClock::advance(Duration duration) {
  const auto end = mono_ + duration;
  const auto move_to = [&](MonoTime when) {
    wall_ += std::chrono::duration_cast<Duration>(when - mono_);
    mono_ = when;
  };
  settle();
  while (true) {
    const auto next = std::ranges::min_element(sleepers_, {}, [](const auto& sleeper) { return sleeper->when; });
    if (next == sleepers_.end() || (*next)->when > end) break;
    move_to(std::max(mono_, (*next)->when));
    (*next)->due = true;
    (*next)->wake.cancel();
    settle();
  }
  move_to(end);
  settle();
}

}  // namespace driftwarden::test
