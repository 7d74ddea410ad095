#pragma once
// What Argo CD, Flux and Helm write on objects to know them again. It is no drift that Git lacks it, and it proves whose an object is that Git lacks.
#include "gitops/diff/compare.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// Name of the built-in rule.
inline constexpr std::string_view kDeployerTracking = "deployer-tracking";

/// Labels and annotations of theirs. Some keys are theirs only when that tool wrote them: people use them, too.
enum class TrackingKey { None, Theirs, OfArgo, OfHelm };
TrackingKey tracking_key(std::string_view name);
bool is_argo_manager(std::string_view manager);
bool is_helm_manager(std::string_view manager);

/// Whose the object says it is: "argocd checkout", "kustomization shop/apps", "helmrelease shop/db". "" without such a word, and where it proves nothing: Argo's
/// label, an id that names another object, labels that somebody else than the deployer wrote (inherited ones), what a controller owns, hooks, namespaces,
/// what their annotations exempt from pruning.
std::string deployer_mark(const nlohmann::json& object, const ObjectRef& ref, const ManagerClasses& managers);
/// The marks that its objects bear.
std::vector<std::string> marks_of(const Deployer& deployer);
/// Not the name of one of our Apps.
bool is_mark(std::string_view tracked);
/// Could the object whose JSON text this is have a mark? Cheap.
bool may_have_mark(std::string_view text);

}  // namespace driftwarden
