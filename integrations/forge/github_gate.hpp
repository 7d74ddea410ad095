#pragma once
// What GitHub wants before it merges, from what it lets us read.
#include "integrations/forge/forge.hpp"
#include "integrations/forge/github_json.hpp"

#include <vector>

namespace driftwarden::forge::github {

struct GateInputs {
  Pull pull;
  BranchRules rules;
  States states;
  std::vector<ReviewEntry> reviews;  ///< oldest first
};
/// Pure.
MergeGate decide_gate(const GateInputs& inputs);

}  // namespace driftwarden::forge::github
