#pragma once
// `driftwarden policy test FILE`: a team's own cases about its policy.
//
//   cases:
//     - {who: alice, may: sync, app: checkout, expect: allowed}
//     - {who: bob, may: rollback, app: payments, at: 2026-11-21T22:00:00Z, expect: frozen, rule: weekend}
//     - {who: alice, may: delete, app: checkout, risk: destructive, expect: {need: 2, from: [sre], step_up: totp}}
//     - {who: bob, approves: sync, app: checkout, by: alice, expect: counts}
//     - {who: alice, may: scale, app: checkout, more_a_month: 250, expect: {need: 1, for_cost: 1}}
#include "bot/config/config.hpp"

#include <string>
#include <vector>

namespace driftwarden {

struct PolicyCaseResult {
  int line = 0;
  std::string said;   ///< the case in words
  bool passed = false;
  std::string got;    ///< what the policy says, with its rule
};
/// Errors: a file that is no list of cases, "file:line:column: what, expected what".
Result<std::vector<PolicyCaseResult>> run_policy_cases(const Config& config, const std::string& text, const std::string& file, WallTime now);

}  // namespace driftwarden
