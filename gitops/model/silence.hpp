#pragma once
// Alerts that match are not told for a while. What they are about is still recorded, and told when the silence ends and it is still there.
#include "gitops/base/clock.hpp"
#include "gitops/model/alert_match.hpp"
#include "gitops/model/app.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace driftwarden {

struct Silence {
  std::int64_t id = 0;
  AlertMatch match;
  PersonId owner;
  std::string reason;  ///< never empty
  WallTime since{};
  WallTime until{};    ///< a silence always ends
  std::optional<WallTime> ended_at;
  PersonId ended_by;
  std::string channel;  ///< where it was asked
  bool operator==(const Silence&) const = default;
};

inline bool is_active(const Silence& silence, WallTime now) { return !silence.ended_at && silence.until > now; }

}  // namespace driftwarden
