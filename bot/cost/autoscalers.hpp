#pragma once
// Who says how many replicas there are, where Git's number isn't the last word. Internal to bot/cost.
#include "gitops/manifest/manifest.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// A HorizontalPodAutoscaler, or KEDA's ScaledObject.
struct Autoscaler {
  ObjectRef ref;
  std::string kind;  ///< of what it scales
  std::string name;
  std::int64_t least = 1;
  std::int64_t most = 1;
};
std::vector<Autoscaler> autoscalers_in(const std::vector<Manifest>& manifests);
/// Null when nothing scales it.
const Autoscaler* autoscaler_of(const std::vector<Autoscaler>& autoscalers, const ObjectRef& workload);

/// A whole number that isn't negative; nothing for anything else.
std::optional<std::int64_t> count_at(const nlohmann::json& object, const char* key);

}  // namespace driftwarden
