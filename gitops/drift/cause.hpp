#pragma once
// Why an App is OutOfSync, from its objects.
#include "gitops/diff/compare.hpp"
#include "gitops/model/drift.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// Whether the last synced Desired held the object; nothing when no last synced Desired is known.
using WasSynced = std::function<std::optional<bool>(const ObjectRef&)>;

/// - A field speaks for itself: live, git or unknown. An unknown one that a person owns counts as live, and so does a derived Secret that a
///   person touched.
/// - A missing object that was synced before was deleted live; one that never was is new in Git; else just missing.
/// - An extra object that was synced before was taken out of Git; else it is just extra. Orphans are extra.
/// Live and Git together are Both, as are a live deletion and Git together. Plain Missing and Extra are said only when nothing else is,
/// Missing before Extra, Unknown last.
Cause cause_of(const std::vector<ObjectDrift>& objects, const WasSynced& was_synced, const ManagerClasses& managers = ManagerClasses::defaults());

bool has_note(const ObjectDrift& object, std::string_view note);

/// Why another sync can't help this object, for people; "" when it can. `live` may be null; `refusal` is the server's answer to the dry-run.
///   being deleted while something holds it; Git's fields that the server refuses.
std::string stuck_reason(const ObjectDrift& object, const nlohmann::json* live, const DryRun* refusal);

/// A server's refusal without the values that it quotes.
std::string without_values(const std::string& message);

}  // namespace driftwarden
