#pragma once
// The one time of a simulated world, and what is to happen in it.
#include "gitops/base/clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace driftwarden::sim {

class Timeline {
 public:
  using Id = std::pair<MonoTime, std::uint64_t>;

  MonoTime mono() const { return mono_; }
  WallTime wall() const { return kBegin + elapsed(); }
  /// Since the world began.
  Duration elapsed() const { return std::chrono::duration_cast<Duration>(mono_ - kStart); }

  /// What is due at one moment happens in the order in which it was asked for.
  Id at(MonoTime when, std::function<void()> what) {
    const Id id{std::max(when, mono_), ++last_};
    events_.emplace(id, std::move(what));
    return id;
  }
  Id after(Duration wait, std::function<void()> what) { return at(mono_ + wait, std::move(what)); }
  void drop(const Id& id) { events_.erase(id); }

  std::optional<MonoTime> next() const { return events_.empty() ? std::nullopt : std::optional(events_.begin()->first.first); }
  /// Goes to the next event and lets it happen. False: nothing is to come.
  bool step() {
    if (events_.empty()) return false;
    auto event = events_.extract(events_.begin());
    mono_ = std::max(mono_, event.key().first);
    event.mapped()();
    return true;
  }

 private:
  static constexpr MonoTime kStart{std::chrono::hours{1}};
  static constexpr WallTime kBegin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{9} + std::chrono::minutes{30}};
  MonoTime mono_ = kStart;
  std::uint64_t last_ = 0;
  std::map<Id, std::function<void()>> events_;
};

}  // namespace driftwarden::sim
