#include "bot/app/signals.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>

namespace driftwarden {

asio::awaitable<bool> wait_for_stop_signal() {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  const auto [failed, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !failed;
}

asio::awaitable<void> follow_hangups(std::function<void()> told) {
  // One set for all of them: without any the signal has its own way.
  asio::signal_set signals(co_await asio::this_coro::executor, SIGHUP);
  while (true) {
    const auto [failed, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (failed) co_return;
    told();
  }
}

}  // namespace driftwarden
