#include "bot/watch/cluster_errands.hpp"

#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

constexpr std::size_t kLookUps = 8;
constexpr std::size_t kUrgent = 4;
constexpr Duration kQuietEvery{100};
constexpr Duration kUrgentWithin{5000};
constexpr Duration kQuietWithin{10'000};
constexpr Duration kLookUpWithin{5000};
constexpr Duration kLookUpAgain{2000};

Result<DryRun> answer_of(Result<kubernetes::ApplyOutcome> outcome) {
  // A webhook that knows no dry-run says nothing about Desired.
  if (outcome && outcome->message.find("does not support dry run") != std::string::npos) return DryRun{403, nullptr, outcome->message};
  if (outcome) return DryRun{outcome->status, outcome->object, outcome->message};
  if (outcome.error().kind == ErrorKind::Denied) return DryRun{403, nullptr, outcome.error().message};
  return outcome.error();
}

}  // namespace

/// Holds one of the places, and tells when it is free again.
class ClusterErrands::Slot {
 public:
  Slot(std::size_t& taken, Signal& freed) : taken_(taken), freed_(freed) {}
  ~Slot() {
    --taken_;
    freed_.notify();
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  std::size_t& taken_;
  Signal& freed_;
};

ClusterErrands::ClusterErrands(asio::any_io_executor executor, Clock& clock, kubernetes::Cluster& cluster, DriftIndex& index, std::function<void()> on_answer)
    : clock_(clock), cluster_(cluster), index_(index), on_answer_(std::move(on_answer)), wake_(executor), tasks_(executor) {}

void ClusterErrands::start() { tasks_.spawn("errands of " + cluster_.name(), run()); }

asio::awaitable<void> ClusterErrands::stop() { co_await tasks_.join(); }

asio::awaitable<void> ClusterErrands::run() {
  while (true) {
    const auto again = hand_out();
    if (again) {
      auto woken = co_await wake_.wait_until(clock_, *again);
      if (!woken) co_return;
    } else {
      auto woken = co_await wake_.wait();
      if (!woken) co_return;
    }
  }
}

std::optional<MonoTime> ClusterErrands::hand_out() {
  const auto& name = cluster_.name();
  for (auto& ref : index_.take_lookups(name)) waiting_.push_back(std::move(ref));
  while (looking_ < kLookUps && !waiting_.empty()) {
    ++looking_;
    tasks_.spawn("look-up in " + name, look_up(std::move(waiting_.front())));
    waiting_.pop_front();
  }
  if (urgent_ < kUrgent) {
    for (auto& wanted : index_.take_dry_runs(name, kUrgent - urgent_, true)) {
      ++urgent_;
      wanted.urgent = true;
      tasks_.spawn("dry-run in " + name, dry_run(std::move(wanted)));
    }
  }
  if (looking_ + urgent_ + quiet_ > 0) return std::nullopt;  // whoever ends looks again
  if (clock_.mono_now() < next_quiet_) return next_quiet_;
  auto wanted = index_.take_dry_runs(name, 1, false);
  if (wanted.empty()) return std::nullopt;
  ++quiet_;
  next_quiet_ = clock_.mono_now() + kQuietEvery;
  wanted.front().urgent = false;
  tasks_.spawn("dry-run in " + name, dry_run(std::move(wanted.front())));
  return std::nullopt;
}

asio::awaitable<void> ClusterErrands::dry_run(DryRunWanted wanted) {
  const Slot slot(wanted.urgent ? urgent_ : quiet_, wake_);
  ++dry_runs_;
  kubernetes::ApplyOptions options;
  options.dry_run = true;
  const auto deadline = clock_.mono_now() + (wanted.urgent ? kUrgentWithin : kQuietWithin);
  auto asking = cluster_.apply(wanted.body, std::move(options));
  auto outcome = co_await with_deadline<kubernetes::ApplyOutcome>(clock_, deadline, std::move(asking));
  index_.on_dry_run(wanted, answer_of(std::move(outcome)));
  on_answer_();
}

/// Until there is an answer: the App's report is not the last word before.
asio::awaitable<void> ClusterErrands::look_up(ObjectRef ref) {
  const Slot slot(looking_, wake_);
  bool told = false;
  while (true) {
    auto asking = cluster_.get(ref);
    auto answer = co_await with_deadline<JsonPtr>(clock_, clock_.mono_now() + kLookUpWithin, std::move(asking));
    if (!answer && answer.error().kind == ErrorKind::Cancelled) co_return;
    const bool news = !answer && answer.error().kind != ErrorKind::NotFound && !std::exchange(told, true);
    if (news) log_warn("drift", fmt::format("{}: {} can't be read: {}", cluster_.name(), to_string(ref), answer.error().message));
    if (take_answer(ref, std::move(answer))) break;
    // Its place is free meanwhile: others must not wait for an object that can't be read.
    --looking_;
    wake_.notify();
    auto slept = co_await clock_.sleep_for(kLookUpAgain);
    ++looking_;
    if (!slept) co_return;
  }
  on_answer_();
}

/// False where asking again may help.
bool ClusterErrands::take_answer(const ObjectRef& ref, Result<JsonPtr> answer) {
  const auto& name = cluster_.name();
  if (!index_.waits_for(name, ref)) return true;  // a watch event was quicker, and knows better
  if (answer) {
    LiveObject object;
    object.ref = ref_of(**answer);
    if (object.ref.kind.empty()) object.ref = ref;
    object.body = std::move(*answer);
    index_.on_object(name, std::move(object));
    return true;
  }
  const auto& error = answer.error();
  if (error.kind == ErrorKind::NotFound) {
    index_.on_deleted(name, ref);
    return true;
  }
  if (is_transient(error)) return false;
  index_.on_look_up_failed(name, ref);
  return true;
}

}  // namespace driftwarden
