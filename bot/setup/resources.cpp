#include "bot/setup/resources.hpp"

#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

/// Groups that every API server has: their plurals follow the rule, but for Endpoints.
constexpr std::array<std::string_view, 16> kBuiltIn{"",
                                                    "apps",
                                                    "batch",
                                                    "autoscaling",
                                                    "policy",
                                                    "networking.k8s.io",
                                                    "rbac.authorization.k8s.io",
                                                    "storage.k8s.io",
                                                    "scheduling.k8s.io",
                                                    "coordination.k8s.io",
                                                    "discovery.k8s.io",
                                                    "node.k8s.io",
                                                    "admissionregistration.k8s.io",
                                                    "apiextensions.k8s.io",
                                                    "apiregistration.k8s.io",
                                                    "certificates.k8s.io"};

std::string text_at(const json& object, const char* pointer) {
  const json::json_pointer at(pointer);
  return object.contains(at) && object.at(at).is_string() ? object.at(at).get<std::string>() : std::string();
}

bool is_built_in(std::string_view group) { return std::ranges::find(kBuiltIn, group) != kBuiltIn.end(); }

bool is_made_of(std::string_view text, std::string_view more) {
  const auto fits = [&](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos; };
  return std::ranges::all_of(text, fits);
}

bool is_vowel(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

}  // namespace

std::string plural_of(const std::string& kind) {
  auto name = to_lower(kind);
  if (name == "endpoints") return name;
  const bool hisses = name.ends_with('s') || name.ends_with('x') || name.ends_with("ch") || name.ends_with("sh");
  if (hisses) return name + "es";
  if (name.size() > 1 && name.back() == 'y' && !is_vowel(name[name.size() - 2])) return name.substr(0, name.size() - 1) + "ies";
  return name + "s";
}

bool is_resource(std::string_view group, std::string_view plural) { return !plural.empty() && is_made_of(plural, "-") && is_made_of(group, "-."); }

Resources::Resources(const std::vector<Manifest>& manifests) { add(manifests); }

void Resources::add(const std::vector<Manifest>& manifests) {
  for (const auto& manifest : manifests) {
    if (manifest.ref.group != "apiextensions.k8s.io" || manifest.ref.kind != "CustomResourceDefinition" || manifest.body == nullptr) continue;
    const auto plural = text_at(*manifest.body, "/spec/names/plural");
    const auto kind = text_at(*manifest.body, "/spec/names/kind");
    const auto group = text_at(*manifest.body, "/spec/group");
    // Somebody's commit must not make "*" of a kind, nor Secrets of ConfigMaps.
    if (kind.empty() || !is_resource(group, plural) || is_built_in(group) || group.find('.') == std::string::npos) continue;
    defined_[{group, kind}] = {plural, text_at(*manifest.body, "/spec/scope") == "Cluster", false};
  }
}

Resource Resources::of(const GroupKind& kind) const {
  if (const auto found = defined_.find(kind); found != defined_.end()) return found->second;
  if (is_built_in(kind.group) || kind.group.ends_with(".k8s.io")) return {plural_of(kind.kind), is_cluster_scoped(kind), false};
  // ClusterIssuer, ClusterPolicy, ClusterSecretStore: so it is with nearly all that are called so.
  return {plural_of(kind.kind), kind.kind.starts_with("Cluster") && kind.kind != "Cluster", true};
}

}  // namespace driftwarden
