#pragma once
// Why an App is OutOfSync, from its objects.
#include "gitops/model/drift.hpp"

#include <functional>
#include <optional>

namespace driftwarden {

/// Whether the last synced Desired held the object; nothing when no last synced Desired is known.
using WasSynced = std::function<std::optional<bool>(const ObjectRef&)>;

/// - A field speaks for itself: live, git or unknown. An unknown one that a person owns counts as live.
/// - A missing object that was synced before was deleted live; one that never was is new in Git; else just missing.
/// - An extra object that was synced before was taken out of Git; else it is just extra.
/// Live and Git together are Both, as are a live deletion and Git together. Plain Missing and Extra are said only when nothing else is,
/// Missing before Extra, Unknown last.
Cause cause_of(const std::vector<ObjectDrift>& objects, const WasSynced& was_synced);

}  // namespace driftwarden
