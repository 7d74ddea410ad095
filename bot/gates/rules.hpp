#pragma once
// What each built-in rule looks at. Internal to bot/gates.
#include "gitops/manifest/manifest.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// Says that a rule found something in the object that is being looked at.
using ReportFinding = std::function<void(std::string_view rule, std::string path, std::string message)>;

struct PodSpec {
  const nlohmann::json* spec = nullptr;
  std::string path;  ///< ".spec.template.spec"
};
/// Where an object of any kind says how its pods are; null spec where it says nothing of pods.
PodSpec pod_spec_of(const nlohmann::json& object);

/// One container of a pod, with where it stands: ".spec.template.spec.containers[web]".
struct ContainerPlace {
  const nlohmann::json* body = nullptr;
  std::string path;
  bool runs_on = true;  ///< false: an init container that ends before the others begin
};
std::vector<ContainerPlace> containers_of(const PodSpec& pods);

/// Namespaces in which a LimitRange gives containers what they don't ask for.
struct GivenLimits {
  std::set<std::string> memory_limit;
  std::set<std::string> cpu_request;
  std::set<std::string> memory_request;
};
GivenLimits given_limits(const std::vector<Manifest>& manifests);

/// floating-tag, missing-limits, privileged, host-path, host-namespaces.
void look_at_pods(const Manifest& manifest, const GivenLimits& given, const ReportFinding& report);
/// plaintext-secret: in Secrets, ConfigMaps, environments and arguments. Never tells a value.
void look_at_secrets(const Manifest& manifest, const ReportFinding& report);
/// removed-pdb: workloads that a PodDisruptionBudget looked after before and none does now; `report` is called with the workload.
void look_at_budgets(const std::vector<Manifest>& before, const std::vector<Manifest>& after, const std::function<void(const Manifest& workload, const std::string& message)>& report);

}  // namespace driftwarden
