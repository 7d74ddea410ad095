#pragma once
// Gates and prices: that what they rest on is there, and somebody who may let a finding pass or agree to a rise. Their programs are among the tools.
#include "bot/config/config.hpp"
#include "bot/doctor/finding.hpp"

namespace driftwarden {

/// Nothing where neither blocks anything. Policies in Git are told by their repository's checks; members of Slack's own groups aren't known here.
DoctorFindings check_gates(const Config& config);

}  // namespace driftwarden
