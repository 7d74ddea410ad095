#pragma once
// Argo CD's `ignoreDifferences` as ignore rules.
#include "gitops/base/result.hpp"
#include "gitops/model/app.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace driftwarden {

struct ImportedRules {
  std::vector<IgnoreRule> rules;
  std::vector<std::string> warnings;  ///< what couldn't be taken over, and why
};

/// `ignore_differences`: the list in an Application's spec. jsonPointers and managedFieldsManagers are taken over whole; of
/// jqPathExpressions those that only walk and select by equality (`.spec.template.spec.containers[] | select(.name == "x") | .image`).
/// InvalidInput when it is no list of mappings.
Result<ImportedRules> import_argo_rules(const nlohmann::json& ignore_differences);

}  // namespace driftwarden
