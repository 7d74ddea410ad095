#include "gitops/render/render.hpp"

#include "gitops/base/crypto.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_manifest_file(std::string_view path) { return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json"); }

bool is_hidden(std::string_view path) { return path.starts_with('.') || path.find("/.") != std::string_view::npos; }

std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

Error refuse(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

Result<void> check_kind(const std::vector<SourceFile>& files, RenderKind kind) {
  if (kind == RenderKind::Kustomize) return refuse("this App is rendered with kustomize, and no tools can be run here");
  if (kind == RenderKind::Helm) return refuse("this App is rendered with helm, and no tools can be run here");
  for (const auto& file : files) {
    if (is_hidden(file.path)) continue;
    const auto name = file_name(file.path);
    if (is_kustomization(name)) {
      if (file.path == name && kind == RenderKind::Auto) return refuse(fmt::format("{}: this path is built with kustomize, and no tools can be run here", file.path));
      return refuse(fmt::format("{}: built with kustomize, so it can't be rendered as plain files: name the directory that is built as the App's path", file.path));
    }
    if (name == "Chart.yaml" && kind == RenderKind::Auto && file.path == name) {
      return refuse(fmt::format("{}: this path is a Helm chart, and no tools can be run here", file.path));
    }
  }
  return {};
}

/// Kinds that definitions among the manifests themselves declare cluster-wide.
std::set<GroupKind> declared_cluster_scoped(const std::vector<Manifest>& manifests) {
  std::set<GroupKind> kinds;
  for (const auto& manifest : manifests) {
    if (manifest.ref.kind != "CustomResourceDefinition") continue;
    const auto& body = *manifest.body;
    const auto spec = body.find("spec");
    if (spec == body.end() || !spec->is_object() || spec->value("scope", json()) != json("Cluster")) continue;
    const auto names = spec->find("names");
    const auto group = spec->value("group", json());
    if (names == spec->end() || !names->is_object() || !group.is_string()) continue;
    const auto kind = names->value("kind", json());
    if (kind.is_string()) kinds.insert({group.get<std::string>(), kind.get<std::string>()});
  }
  return kinds;
}

/// Namespaced objects get the default where they name none; cluster-wide ones lose theirs.
void settle_namespace(Manifest& manifest, const std::string& default_namespace, const std::set<GroupKind>& cluster_scoped) {
  std::string wanted = manifest.ref.namespace_;
  if (is_cluster_scoped(manifest.ref.group_kind()) || cluster_scoped.contains(manifest.ref.group_kind())) {
    wanted.clear();
  } else if (wanted.empty()) {
    wanted = default_namespace;
  }
  if (wanted == manifest.ref.namespace_) return;
  auto body = *manifest.body;
  if (wanted.empty()) {
    body["metadata"].erase("namespace");
  } else {
    body["metadata"]["namespace"] = wanted;
  }
  manifest.ref.namespace_ = wanted;
  manifest.body = std::make_shared<const json>(std::move(body));
}

Result<void> refuse_doubles(const std::vector<Manifest>& manifests) {
  std::map<std::string, const Manifest*> seen;
  for (const auto& manifest : manifests) {
    const auto [first, added] = seen.emplace(object_id(manifest.ref), &manifest);
    if (added) continue;
    const auto what = to_string(manifest.ref);
    if (manifest.file.empty()) return refuse(what + " is rendered twice");
    return refuse(fmt::format("{} is defined twice: {}:{} and {}:{}", what, first->second->file, first->second->line, manifest.file, manifest.line));
  }
  return {};
}

std::string digest_of(const std::vector<Manifest>& manifests) {
  std::map<std::string, std::string> parts;
  for (const auto& manifest : manifests) parts.emplace(object_id(manifest.ref), sha256_hex(manifest.body->dump()));
  std::string all;
  for (const auto& [id, hash] : parts) all += id + '\0' + hash + '\n';
  return sha256_hex(all);
}

}  // namespace

bool is_kustomization(std::string_view file_name) {
  return file_name == "kustomization.yaml" || file_name == "kustomization.yml" || file_name == "Kustomization";
}

Result<Rendered> assemble(std::vector<Manifest> manifests, const std::string& default_namespace) {
  Rendered rendered;
  const auto cluster_scoped = declared_cluster_scoped(manifests);
  for (auto& manifest : manifests) settle_namespace(manifest, default_namespace, cluster_scoped);
  CHECK_OK(refuse_doubles(manifests));
  sort_for_apply(manifests);
  rendered.digest = digest_of(manifests);
  rendered.manifests = std::move(manifests);
  return rendered;
}

Result<Rendered> render(const std::vector<SourceFile>& files, RenderKind kind, const std::string& default_namespace) {
  CHECK_OK(check_kind(files, kind));
  std::vector<const SourceFile*> sources;
  for (const auto& file : files) {
    if (is_manifest_file(file.path) && !is_hidden(file.path)) sources.push_back(&file);
  }
  std::sort(sources.begin(), sources.end(), [](const SourceFile* a, const SourceFile* b) { return a->path < b->path; });
  std::vector<Manifest> all;
  for (const auto* file : sources) {
    TRY(auto manifests, parse_manifests(file->content, file->path));
    for (auto& manifest : manifests) all.push_back(std::move(manifest));
  }
  return assemble(std::move(all), default_namespace);
}

}  // namespace driftwarden
