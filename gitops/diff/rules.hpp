#pragma once
// Sections 4 and 5 of drift.md: what is a difference and yet no drift. Internal to gitops/diff.
#include "gitops/diff/findings.hpp"

namespace driftwarden {

/// Takes out what the built-in rules explain; their names go into the notes.
void apply_built_in_rules(const Pair& pair, Findings& findings);
/// Takes out what the ignore rules and D's own annotation cover.
void apply_ignore_rules(const Pair& pair, const CompareContext& context, Findings& findings);

}  // namespace driftwarden
