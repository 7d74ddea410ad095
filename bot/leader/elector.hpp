#pragma once
// Takes part in the election: reads and writes the Lease as leader_steps say, and closes the fence in time.
#include "bot/leader/leader_steps.hpp"
#include "gitops/base/async.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace driftwarden {

/// For /metrics.
struct LeaderFigures {
  bool leading = false;
  std::string holder;     ///< as the Lease says, "" = nobody
  int transitions = 0;    ///< of the Lease: how often its holder changed
  std::uint64_t terms = 0;  ///< of this process
  std::uint64_t lost = 0;   ///< of these, not given up by itself
  std::optional<Duration> since_renewal{};  ///< of a leader; the fence closes at two thirds of the Lease's duration
};
/// Prometheus text: driftwarden_leader, driftwarden_lease_transitions_total, driftwarden_lease_renewal_age_seconds, driftwarden_leader_terms_total,
/// driftwarden_leader_lost_total.
std::string to_metrics(const LeaderFigures& figures);

class Elector {
 public:
  struct Parts {
    asio::any_io_executor executor;
    Clock* clock = nullptr;
    std::unique_ptr<kubernetes::LeaseApi> lease;
    std::string identity;
    Duration duration{9'000};
    std::function<void()> on_change;  ///< it leads now, or no more
  };
  explicit Elector(Parts parts);
  void start();
  /// It may lead from now on: all that it did in an earlier term has ended.
  void stand();
  /// Gives the Lease back, so that another one needn't wait; then it is no candidate. What it did must have ended.
  asio::awaitable<void> release();
  asio::awaitable<void> stop();

  bool leads() const { return may_speak_now(*fence_); }
  /// By the clock, from any thread, also when this is gone: may anything go out at this moment? A process that was frozen has its answer before it does
  /// anything else.
  std::function<bool()> may_speak() const;
  const Election& state() const { return election_; }
  LeaderFigures figures() const;

 private:
  struct Fence {
    explicit Fence(const Clock& given) : clock(given) {}
    const Clock& clock;
    std::atomic<MonoTime::rep> until{MonoTime::min().time_since_epoch().count()};
  };
  static bool may_speak_now(const Fence& fence) { return fence.clock.mono_now().time_since_epoch().count() < fence.until.load(); }

  asio::awaitable<void> take_part();
  asio::awaitable<void> watch_the_time();
  asio::awaitable<void> carry_out(ElectionStep step);
  /// After every event: the fence, and who must hear of it.
  void settle();
  void tell_failure(const Error& why);

  asio::any_io_executor executor_;
  Clock& clock_;
  std::unique_ptr<kubernetes::LeaseApi> lease_;
  Election election_;
  std::function<void()> on_change_;
  std::shared_ptr<Fence> fence_;
  bool led_ = false;  ///< what was told last
  std::uint64_t terms_ = 0;
  std::uint64_t lost_ = 0;
  bool releasing_ = false;
  std::string trouble_;  ///< what was logged last
  Signal wake_;
  Signal began_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
