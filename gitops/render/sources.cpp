#include "gitops/render/sources.hpp"

#include "gitops/base/text.hpp"
#include "gitops/render/kustomization.hpp"
#include "gitops/render/kustomize_overlay.hpp"
#include "gitops/render/parts.hpp"
#include "gitops/render/render.hpp"
#include "gitops/render/source_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kMaxDirectories = 500;

Error refuse(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

/// "" where the directory has none.
Result<std::string> kustomization_in(SourceReader& reader, const std::string& directory) {
  for (const auto* name : {"kustomization.yaml", "kustomization.yml", "Kustomization"}) {
    auto path = join_path(directory, name);
    TRY(const auto kind, reader.kind(path));
    if (kind == EntryKind::File) return path;
  }
  return std::string();
}

Error remote(const std::string& where, const std::string& reference) {
  return refuse(fmt::format("{} names \"{}\", which lies outside this repository: nothing is fetched while rendering; copy (vendor) it into the repository and name it there",
                            where, ellipsize(without_control_characters(reference), 120)));
}

/// From kustomization to kustomization.
class KustomizeWalk {
 public:
  KustomizeWalk(SourceReader& reader, std::string app_path) : reader_(reader), app_path_(std::move(app_path)) {}

  Result<void> enter(const std::string& directory, const std::string& named_by) {
    if (std::ranges::find(open_, directory) != open_.end()) return refuse(fmt::format("{} names {}, which is built from it: a cycle", named_by, shown(directory)));
    if (seen_.contains(directory)) return Result<void>{};
    if (seen_.size() >= kMaxDirectories) return refuse(fmt::format("{}: more than {} directories with kustomizations", app_path_, kMaxDirectories));
    TRY(const auto file, kustomization_in(reader_, directory));
    if (file.empty()) {
      const auto what = shown(directory) + " has no kustomization.yaml";
      return refuse(named_by.empty() ? what : fmt::format("{} names {}, and {}", named_by, shown(directory), what));
    }
    seen_.insert(directory);
    // A directory around the App's own holds others, too: of that only what is named counts.
    found_.push_back(directory != app_path_ && lies_in(app_path_, directory) ? file : directory);
    TRY(const auto text, reader_.read(file));
    TRY(const auto kustomization, parse_kustomization(text, file));
    open_.push_back(directory);
    for (const auto& reference : kustomization.references) CHECK_OK(follow(directory, fmt::format("{}: {}", file, reference.field), reference));
    open_.pop_back();
    return Result<void>{};
  }

  /// What is named as if a kustomization in `directory` did it.
  Result<void> follow(const std::string& directory, const std::string& where, const KustomizeReference& reference) {
    if (reference.kind == KustomizeReference::Kind::Chart) return follow_chart(directory, where, reference);
    const auto path = resolve_path(directory, reference.path);
    const bool may_be_remote = is_remote(reference.path);
    if (!path) return may_be_remote ? remote(where, reference.path) : wrap(where, path.error());
    TRY(const auto kind, reader_.kind(*path));
    if (kind == EntryKind::None) {
      return may_be_remote ? remote(where, reference.path) : refuse(fmt::format("{} names {}, which isn't there", where, *path));
    }
    if (kind == EntryKind::Directory) {
      if (reference.kind == KustomizeReference::Kind::File) return refuse(fmt::format("{} names {}, a directory; expected a file", where, *path));
      return enter(*path, where);
    }
    found_.push_back(*path);
    return Result<void>{};
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  static std::string shown(const std::string& directory) { return directory.empty() ? "the repository's root" : directory; }

  Result<void> follow_chart(const std::string& directory, const std::string& where, const KustomizeReference& chart) {
    for (const auto& candidate : {chart.path, chart.other_path}) {
      if (candidate.empty()) continue;
      const auto path = resolve_path(directory, candidate);
      if (!path) return wrap(where, path.error());
      TRY(const auto kind, reader_.kind(join_path(*path, "Chart.yaml")));
      if (kind != EntryKind::File) continue;
      found_.push_back(*path);
      return Result<void>{};
    }
    return refuse(fmt::format("{} names a chart that isn't in {}: nothing is fetched while rendering; unpack it there (helm pull --untar) and commit it", where,
                              join_path(directory, chart.path)));
  }

  SourceReader& reader_;
  std::string app_path_;
  std::set<std::string> seen_;
  std::vector<std::string> open_;
  std::vector<std::string> found_;
};

Result<std::vector<std::string>> helm_sources(SourceReader& reader, const App& app) {
  std::vector<std::string> found{app.path};
  for (const auto& values : app.helm.values) {
    const auto where = fmt::format("the values of App {}", app.name);
    const auto path = resolve_path(app.path, values);
    if (is_remote(values) && !path) return remote(where, values);
    if (!path) return wrap(where, path.error());
    TRY(const auto kind, reader.kind(*path));
    if (kind == EntryKind::None && app.helm.skip_missing_values) continue;
    if (kind == EntryKind::None && is_remote(values)) return remote(where, values);
    if (kind != EntryKind::File) return refuse(fmt::format("{} name {}, which {}", where, *path, kind == EntryKind::None ? "isn't there" : "is a directory"));
    found.push_back(*path);
  }
  return found;
}

/// Components and patches that are laid over the App.
Result<void> follow_overlay(KustomizeWalk& walk, const App& app) {
  const auto where = [&](const char* field, std::size_t index) { return fmt::format("kustomize.{}[{}] of App {}", field, index, app.name); };
  for (std::size_t i = 0; i < app.kustomize.components.size(); ++i) {
    CHECK_OK(walk.follow(app.path, where("components", i), {KustomizeReference::Kind::Any, app.kustomize.components[i], {}}));
  }
  for (std::size_t i = 0; i < app.kustomize.patches.size(); ++i) {
    const auto patch = nlohmann::json::parse(app.kustomize.patches[i], nullptr, false);
    const auto path = patch.is_object() ? patch.value("path", nlohmann::json()) : nlohmann::json();
    if (path.is_string()) CHECK_OK(walk.follow(app.path, where("patches", i), {KustomizeReference::Kind::File, path.get<std::string>(), {}}));
  }
  return Result<void>{};
}

/// A directory without a kustomization: those further down are followed.
Result<void> enter_nested(SourceReader& reader, KustomizeWalk& walk, const App& app) {
  TRY(const auto files, reader.files_below(app.path));
  std::vector<std::string> directories;
  for (const auto& file : files) {
    const auto slash = file.rfind('/');
    if (slash == std::string::npos || !is_kustomization(std::string_view(file).substr(slash + 1))) continue;
    if (lies_in(file, app.path)) directories.push_back(file.substr(0, slash));
  }
  for (const auto& directory : outermost(std::move(directories))) CHECK_OK(walk.enter(directory, app.path));
  return Result<void>{};
}

Result<std::vector<std::string>> kustomize_sources(SourceReader& reader, const App& app) {
  KustomizeWalk walk(reader, app.path);
  TRY(const auto file, kustomization_in(reader, app.path));
  const bool generated = file.empty() && (needs_kustomize(app) || app.deployer.kind == DeployerKind::Flux);
  if (generated) {
    CHECK_OK(enter_nested(reader, walk, app));
  } else {
    CHECK_OK(walk.enter(app.path, ""));
  }
  CHECK_OK(follow_overlay(walk, app));
  auto found = walk.take();
  found.push_back(app.path);
  return found;
}

Result<std::vector<std::string>> sources_of(SourceReader& reader, const App& app) {
  TRY(const auto kind, resolve_kind(reader, app));
  if (kind == RenderKind::Kustomize) return kustomize_sources(reader, app);
  std::vector<std::string> found{app.path};
  if (kind == RenderKind::Helm) {
    TRY(found, helm_sources(reader, app));
  }
  KustomizeWalk walk(reader, app.path);
  CHECK_OK(follow_overlay(walk, app));
  for (auto& path : walk.take()) found.push_back(std::move(path));
  return found;
}

}  // namespace

Result<RenderKind> resolve_kind(SourceReader& reader, const App& app) {
  if (app.render != RenderKind::Auto && app.render != RenderKind::Plain) return app.render;
  const auto built = needs_kustomize(app) ? RenderKind::Kustomize : RenderKind::Plain;
  if (app.render == RenderKind::Plain) return built;
  TRY(const auto kustomization, kustomization_in(reader, app.path));
  if (!kustomization.empty()) return RenderKind::Kustomize;
  const bool by_flux = app.deployer.kind == DeployerKind::Flux && app.deployer.object.kind != "HelmRelease";
  if (!by_flux) {
    TRY(const auto chart, reader.kind(join_path(app.path, "Chart.yaml")));
    return chart == EntryKind::File ? RenderKind::Helm : built;
  }
  TRY(const auto files, reader.files_below(app.path));
  const bool nested = std::ranges::any_of(files, [](const std::string& file) { return is_kustomization(std::string_view(file).substr(file.rfind('/') + 1)); });
  return nested ? RenderKind::Kustomize : built;
}

Result<std::vector<std::string>> find_sources(SourceReader& reader, const App& app) {
  std::vector<std::string> found;
  for (const auto& part : parts_of(app)) {
    auto of_part = sources_of(reader, part);
    if (!of_part) return of_part;
    for (auto& path : *of_part) found.push_back(std::move(path));
  }
  return outermost(std::move(found));
}

bool reads_only_its_path(const App& app) {
  if (!app.more.empty() || !app.kustomize.components.empty() || !app.kustomize.patches.empty()) return false;
  // With an overlay plain files are built by kustomize, which follows what their kustomizations name.
  if (app.render == RenderKind::Plain) return !needs_kustomize(app);
  if (app.render == RenderKind::Plugin) return true;
  return app.render == RenderKind::Helm && app.helm.values.empty();
}

}  // namespace driftwarden
