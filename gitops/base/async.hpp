#pragma once
// The few ways in which coroutines are combined here. One I/O thread owns all state.
#include "gitops/base/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <string>
#include <type_traits>

namespace driftwarden {

/// Races `op` against the clock; whichever is second is cancelled and awaited. Timeout when the clock wins.
template <class T>
asio::awaitable<Result<T>> with_deadline(Clock& clock, MonoTime deadline, asio::awaitable<Result<T>> op) {
  auto executor = co_await asio::this_coro::executor;
  auto race = asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(op), asio::deferred),
                                                      asio::co_spawn(executor, clock.sleep_until(deadline), asio::deferred));
  auto done = co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  auto& [order, thrown, result, clock_thrown, slept] = done;
  if (order[0] == 1 && !clock_thrown && slept) co_return Error{ErrorKind::Timeout, "no answer in time"};
  if (thrown) std::rethrow_exception(thrown);
  co_return std::move(result);
}

namespace detail {
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> run_work(Work work) {
  co_return work();
}
}  // namespace detail

/// Runs `work` on `pool` (a thread pool's executor) and resumes at home: values in, values out. Work that has begun is waited for: a
/// cancellation shows at the next co_await. The pool is joined before home's io_context dies: its thread lets go of that last.
/// Bind `work` to a named local and move it in: GCC 12 miscompiles a capturing lambda made inside the co_await.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> offload(asio::any_io_executor pool, Work work) {
  // Without a slot: emitting a cancellation here, while the work ends on its own thread, would touch what that thread destroys.
  auto without_slot = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
  auto task = asio::co_spawn(pool, detail::run_work(std::move(work)), std::move(without_slot));
  co_return co_await std::move(task);
}

/// Owns the coroutines of one object: none outlives it. `co_await join()` before the object dies.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor);
  ~TaskGroup();  ///< cancels what still runs, without waiting: for when the io_context itself is being destroyed
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// `name` appears in the log should the task end by an exception other than a cancellation.
  void spawn(std::string name, asio::awaitable<void> task);
  void cancel();
  /// Cancels all and waits until all ended.
  asio::awaitable<void> join();
  std::size_t running() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A flag that ONE coroutine waits for; notifications that come while it is busy are kept as one.
class Signal {
 public:
  explicit Signal(asio::any_io_executor executor);
  ~Signal();
  void notify();
  /// Returns when notified since the last return. Cancelled when the coroutine is.
  asio::awaitable<Result<void>> wait();
  /// The same, true when notified, false when `deadline` passed first.
  asio::awaitable<Result<bool>> wait_until(Clock& clock, MonoTime deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace driftwarden
