#pragma once
// Argo CD's Applications that one of our Apps desires (an app of apps): their `ignoreDifferences` hold for the App that they deploy.
#include "gitops/diff/argo_rules.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden {

bool is_argo_application(const ObjectRef& ref);

/// By App name. An Application speaks of an App when one of its sources has the App's repository (`urls`: by the repository's name, as
/// configured) and path, and its destination names no other namespace than the App's.
std::map<std::string, ImportedRules> argo_rules_of(const std::vector<Manifest>& applications, const std::vector<App>& apps,
                                                   const std::map<std::string, std::string>& urls);

}  // namespace driftwarden
