#include "integrations/argocd/source.hpp"

#include "integrations/argocd/json_read.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace driftwarden::argocd {
namespace {

using nlohmann::json;

bool says_something(const json& value) { return !value.is_null() && !(value.is_structured() && value.empty()) && value != json(false) && value != json(""); }

void note_unsupported(const json& block, std::initializer_list<const char*> names, std::vector<std::string>& unsupported) {
  for (const auto* name : names) {
    if (says_something(member_at(block, name))) unsupported.emplace_back(name);
  }
}

/// A parameter's value is a text in the API; people write numbers and booleans all the same where nothing checks it.
std::string value_of(const json& parameter) {
  const auto& value = member_at(parameter, "value");
  if (value.is_string()) return value.get<std::string>();
  return value.is_primitive() && !value.is_null() ? value.dump() : std::string();
}

Source::Helm parse_helm(const json& block) {
  Source::Helm helm;
  helm.release_name = text(block, "releaseName");
  helm.value_files = texts(block, "valueFiles");
  helm.ignore_missing_value_files = flag_at(block, "ignoreMissingValueFiles");
  helm.skip_crds = flag_at(block, "skipCrds");
  for (const auto* parameter : items(block, "parameters")) {
    const auto name = text(*parameter, "name");
    if (!name.empty()) (flag_at(*parameter, "forceString") ? helm.string_parameters : helm.parameters)[name] = value_of(*parameter);
  }
  // An object goes before the text, as with Argo CD.
  const auto& values = member_at(block, "valuesObject");
  helm.values = values.is_object() && !values.empty() ? values.dump() : text(block, "values");
  note_unsupported(block, {"fileParameters", "namespace", "apiVersions", "kubeVersion"}, helm.unsupported);
  return helm;
}

void parse_replicas(const json& block, std::map<std::string, int>& replicas) {
  for (const auto* entry : items(block, "replicas")) {
    const auto& count = member_at(*entry, "count");
    const auto name = text(*entry, "name");
    int number = -1;
    if (count.is_number_integer()) number = count.get<long long>() >= 0 && count.get<long long>() <= 1'000'000 ? count.get<int>() : -1;
    if (count.is_string()) {
      const auto& digits = count.get_ref<const std::string&>();
      const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (failed != std::errc{} || end != digits.data() + digits.size()) number = -1;
    }
    if (!name.empty() && number >= 0) replicas[name] = number;
  }
}

Source::Kustomize parse_kustomize(const json& block) {
  Source::Kustomize kustomize;
  kustomize.name_prefix = text(block, "namePrefix");
  kustomize.name_suffix = text(block, "nameSuffix");
  kustomize.namespace_ = text(block, "namespace");
  kustomize.images = texts(block, "images");
  parse_replicas(block, kustomize.replicas);
  kustomize.common_labels = text_map(block, "commonLabels");
  kustomize.common_annotations = text_map(block, "commonAnnotations");
  kustomize.components = texts(block, "components");
  for (const auto* patch : items(block, "patches")) kustomize.patches.push_back(patch->dump());
  note_unsupported(block, {"forceCommonLabels", "forceCommonAnnotations", "commonAnnotationsEnvsubst", "labelWithoutSelector", "labelIncludeTemplates", "ignoreMissingComponents", "apiVersions",
                           "kubeVersion"},
                   kustomize.unsupported);
  return kustomize;
}

void parse_directory(const json& block, Source& source) {
  source.directory_recurse = flag_at(block, "recurse");
  source.directory_include = text(block, "include");
  source.directory_exclude = text(block, "exclude");
  source.directory_given = says_something(block);
  const auto& jsonnet = member_at(block, "jsonnet");
  source.jsonnet = says_something(member_at(jsonnet, "extVars")) || says_something(member_at(jsonnet, "tlas")) || says_something(member_at(jsonnet, "libs"));
}

}  // namespace

Source parse_source(const json& given) {
  Source source;
  source.repo_url = text(given, "repoURL");
  source.path = text(given, "path");
  source.target_revision = text(given, "targetRevision");
  source.chart = text(given, "chart");
  source.ref = text(given, "ref");
  source.name = text(given, "name");
  if (const auto& helm = member_at(given, "helm"); helm.is_object() && !helm.empty()) source.helm = parse_helm(helm);
  if (const auto& kustomize = member_at(given, "kustomize"); kustomize.is_object() && !kustomize.empty()) source.kustomize = parse_kustomize(kustomize);
  parse_directory(member_at(given, "directory"), source);
  if (const auto& plugin = member_at(given, "plugin"); plugin.is_object()) {
    source.plugin = text(plugin, "name");
    // One without a name is found by Argo CD from the files.
    if (source.plugin.empty()) source.plugin = "a plugin";
  }
  return source;
}

}  // namespace driftwarden::argocd
