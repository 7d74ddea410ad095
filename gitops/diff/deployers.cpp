#include "gitops/diff/deployers.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/owners.hpp"
#include "gitops/diff/prepare.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr const char* kArgoId = "argocd.argoproj.io/tracking-id";
constexpr const char* kKustomizeName = "kustomize.toolkit.fluxcd.io/name";
constexpr const char* kKustomizeNamespace = "kustomize.toolkit.fluxcd.io/namespace";
constexpr const char* kHelmName = "helm.toolkit.fluxcd.io/name";
constexpr const char* kHelmNamespace = "helm.toolkit.fluxcd.io/namespace";

struct KnownKey {
  std::string_view name;
  TrackingKey key;
};
constexpr std::array<KnownKey, 13> kKeys{{{kArgoId, TrackingKey::Theirs},
                                          {"argocd.argoproj.io/installation-id", TrackingKey::Theirs},
                                          {"argocd.argoproj.io/instance", TrackingKey::Theirs},
                                          {"app.kubernetes.io/instance", TrackingKey::OfArgo},
                                          {"app.kubernetes.io/managed-by", TrackingKey::OfHelm},
                                          {"meta.helm.sh/release-name", TrackingKey::Theirs},
                                          {"meta.helm.sh/release-namespace", TrackingKey::Theirs},
                                          {kKustomizeName, TrackingKey::Theirs},
                                          {kKustomizeNamespace, TrackingKey::Theirs},
                                          {"kustomize.toolkit.fluxcd.io/checksum", TrackingKey::Theirs},
                                          {kHelmName, TrackingKey::Theirs},
                                          {kHelmNamespace, TrackingKey::Theirs},
                                          {"kustomize.toolkit.fluxcd.io/origin", TrackingKey::Theirs}}};

std::string_view in_metadata(const json& object, const char* map, const char* name) {
  return text_at(member_at(member_at(object, "metadata"), map), name);
}

bool has_word(std::string_view list, std::string_view word) {
  for (const auto& item : split(list, ',')) {
    if (trim(item) == word) return true;
  }
  return false;
}

/// Made by running, or meant to stay: not left over whatever Git says.
bool is_exempt(const json& object, const ObjectRef& ref) {
  static constexpr std::array<std::string_view, 6> kCopied{"Endpoints", "EndpointSlice", "ControllerRevision", "Event", "Lease", "PodMetrics"};
  if (std::find(kCopied.begin(), kCopied.end(), ref.kind) != kCopied.end()) return true;
  if (ref.kind == "Namespace" && ref.group.empty()) return true;  // Argo CD marks those that it makes by itself
  if (has_controller_owner(object)) return true;
  if (!in_metadata(object, "annotations", "argocd.argoproj.io/hook").empty() || !in_metadata(object, "annotations", "helm.sh/hook").empty()) return true;
  if (has_word(in_metadata(object, "annotations", "argocd.argoproj.io/compare-options"), "IgnoreExtraneous")) return true;
  constexpr const char* kPrune = "kustomize.toolkit.fluxcd.io/prune";
  return in_metadata(object, "annotations", kPrune) == "disabled" || in_metadata(object, "labels", kPrune) == "disabled";
}

/// "name:group/Kind:namespace/object"; of what has no namespace it names the Application's.
std::string argo_mark(const json& object, const ObjectRef& ref) {
  const auto id = in_metadata(object, "annotations", kArgoId);
  const auto colon = id.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const auto names = id.substr(colon + 1);
  const auto place = names.find(':');
  const auto slash = names.find('/', place == std::string_view::npos ? 0 : place);
  if (place == std::string_view::npos || slash == std::string_view::npos) return {};
  const auto kind = names.substr(0, place);
  const auto namespace_ = names.substr(place + 1, slash - place - 1);
  const bool itself = kind == ref.group + "/" + ref.kind && names.substr(slash + 1) == ref.name && (ref.namespace_.empty() || namespace_ == ref.namespace_);
  return itself ? "argocd " + std::string(id.substr(0, colon)) : std::string();
}

/// Who copies labels from parent to child owns them there.
bool is_by_applier(const json& object, std::string_view label, const ManagerClasses& managers) {
  const auto entries = managed_entries(object, managers);
  if (entries.empty()) return true;
  const PathNode root;
  const auto metadata = root.field("metadata");
  const auto labels = metadata.field("labels");
  return owners_of(entries, labels.field(label)).applier;
}

std::string flux_mark(const json& object, std::string_view word, const char* name_key, const char* namespace_key, const ManagerClasses& managers) {
  const auto name = in_metadata(object, "labels", name_key);
  const auto namespace_ = in_metadata(object, "labels", namespace_key);
  if (name.empty() || namespace_.empty() || !is_by_applier(object, name_key, managers)) return {};
  return std::string(word).append(" ").append(namespace_).append("/").append(name);
}

}  // namespace

TrackingKey tracking_key(std::string_view name) {
  if (name.find('/') == std::string_view::npos) return TrackingKey::None;
  const auto found = std::find_if(kKeys.begin(), kKeys.end(), [&](const KnownKey& known) { return known.name == name; });
  return found == kKeys.end() ? TrackingKey::None : found->key;
}

bool is_argo_manager(std::string_view manager) { return manager.starts_with("argocd"); }
bool is_helm_manager(std::string_view manager) { return manager == "helm" || manager == "helm-controller"; }

std::string deployer_mark(const json& object, const ObjectRef& ref, const ManagerClasses& managers) {
  auto mark = argo_mark(object, ref);
  if (mark.empty()) mark = flux_mark(object, "helmrelease", kHelmName, kHelmNamespace, managers);
  if (mark.empty()) mark = flux_mark(object, "kustomization", kKustomizeName, kKustomizeNamespace, managers);
  return mark.empty() || is_exempt(object, ref) ? std::string() : mark;
}

std::vector<std::string> marks_of(const Deployer& deployer) {
  const auto& object = deployer.object;
  if (deployer.kind == DeployerKind::None || object.name.empty()) return {};
  // One outside of Argo CD's own namespace is called by both names.
  if (deployer.kind == DeployerKind::ArgoCd) return {"argocd " + object.name, "argocd " + object.namespace_ + "_" + object.name};
  const auto* word = object.kind == "HelmRelease" ? "helmrelease " : "kustomization ";
  return {word + object.namespace_ + "/" + object.name};
}

bool is_mark(std::string_view tracked) { return tracked.find(' ') != std::string_view::npos; }

bool may_have_mark(std::string_view text) {
  static constexpr std::array<std::string_view, 2> kSigns{kArgoId, ".toolkit.fluxcd.io/name\""};
  return std::any_of(kSigns.begin(), kSigns.end(), [&](std::string_view sign) { return ::memmem(text.data(), text.size(), sign.data(), sign.size()) != nullptr; });
}

}  // namespace driftwarden
