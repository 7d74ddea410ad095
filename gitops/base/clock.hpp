#pragma once
// Time comes in from outside, so that tests and simulations own it.
#include "gitops/base/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace driftwarden {

namespace asio = boost::asio;

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using MonoTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall_now() const = 0;  ///< for people, windows and the audit log
  virtual MonoTime mono_now() const = 0;  ///< for deadlines and back-off
  /// Cancelled when the awaiting coroutine is. Uses the coroutine's own executor.
  virtual asio::awaitable<Result<void>> sleep_until(MonoTime when) = 0;

  asio::awaitable<Result<void>> sleep_for(Duration duration) { return sleep_until(mono_now() + duration); }
};

class SystemClock final : public Clock {
 public:
  WallTime wall_now() const override;
  MonoTime mono_now() const override;
  asio::awaitable<Result<void>> sleep_until(MonoTime when) override;
};

}  // namespace driftwarden
