#pragma once
// What one Pod asks its node for, as the scheduler counts it. Source: Kubernetes' "Resource sharing within containers" of init and sidecar containers.
#include "bot/cost/quantity.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace driftwarden {

struct PodRequests {
  std::map<std::string, Wide> amounts{};  ///< by resource, in billionths
  std::vector<std::string> missing{};     ///< for people: "container web requests no cpu"
};

/// `spec` is a Pod's. The containers and sidecars together, or the largest moment of the init containers where that is more, and the overhead; a Pod's own
/// requests stand in place of its containers'. What has only a limit requests that, as the API server has it.
PodRequests pod_requests(const nlohmann::json& spec);

}  // namespace driftwarden
