#pragma once
// From a worker thread into the I/O thread and back.
#include "gitops/base/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <future>
#include <memory>
#include <utility>

namespace driftwarden::git {

/// True on a thread that runs this executor: waiting there would wait for itself.
inline bool runs_here(const asio::any_io_executor& executor) {
  const auto* loop = executor.target<asio::io_context::executor_type>();
  return loop != nullptr && loop->running_in_this_thread();
}

/// Runs `work` on the I/O thread and blocks until it ends. `work` has a deadline of its own; `patience` is for an I/O thread that
/// no longer runs. What `work` refers to must therefore outlive it by shared ownership.
template <class T>
Result<T> wait_for(const asio::any_io_executor& executor, asio::awaitable<Result<T>> work, Duration patience) {
  if (runs_here(executor)) return Error{ErrorKind::Corrupt, "a blocking Git call was made on the I/O thread"};
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  asio::co_spawn(executor, std::move(work), [promise](std::exception_ptr thrown, Result<T> result) {
    if (thrown) {
      promise->set_exception(thrown);
    } else {
      promise->set_value(std::move(result));
    }
  });
  promise.reset();
  if (future.wait_for(patience) != std::future_status::ready) return Error{ErrorKind::Timeout, "no answer in time"};
  try {
    return future.get();
  } catch (const std::future_error&) {
    return Error{ErrorKind::Cancelled, "the program is stopping"};
  } catch (const std::exception& thrown) {
    return Error{ErrorKind::Unavailable, thrown.what()};
  }
}

}  // namespace driftwarden::git
