#pragma once
// Clocks that differ: times in alerts and the audit log, sync windows and signed webhooks go by ours.
#include "bot/doctor/finding.hpp"
#include "gitops/base/clock.hpp"

#include <optional>
#include <string>

namespace driftwarden {

/// `ahead`: our clock before theirs, to the second; nothing where they don't say.
DoctorFinding judge_clock(const std::string& about, const std::optional<Duration>& ahead);

}  // namespace driftwarden
