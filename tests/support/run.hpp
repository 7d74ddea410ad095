#pragma once
// Runs one coroutine to its end on `io`, giving up after a minute of real time rather than hanging.
#include "gitops/base/clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>

namespace driftwarden::test {

template <class T>
T run(asio::io_context& io, asio::awaitable<T> task, std::chrono::milliseconds patience = std::chrono::seconds{60}) {
  std::optional<T> value;
  std::exception_ptr thrown;
  bool done = false;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr failed, T result) {
    thrown = failed;
    value = std::move(result);
    done = true;
  });
  io.restart();
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!done && std::chrono::steady_clock::now() < give_up) io.run_one_until(give_up);
  if (!done) throw std::runtime_error("run(): no end within the patience");
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*value);
}

inline void run(asio::io_context& io, asio::awaitable<void> task, std::chrono::milliseconds patience = std::chrono::seconds{60}) {
  bool done = false;
  std::exception_ptr thrown;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr failed) {
    thrown = failed;
    done = true;
  });
  io.restart();
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!done && std::chrono::steady_clock::now() < give_up) io.run_one_until(give_up);
  if (!done) throw std::runtime_error("run(): no end within the patience");
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace driftwarden::test
