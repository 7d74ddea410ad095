#pragma once
// What the drift index wants to know of one cluster beyond its watches: dry-runs, and objects that nobody kept. Bounded on both ends.
#include "gitops/base/async.hpp"
#include "gitops/drift/index.hpp"
#include "integrations/kubernetes/cluster.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

namespace driftwarden {

/// Look-ups: 8 at a time. Dry-runs that a report waits for: 4 at a time. The others, made in advance: one at a time, ten a second, and
/// only while nothing else is under way.
class ClusterErrands {
 public:
  /// `on_answer`: the index knows more now.
  ClusterErrands(asio::any_io_executor executor, Clock& clock, kubernetes::Cluster& cluster, DriftIndex& index, std::function<void()> on_answer);

  void start();
  asio::awaitable<void> stop();
  /// The index may want something.
  void look() { wake_.notify(); }
  std::uint64_t dry_runs() const { return dry_runs_; }

 private:
  class Slot;

  asio::awaitable<void> run();
  /// When to come back, where nobody else says so.
  std::optional<MonoTime> hand_out();
  asio::awaitable<void> look_up(ObjectRef ref);
  asio::awaitable<void> dry_run(DryRunWanted wanted);
  bool take_answer(const ObjectRef& ref, Result<JsonPtr> answer);

  Clock& clock_;
  kubernetes::Cluster& cluster_;
  DriftIndex& index_;
  std::function<void()> on_answer_;
  std::deque<ObjectRef> waiting_;
  std::size_t looking_ = 0;
  std::size_t urgent_ = 0;
  std::size_t quiet_ = 0;
  MonoTime next_quiet_{};
  std::uint64_t dry_runs_ = 0;
  Signal wake_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
