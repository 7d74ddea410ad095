#pragma once
// IANA time zones from their TZif files (RFC 8536): GCC 12's <chrono> has none.
#include "gitops/base/clock.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

class TimeZone {
 public:
  static Result<TimeZone> parse(std::string_view tzif);
  static TimeZone utc() { return {}; }

  std::chrono::seconds offset_at(WallTime when) const;
  /// The moment when clocks there show `local` (read as if it were UTC); of two the first.
  WallTime from_local(WallTime local) const;

 private:
  struct Transition {
    std::int64_t at = 0;  ///< seconds since 1970
    std::int32_t offset = 0;
  };
  /// The footer's rule for what comes after the last transition: "CET-1CEST,M3.5.0,M10.5.0/3".
  struct YearRule {
    struct Day {
      enum class Kind { MonthWeekDay, Julian, ZeroBased } kind = Kind::MonthWeekDay;
      int month = 0;
      int week = 0;
      int day = 0;
      std::int32_t time = 7200;  ///< seconds after local midnight
    };
    std::int32_t standard = 0;
    std::int32_t summer = 0;
    bool has_summer = false;
    Day begins;
    Day ends;
  };

  static bool parse_footer(std::string_view text, YearRule& rule);
  static std::int64_t moment(const YearRule::Day& day, int year, std::int32_t offset);
  std::int32_t by_rule(std::int64_t when) const;

  std::vector<Transition> transitions_;
  std::int32_t first_offset_ = 0;
  bool has_rule_ = false;
  YearRule rule_;
};

}  // namespace driftwarden
