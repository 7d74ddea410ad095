#include "bot/deploy/argo_source.hpp"

#include "bot/deploy/repository_path.hpp"
#include "bot/watch/repository_url.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace driftwarden {
namespace {

Error refuse(std::string why) { return Error{ErrorKind::InvalidInput, std::move(why)}; }

constexpr std::string_view kTags = "refs/tags/";

/// A branch's or tag's own name.
std::string without_ref(const std::string& target) {
  for (const std::string_view prefix : {std::string_view("refs/heads/"), kTags}) {
    if (target.starts_with(prefix)) return target.substr(prefix.size());
  }
  return target;
}

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Argo CD's build environment, as far as it is known before a commit is.
std::string substituted(std::string text, const argocd::Application& application, const argocd::Source& source) {
  const std::pair<const char*, const std::string*> known[] = {
      {"ARGOCD_APP_NAMESPACE", &application.destination_namespace},  {"ARGOCD_APP_NAME", &application.ref.name},
      {"ARGOCD_APP_PROJECT_NAME", &application.project},             {"ARGOCD_APP_SOURCE_PATH", &source.path},
      {"ARGOCD_APP_SOURCE_REPO_URL", &source.repo_url},              {"ARGOCD_APP_SOURCE_TARGET_REVISION", &source.target_revision},
  };
  for (const auto& [name, value] : known) {
    for (const auto& word : {fmt::format("${{{}}}", name), fmt::format("${}", name)}) {
      for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + value->size())) {
        const auto end = at + word.size();
        const bool longer = word.back() != '}' && end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_');
        if (longer) {
          at = end - value->size();
          continue;
        }
        text.replace(at, word.size(), *value);
      }
    }
  }
  return text;
}

/// "$values/prod/checkout.yaml" as a path from the repository's root.
Result<std::string> path_by_ref(const std::string& file, const argocd::Application& application, const argocd::Source& source) {
  const auto slash = file.find('/');
  const auto ref = file.substr(1, slash == std::string::npos ? slash : slash - 1);
  const auto named = std::ranges::find_if(application.sources, [&](const auto& other) { return !other.ref.empty() && other.ref == ref; });
  if (slash == std::string::npos || named == application.sources.end()) return refuse(fmt::format("the values file \"{}\" names no source of the Application", file));
  if (normal_repository_url(named->repo_url) != normal_repository_url(source.repo_url)) {
    return refuse(fmt::format("its values come from {} and its manifests from {}: Driftwarden renders an App from one repository; put the values beside the chart", normal_repository_url(named->repo_url),
                              normal_repository_url(source.repo_url)));
  }
  if (named->target_revision != source.target_revision) return refuse(fmt::format("its values are of revision \"{}\" and its manifests of \"{}\": Driftwarden renders an App at one", named->target_revision, source.target_revision));
  const auto path = resolved_path("", file.substr(slash + 1));
  if (!path) return refuse(fmt::format("the values file \"{}\" leaves the repository", file));
  return *path;
}

Result<std::string> values_path(const std::string& given, const argocd::Application& application, const argocd::Source& source) {
  const auto file = substituted(given, application, source);
  if (file.find("://") != std::string::npos) return refuse("it reads values from a URL: nothing is fetched while rendering; commit them beside the chart");
  std::string path;
  if (file.starts_with('$')) {
    TRY(path, path_by_ref(file, application, source));
  } else {
    const auto inside = resolved_path(source.path, file);
    if (!inside) return refuse(fmt::format("the values file \"{}\" leaves the repository", file));
    path = *inside;
  }
  if (path.find_first_of("*?[") != std::string::npos) return refuse(fmt::format("the values files \"{}\" are named by a pattern: name each of them", file));
  return path_seen_from(source.path, path);
}

