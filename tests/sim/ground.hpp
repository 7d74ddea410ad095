#pragma once
// What all models of one seed stand on: the time, the chance, the faults, the trace, and the first thing that went wrong.
#include "gitops/base/random.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/mutants.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace driftwarden::sim {

/// How often what happens to a call, by seed.
struct Rates {
  double fail = 0;    ///< an error, and no effect
  double hang = 0;    ///< nothing until its deadline
  double lost = 0;    ///< it takes effect, and its answer never comes
  double twice = 0;   ///< it takes effect twice
  double late = 0;    ///< it takes seconds
  double die = 0;     ///< the process dies right before or right after it
  double limit = 0;   ///< Slack says 429
  double disk = 0;    ///< of a transaction: the disk is full
};

struct Totals {
  std::uint64_t seeds = 0;
  std::uint64_t calls = 0;
  std::map<std::string, std::uint64_t> faults;  ///< by kind
  std::uint64_t crashes = 0;
  std::uint64_t power_cuts = 0;
  std::uint64_t restarts = 0;      ///< orderly ones
  std::uint64_t lost_writes = 0;   ///< sectors that were written and not synced when the power went
  std::uint64_t checks = 0;
  std::uint64_t transactions = 0;
  std::uint64_t minutes = 0;       ///< virtual
  std::uint64_t said = 0;          ///< by people: commands and clicks
  std::map<std::string, std::uint64_t> reached;

  void add(const Totals& other);
  std::string to_text() const;
  static Totals from_text(const std::string& text);
};

struct Broken {
  std::string invariant;
  std::string what;
  Duration at{};
};

class Ground {
 public:
  Ground(std::uint64_t seed, bool traced, const Mutant* mutant);

  Timeline time;
  std::unique_ptr<Random> random;  ///< of the outside
  Rates rates;
  bool faults_stopped = false;
  int deaths_left = 0;
  Totals totals;
  const Mutant* mutant = nullptr;

  // Of the life that runs now.
  asio::io_context* io = nullptr;
  SimClock* clock = nullptr;
  bool dying = false;  ///< the process is to end before it does anything else
  std::string why_dying;

  bool is(MutantKind kind) const { return mutant != nullptr && mutant->kind == kind; }
  bool chance(double rate) { return rate > 0 && random->unit() < rate; }
  Duration some(Duration least, Duration most) { return least + Duration{static_cast<std::int64_t>(random->below(static_cast<std::uint64_t>((most - least).count()) + 1))}; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[random->below(from.size())];
  }

  /// The process ends here.
  void die(const std::string& where);
  /// Whether it dies at this point; then it is dead already.
  bool dies_at(const std::string& where);
  bool gone() const { return dying || clock == nullptr || clock->ended(); }

  void say(const std::string& line);
  bool traced() const { return traced_; }
  std::string trace_text() const { return trace_; }
  std::uint64_t trace_digest() const { return digest_; }
  void reach(const std::string& what) { ++totals.reached[what]; }
  void fault(const std::string& kind) { ++totals.faults[kind]; }

  /// An invariant: `holds`, or the seed has failed.
  void check(bool holds, const std::string& invariant, const std::function<std::string()>& what);
  const std::optional<Broken>& broken() const { return broken_; }

 private:
  bool traced_;
  std::string trace_;
  std::uint64_t digest_ = 1469598103934665603ULL;
  std::optional<Broken> broken_;
};

/// What may become of one call.
struct Kinds {
  bool may_repeat = false;   ///< taking effect twice is the network's doing
  bool has_effect = true;
};

inline Error dead_process() { return {ErrorKind::Cancelled, "the process is dead"}; }

struct Fate {
  enum class Kind { Good, Fails, Hangs, Lost, DiesBefore, DiesAfter };
  Kind kind = Kind::Good;
  bool twice = false;
  Duration there{};
  Duration back{};
};
Fate draw_fate(Ground& ground, const std::string& what, const Kinds& kinds);
asio::awaitable<Result<void>> wait_or_die(Ground& ground, Duration wait);
/// Nothing more comes of this call: its process is dead.
asio::awaitable<void> never(Ground& ground);

/// One call of the outside: `effect` is what it does there.
template <class T>
asio::awaitable<Result<T>> outside(Ground& ground, std::string what, Duration deadline, Kinds kinds, std::function<Result<T>()> effect) {
  if (ground.gone()) co_return dead_process();
  const auto fate = draw_fate(ground, what, kinds);
  auto going = wait_or_die(ground, fate.there);
  const auto went = co_await std::move(going);
  if (!went) co_return went.error();
  if (fate.kind == Fate::Kind::Fails) {
    ground.say(what + ": fails");
    co_return Error{ErrorKind::Unavailable, what + ": 503"};
  }
  if (fate.kind == Fate::Kind::Hangs) {
    ground.say(what + ": hangs");
    auto hanging = wait_or_die(ground, deadline);
    const auto hung = co_await std::move(hanging);
    if (!hung) co_return hung.error();
    co_return Error{ErrorKind::Timeout, what + ": no answer in time"};
  }
  if (fate.kind == Fate::Kind::DiesBefore) {
    ground.die("before " + what);
    co_await never(ground);
    co_return dead_process();
  }
  auto result = effect();
  if (fate.twice) (void)effect();
  ground.say(fmt::format("{}{}{}", what, fate.twice ? " (twice)" : "", result ? "" : ": " + result.error().message));
  if (fate.kind == Fate::Kind::DiesAfter) {
    ground.die("after " + what);
    co_await never(ground);
    co_return dead_process();
  }
  if (fate.kind == Fate::Kind::Lost) {
    ground.say(what + ": its answer is lost");
    auto waiting = wait_or_die(ground, deadline);
    const auto waited = co_await std::move(waiting);
    if (!waited) co_return waited.error();
    co_return Error{ErrorKind::Timeout, what + ": no answer in time"};
  }
  auto returning = wait_or_die(ground, fate.back);
  const auto back = co_await std::move(returning);
  if (!back) co_return back.error();
  co_return result;
}

}  // namespace driftwarden::sim
