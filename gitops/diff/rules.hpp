#pragma once
// Sections 4 and 5 of drift.md: what is a difference and yet no drift. Internal to gitops/diff.
#include "gitops/diff/findings.hpp"

namespace driftwarden {

struct CompiledRule {
  IgnoreRule rule;
  std::vector<PathPattern> patterns;
};
/// Paths that can't be read are left out; whoever reads rules from people has told them.
CompiledRule compile(const IgnoreRule& rule);

/// Takes out what the built-in rules explain; their names go into the notes.
void apply_built_in_rules(const Pair& pair, Findings& findings);
/// Takes out what the ignore rules and D's own annotation cover, and counts it.
void apply_ignore_rules(const Pair& pair, const CompareContext& context, Findings& findings);
bool is_unstable_as_a_whole(const std::vector<std::string>& unstable);
/// Takes out what differs between two renders of the same revision.
void apply_unstable(const Pair& pair, const std::vector<std::string>& unstable, Findings& findings);

}  // namespace driftwarden
