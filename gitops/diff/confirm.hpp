#pragma once
// Step 8 of drift.md section 3: what the server's dry-run says about the local findings. Internal to gitops/diff.
#include "gitops/diff/findings.hpp"

namespace driftwarden {

/// Drops what the server would leave as it is, adds zeros that it would write, notes a dry-run that failed.
void confirm(const Pair& pair, const DryRun& dry_run, Findings& findings);

}  // namespace driftwarden
