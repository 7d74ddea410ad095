#pragma once
// Inside of integrations/argocd: cron schedules of five fields, and durations as Go writes them. Pure; times are local to the caller.
#include "gitops/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden::argocd {

class Cron {
 public:
  /// InvalidInput says which field is wrong.
  static Result<Cron> parse(std::string_view schedule);
  /// The last time at or before `at` at which it fires, later than `at - back`.
  std::optional<WallTime> last(WallTime at, Duration back) const;
  /// The first time after `at`, within `ahead`.
  std::optional<WallTime> next(WallTime at, Duration ahead) const;
  /// Each minute of each day.
  bool fires_always() const;

 private:
  bool fires_on(std::chrono::sys_days day) const;

  std::uint64_t minutes_ = 0;  ///< bits
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;  ///< 0 = Sunday
  bool any_day_ = false;
  bool any_weekday_ = false;
};

/// "1h30m", "1.5h", "90m", "0": never negative, ten years at most.
Result<Duration> parse_go_duration(std::string_view text);

}  // namespace driftwarden::argocd
