#pragma once
// Moments as people write them. Pure; times of day are UTC, as the answer says.
#include "gitops/base/clock.hpp"

#include <optional>
#include <string>

namespace driftwarden {

/// The next moment that is meant: "Mon 08:00", "monday", "tomorrow 9:00", "18:00", "2026-11-23", "2026-11-23 08:00", "2026-11-23T08:00Z", "2h".
/// Nothing for what can't be read or is over.
std::optional<WallTime> moment_after(const std::string& text, WallTime now);
/// The last such moment that is past: "yesterday", "yesterday 14:00", "14:00", "Mon", "2026-11-20", "3 days ago", "2h ago". A day alone is its
/// beginning ("yesterday" is what was in force when yesterday began), today's is now.
std::optional<WallTime> moment_before(const std::string& text, WallTime now);

}  // namespace driftwarden
