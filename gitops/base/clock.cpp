#include "gitops/base/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace driftwarden {

WallTime SystemClock::wall_now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

MonoTime SystemClock::mono_now() const { return std::chrono::steady_clock::now(); }

asio::awaitable<Result<void>> SystemClock::sleep_until(MonoTime when) {
  asio::steady_timer timer(co_await asio::this_coro::executor, when);
  auto [failed] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (failed) co_return Error{ErrorKind::Cancelled, "the wait was cancelled", failed};
  co_return Result<void>{};
}

}  // namespace driftwarden
