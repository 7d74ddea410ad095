#include "integrations/sandbox/deployer_kinds.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden::sandbox {
namespace {

using nlohmann::json;

std::pair<std::string, std::string> definition(const std::string& group, const std::string& version, const std::string& kind, const std::string& plural, bool status) {
  const json anything{{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
  const json schema{{"type", "object"}, {"properties", {{"spec", anything}, {"status", anything}, {"operation", anything}}}};
  json served{{"name", version}, {"served", true}, {"storage", true}, {"schema", {{"openAPIV3Schema", schema}}}};
  // Argo CD's Application has its status beside everything else.
  if (status) served["subresources"] = {{"status", json::object()}};
  const auto name = plural + "." + group;
  const json object{{"apiVersion", "apiextensions.k8s.io/v1"},
                    {"kind", "CustomResourceDefinition"},
                    {"metadata", {{"name", name}}},
                    {"spec", {{"group", group}, {"scope", "Namespaced"}, {"names", {{"kind", kind}, {"plural", plural}, {"singular", to_lower(kind)}, {"listKind", kind + "List"}}}, {"versions", json::array({served})}}}};
  return {name, object.dump()};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> deployer_kinds() {
  return {
      definition("argoproj.io", "v1alpha1", "Application", "applications", false),
      definition("argoproj.io", "v1alpha1", "AppProject", "appprojects", false),
      definition("argoproj.io", "v1alpha1", "ApplicationSet", "applicationsets", true),
      definition("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories", true),
      definition("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations", true),
      definition("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases", true),
  };
}

}  // namespace driftwarden::sandbox
