#pragma once
// What changed within one object, and how much each of it can hurt. Internal to bot/policy.
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/change.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// One leaf that differs. A side without it is null. List elements with names go by their name: "[web]".
struct FieldChange {
  std::vector<std::string> path;
  const nlohmann::json* before = nullptr;
  const nlohmann::json* after = nullptr;
};
/// `status` is no part of what anybody wants. Either side may be null.
std::vector<FieldChange> field_changes(const nlohmann::json* before, const nlohmann::json* after);

struct RiskFinding {
  RiskTier tier = RiskTier::Low;
  std::string what;  ///< "image of web ghcr.io/x:1 -> :2"; never a value that could be secret
};
/// Of an object in both, or a new one (`before` null): then what is dangerous in it besides its being new.
std::vector<RiskFinding> findings_of(const ObjectRef& ref, const nlohmann::json* before, const nlohmann::json& after);

/// What a change of the kind's own fields (not of labels) is, and what its going is.
RiskTier gravity_of(const GroupKind& kind);
RiskTier gravity_of_deletion(const GroupKind& kind);
/// Kinds of Kubernetes itself; what the deletion of others does is up to their controller.
bool is_built_in(const GroupKind& kind);

/// The pod template of an object: where "metadata" and "spec" of the pods are. Null when it has none.
const nlohmann::json* pod_template(const nlohmann::json& object);
/// Its path: {"spec", "template"}.
std::vector<std::string> pod_template_path(const nlohmann::json& object);
/// A Job or CronJob that, by its names, images and commands, migrates a database; or an init container that does.
bool is_schema_job(const ObjectRef& ref, const nlohmann::json& object);
bool is_schema_container(const nlohmann::json& container);

}  // namespace driftwarden
