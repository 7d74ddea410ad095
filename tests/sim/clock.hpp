#pragma once
// The world's time as one life of the bot sees it, and executors on which work takes time.
#include "tests/sim/timeline.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <type_traits>

namespace driftwarden::sim {

/// Sleeps by the timeline. Once `end()` was called every sleep is Cancelled: the process is dead.
class SimClock final : public Clock {
 public:
  explicit SimClock(Timeline& time) : time_(time) {}
  WallTime wall_now() const override { return time_.wall() + ahead(); }
  MonoTime mono_now() const override { return time_.mono(); }
  asio::awaitable<Result<void>> sleep_until(MonoTime when) override;
  void end();
  bool ended() const { return ended_; }

  /// A mutant's: how far the wall clock is off.
  std::function<Duration()> ahead = [] { return Duration{0}; };

 private:
  struct Sleeper;
  Timeline& time_;
  bool ended_ = false;
  std::map<Timeline::Id, std::shared_ptr<Sleeper>> sleepers_;
};

/// A thread (`in_order`) or a pool that isn't there: what is posted runs on the io_context some time later.
class Lane {
 public:
  Lane(Timeline& time, asio::io_context& io, std::function<Duration()> delay, bool in_order) : time_(time), io_(io), delay_(std::move(delay)), in_order_(in_order) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  void post(std::function<void()> work);
  /// At a life's end nothing waits.
  void hurry();
  asio::io_context& io() const { return io_; }

 private:
  Timeline& time_;
  asio::io_context& io_;
  std::function<Duration()> delay_;
  bool in_order_;
  bool hurried_ = false;
  MonoTime last_{};
  std::map<Timeline::Id, std::function<void()>> waiting_;
};

class LateExecutor {
 public:
  explicit LateExecutor(Lane& lane) : lane_(&lane) {}
  asio::execution_context& query(asio::execution::context_t) const noexcept { return lane_->io(); }
  static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept { return asio::execution::blocking_t(asio::execution::blocking_t::never_t()); }
  LateExecutor require(asio::execution::blocking_t::never_t) const { return *this; }
  template <class F>
  void execute(F&& work) const {
    auto kept = std::make_shared<std::decay_t<F>>(std::forward<F>(work));
    lane_->post([kept] { std::move (*kept)(); });
  }
  bool operator==(const LateExecutor& other) const noexcept { return lane_ == other.lane_; }
  bool operator!=(const LateExecutor& other) const noexcept { return lane_ != other.lane_; }

 private:
  Lane* lane_;
};

}  // namespace driftwarden::sim
