#include "gitops/diff/prepare.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/diff/annotations.hpp"
#include "gitops/diff/compare.hpp"

#include <algorithm>

namespace driftwarden {

using nlohmann::json;

bool is_tool_annotation(std::string_view name) {
  return name == "kubectl.kubernetes.io/last-applied-configuration" || name.starts_with("deployment.kubernetes.io/") ||
         name == "deprecated.daemonset.template.generation" || name == kTrackingAnnotation || name == kChangeAnnotation;
}

bool is_compared_metadata(std::string_view name) { return name == "labels" || name == "annotations" || name == "finalizers" || name == "ownerReferences"; }

std::optional<json> with_string_data_folded(const json& object) {
  const auto found = object.find("stringData");
  if (found == object.end()) return std::nullopt;
  auto copy = object;
  copy.erase("stringData");
  if (!found->is_object()) return copy;
  auto& data = copy["data"];
  if (!data.is_object()) data = json::object();
  // Ciphertext stays as it is, so that it is still seen to be some.
  const bool plain = !is_encrypted(object);
  for (const auto& [key, value] : found->items()) data[key] = value.is_string() && plain ? json(base64_encode(value.get_ref<const std::string&>())) : value;
  return copy;
}

std::string_view annotation(const json& object, std::string_view name) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  const auto annotations = metadata->find("annotations");
  if (annotations == metadata->end() || !annotations->is_object()) return {};
  const auto found = annotations->find(name);
  return found != annotations->end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>()) : std::string_view();
}

bool is_encrypted(const json& desired) {
  const auto sops = desired.find("sops");
  return sops != desired.end() && sops->is_object() && sops->contains("mac");
}

bool has_controller_owner(const json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return false;
  const auto owners = metadata->find("ownerReferences");
  if (owners == metadata->end() || !owners->is_array()) return false;
  return std::any_of(owners->begin(), owners->end(), [](const json& owner) { return owner.is_object() && owner.value("controller", json()) == json(true); });
}

}  // namespace driftwarden
