#include "gitops/base/text.hpp"
#include "integrations/flux/objects.hpp"
#include "integrations/flux/reading.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::flux {

using nlohmann::json;

namespace {

constexpr std::string_view kGroup = "kustomize.toolkit.fluxcd.io";
constexpr std::size_t kMessageMax = 500;

/// In the form of `kustomize edit set image`.
std::string image_of(const json& image) {
  const auto name = text_at(image, "name");
  const auto new_name = text_at(image, "newName");
  const auto digest = text_at(image, "digest");
  const auto tag = text_at(image, "newTag");
  if (name.empty() || (new_name.empty() && digest.empty() && tag.empty())) return "";
  // With a colon of its own (a registry's port) the name alone could be taken for one with a tag.
  const bool named = !new_name.empty() || name.find(':') != std::string::npos;
  auto out = named ? name + "=" + (new_name.empty() ? name : new_name) : name;
  if (!tag.empty()) out += ":" + tag;
  return digest.empty() ? out : out + "@" + digest;
}

/// v1 has `patches` alone; older objects may still hold the other two forms.
std::vector<std::string> patches_of(const json& spec) {
  std::vector<std::string> patches;
  for (const auto& patch : array_at(spec, "patches")) {
    if (patch.is_object()) patches.push_back(dumped(patch));
  }
  for (const auto& merge : array_at(spec, "patchesStrategicMerge")) {
    if (merge.is_object()) patches.push_back(dumped(json::object({{"patch", dumped(merge)}})));
  }
  for (const auto& entry : array_at(spec, "patchesJson6902")) {
    if (entry.is_object()) patches.push_back(dumped(json::object({{"patch", dumped(array_at(entry, "patch"))}, {"target", object_at(entry, "target")}})));
  }
  return patches;
}

void read_overlay(Kustomization& out, const json& spec) {
  out.target_namespace = text_at(spec, "targetNamespace");
  out.name_prefix = text_at(spec, "namePrefix");
  out.name_suffix = text_at(spec, "nameSuffix");
  const auto& common = object_at(spec, "commonMetadata");
  out.common_labels = texts_at(common, "labels");
  out.common_annotations = texts_at(common, "annotations");
  for (const auto& image : array_at(spec, "images")) {
    if (auto text = image_of(image); !text.empty()) out.images.push_back(std::move(text));
  }
  out.components = list_at(spec, "components");
  out.patches = patches_of(spec);
  const auto& post_build = object_at(spec, "postBuild");
  // Without a variable Flux looks for none, not even for those with a default.
  auto variables = texts_at(post_build, "substitute");
  for (auto& [name, value] : variables) std::erase(value, '\n');
  if (!variables.empty()) out.substitute = std::move(variables);
  if (has(post_build, "substituteFrom")) out.unsupported.emplace_back("postBuild.substituteFrom");
  if (has(spec, "ignore")) out.unsupported.emplace_back("ignore");
  out.kube_config = kube_config_of(spec);
}

void read_status(Kustomization& out, const json& status) {
  out.applied_revision = commit_of(text_at(status, "lastAppliedRevision"));
  out.attempted_revision = commit_of(text_at(status, "lastAttemptedRevision"));
  for (const auto& entry : array_at(object_at(status, "inventory"), "entries")) {
    if (auto ref = inventory_object(text_at(entry, "id"), text_at(entry, "v"))) out.inventory.push_back(std::move(*ref));
  }
  out.handled = text_at(status, "lastHandledReconcileAt");
}

}  // namespace

Result<Kustomization> parse_kustomization(const json& object) {
  Kustomization out;
  TRY(out.ref, ref_of(object, kGroup, "Kustomization"));
  out.labels = texts_at(object_at(object, "metadata"), "labels");
  const auto& spec = object_at(object, "spec");
  out.source = source_ref_of(object_at(spec, "sourceRef"), out.ref.namespace_);
  TRY(out.path, path_of(text_at(spec, "path")));
  out.suspended = flag_at(spec, "suspend");
  out.prune = flag_at(spec, "prune");
  read_overlay(out, spec);
  read_status(out, object_at(object, "status"));
  out.condition = condition_of(object);
  out.condition.message = ellipsize(without_control_characters(out.condition.message), kMessageMax);
  return out;
}

}  // namespace driftwarden::flux
