#pragma once
// How risky a Change is, by what its rendering changes. Pure.
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"

#include <vector>

namespace driftwarden {

/// None: nothing rendered changes. Low: images, replicas, labels, annotations alone. Medium: other fields of workloads, ConfigMaps, Services... High: RBAC,
/// CRDs, admission webhooks, network policies, security contexts, host access, storage, Secrets, service accounts, what schema-looking
/// jobs run. Destructive: a Namespace, CRD, PersistentVolume(Claim), StatefulSet or Secret goes, or more than `share_percent` of the objects.
Risk assess_risk(const std::vector<Manifest>& before, const std::vector<Manifest>& after, int share_percent);

/// Of what a tool plans nothing is rendered, and what comes of it isn't known before the merge.
Risk risk_of_planned(const App& app);

/// What a rollback from `before` to `after` can't bring back: CRD versions, volume claims, migrations, charts' hooks.
std::vector<std::string> rollback_warnings(const std::vector<Manifest>& before, const std::vector<Manifest>& after);

}  // namespace driftwarden