Result<HelmSource> helm_source(const argocd::Application& application, const argocd::Source& source) {
  HelmSource helm;
  helm.release = application.ref.name;
  if (!source.helm) return helm;
  const auto& given = *source.helm;
  if (!given.unsupported.empty()) return refuse(fmt::format("its Helm settings have {}, which Driftwarden doesn't know: its objects would look drifted", join(given.unsupported, ", ")));
  if (!given.release_name.empty()) helm.release = given.release_name;
  for (const auto& file : given.value_files) {
    TRY(auto path, values_path(file, application, source));
    helm.values.push_back(std::move(path));
  }
  for (const auto& [name, value] : given.parameters) helm.set[name] = substituted(value, application, source);
  for (const auto& [name, value] : given.string_parameters) helm.set_string[name] = substituted(value, application, source);
  helm.inline_values = given.values;
  helm.skip_crds = given.skip_crds;
  helm.skip_missing_values = given.ignore_missing_value_files;
  return helm;
}

Result<KustomizeOverlay> overlay_of(const argocd::Source::Kustomize& given) {
  if (!given.unsupported.empty()) return refuse(fmt::format("its Kustomize settings have {}, which Driftwarden doesn't know: its objects would look drifted", join(given.unsupported, ", ")));
  KustomizeOverlay overlay;
  overlay.name_prefix = given.name_prefix;
  overlay.name_suffix = given.name_suffix;
  overlay.namespace_ = given.namespace_;
  overlay.labels = given.common_labels;
  overlay.annotations = given.common_annotations;
  overlay.images = given.images;
  overlay.replicas = given.replicas;
  overlay.components = given.components;
  overlay.patches = given.patches;
  return overlay;
}

}  // namespace

bool follows_branch(const std::string& target, const std::string& branch) {
  const auto name = without_ref(target);
  return name.empty() || name == "HEAD" || (name == branch && !target.starts_with(kTags));
}

bool holds_manifests(const argocd::Source& source) { return !source.path.empty() || !source.chart.empty(); }

Result<SourcePart> argo_part(const argocd::Application& application, const argocd::Source& source, const DeployGround&) {
  if (!source.chart.empty()) {
    return refuse(fmt::format("the chart {} comes from a registry: Driftwarden renders what lies in Git; vendor it under charts/ of a chart of your own", source.chart));
  }
  if (!source.plugin.empty()) {
    return refuse(fmt::format("it is rendered by {} of Argo CD's plugins: declare the command under \"plugins\" and write the App down with \"render: plugin\"",
                              source.plugin == "a plugin" ? "one" : "\"" + source.plugin + "\""));
  }
  if (source.jsonnet) return refuse("its directory has settings for jsonnet: declare a plugin that runs it and write the App down with \"render: plugin\"");
  if (!source.directory_include.empty() || !source.directory_exclude.empty()) {
    return refuse("its directory leaves files out (include, exclude): Driftwarden reads all; put those files into another directory");
  }
  if (source.helm && source.kustomize) return refuse("it has settings for Helm and for Kustomize at once");
  SourcePart part;
  const auto path = resolved_path("", source.path);
  if (!path) return refuse(fmt::format("its path \"{}\" leaves the repository", source.path));
  part.path = *path;
  TRY(part.helm, helm_source(application, source));
  if (source.helm) part.render = RenderKind::Helm;
  if (source.kustomize) {
    TRY(part.kustomize, overlay_of(*source.kustomize));
    part.render = RenderKind::Kustomize;
  }
  part.top_only = !source.directory_recurse;
  return part;
}

Result<std::string> argo_revision(const std::string& target, const RepositoryConfig& repository) {
  if (follows_branch(target, repository.branch)) return std::string();
  const auto name = without_ref(target);
  const auto body = std::string_view(name).substr(name.starts_with('v') ? 1 : 0);
  const bool wild = !body.empty() && is_digit(body.front()) && (body.ends_with(".x") || body.ends_with(".X"));
  if (wild || name.find_first_of("*^~<>|! ") != std::string::npos || name.starts_with('=')) {
    return refuse(fmt::format("its targetRevision \"{}\" is a range of versions: Driftwarden needs a branch, a tag or a commit", target));
  }
  return name;
}

bool is_fixed_revision(const std::string& target) {
  if (target.starts_with("refs/tags/")) return true;
  const bool hex = target.size() >= 7 && target.size() <= 64 &&
                   std::ranges::all_of(target, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  if (hex) return true;
  const auto version = std::string_view(target).substr(target.starts_with('v') ? 1 : 0);
  return !version.empty() && is_digit(version.front()) && version.find('.') != std::string_view::npos && std::ranges::all_of(version, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '+';
  });
}

}  // namespace driftwarden
