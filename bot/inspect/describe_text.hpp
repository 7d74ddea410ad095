#pragma once
// One object in words, from its JSON: as `kubectl describe` would. Pure; the object must be redacted.
#include "bot/inspect/inspect.hpp"

#include <nlohmann/json_fwd.hpp>

namespace driftwarden::inspect {

std::string describe_text(const nlohmann::json& object, const std::vector<EventRow>& events, WallTime now);
/// "  Ready  False  ContainersNotReady  ..." per condition.
std::string conditions_text(const nlohmann::json& object, WallTime now);

}  // namespace driftwarden::inspect
