#pragma once
// What `set` never does, however its path is spelled: write a secret, or make another object of this one.
#include "bot/command/intents.hpp"
#include "gitops/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

namespace driftwarden::planning {

/// The path and the value by themselves, before anybody knows whose they are.
Result<void> check_value(const SetRequest& request);
/// The same in `document`, which is an object as rendered, or what a file holds.
Result<void> check_set(const nlohmann::json& document, const SetRequest& request);
/// What came of it: the same objects, and no secret that wasn't there.
Result<void> check_outcome(const nlohmann::json& before, const nlohmann::json& after, const SetRequest& request);

}  // namespace driftwarden::planning
