#pragma once
// A clock that moves only when the test says so.
#include "gitops/base/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <list>
#include <memory>

namespace driftwarden::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(asio::io_context& io);
  ~ManualClock() override;

  WallTime wall_now() const override { return wall_; }
  MonoTime mono_now() const override { return mono_; }
  asio::awaitable<Result<void>> sleep_until(MonoTime when) override;

  /// Runs what is ready, moves to each sleeper's time in turn, and ends `duration` later.
  void advance(Duration duration);
  /// Runs what is ready without moving the time.
  void settle();

 private:
  struct Sleeper;
  asio::io_context& io_;
  WallTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{9}};
  MonoTime mono_{std::chrono::hours{1}};
  std::list<std::shared_ptr<Sleeper>> sleepers_;
};

}  // namespace driftwarden::test
