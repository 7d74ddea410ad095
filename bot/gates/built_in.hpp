#pragma once
// The rules that need no tool: what they find in an App's objects, exactly where, and what mends it. Pure.
#include "bot/config/gates_config.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/finding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct BuiltInRule {
  std::string_view name;
  GateEffect effect = GateEffect::Block;  ///< where the config says nothing of it
  std::string_view what;                  ///< "images whose tag moves"
  std::string_view fix;                   ///< what to do: "name a version or a digest"
};
/// In the order in which they are told.
const std::vector<BuiltInRule>& built_in_rules();
/// As the config has it, else the rule's own.
GateEffect effect_of_rule(const GatesConfig& config, std::string_view rule);
/// Whether anything is judged at all: a rule that isn't off, or a tool that isn't.
bool judges_anything(const GatesConfig& config);

/// What stands in the objects as they are; rules that are off find nothing. `removed-pdb` is no state: judge_built_in knows of it.
std::vector<Finding> built_in_findings(const GatesConfig& config, const std::vector<Manifest>& manifests);

/// The gate "built-in" over what an App had and what it would have. Bounded; what it had before is counted.
GateResult judge_built_in(const GatesConfig& config, const std::vector<Manifest>& before, const std::vector<Manifest>& after);

}  // namespace driftwarden
