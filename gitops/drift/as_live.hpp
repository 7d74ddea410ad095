#pragma once
// What a cluster has of an App, told from a drift report, without what the server fills in.
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/drift.hpp"

#include <functional>
#include <vector>

namespace driftwarden {

/// Desired with what live differs in; what is missing there is left out.
std::vector<Manifest> as_live_is(std::vector<Manifest> desired, const DriftReport& report);

/// What is in the cluster and in no Git: a sync deletes it, as it would delete what a commit takes away. Null bodies aren't added.
void add_extras(const DriftReport& report, const std::function<JsonPtr(const ObjectRef&)>& live, std::vector<Manifest>& objects);

}  // namespace driftwarden
