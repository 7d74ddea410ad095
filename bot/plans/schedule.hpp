#pragma once
// When each App is planned next: regularly, spread so that many don't come at once, later after failures, at once when asked. Pure.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

class PlanSchedule {
 public:
  explicit PlanSchedule(Random& random) : random_(random) {}

  /// These are planned, every so often. New ones are due within a second for each that there is.
  void set(const std::map<std::string, Duration>& apps, MonoTime now);
  /// As soon as may be; again, when it is under way.
  void want(const std::string& app, MonoTime now);
  /// The next that are due and not under way, the longest overdue first; they are under way then.
  std::vector<std::string> take(MonoTime now, std::size_t most);
  /// Begins one out of turn. False: it is under way.
  bool begin(const std::string& app);
  void ended(const std::string& app, bool well, MonoTime now);
  std::optional<MonoTime> next_due() const;  ///< of those not under way
  std::size_t running() const;
  bool knows(const std::string& app) const { return entries_.contains(app); }

 private:
  struct Entry {
    Duration every{};
    MonoTime due{};
    int failures = 0;
    bool running = false;
    bool again = false;  ///< wanted while it ran
    bool gone = false;   ///< no App any more, and still running
  };
  Duration spread(Duration duration);

  Random& random_;
  std::map<std::string, Entry> entries_;
};

}  // namespace driftwarden
