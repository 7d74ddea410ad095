#include "gitops/render/tool_render.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/render/kustomize_overlay.hpp"
#include "gitops/render/parts.hpp"
#include "gitops/render/source_path.hpp"
#include "gitops/render/substitute.hpp"
#include "gitops/render/tool_rendering.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 3> kTools{"kustomize", "kubectl", "helm"};
/// Of what is kept on disk, with Driftwarden's version: another one whenever what we ourselves make of a tool's input or output is different.
constexpr const char* kFormat = "0.1.0/2";

Error refuse(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

Result<Rendered> render_plain(const std::vector<SourceFile>& files, const App& app) {
  std::vector<SourceFile> inside;
  for (const auto& file : files) {
    if (lies_in(file.path, app.path) && file.path != app.path) {
      auto path = path_inside(file.path, app.path);
      if (!app.top_only || path.find('/') == std::string::npos) inside.push_back({std::move(path), file.content});
    }
    if (file.path == app.path) inside.push_back({file.path.substr(file.path.rfind('/') + 1), file.content});
  }
  return render(inside, app.render == RenderKind::Plain ? RenderKind::Plain : RenderKind::Auto, app.namespace_);
}

std::string tool_of(RenderKind kind, const App& app) {
  if (kind == RenderKind::Helm) return "helm";
  return kind == RenderKind::Plugin ? "the plugin " + app.plugin.name : "kustomize";
}

Result<Rendered> render_by_kind(ToolRunner* tools, const std::vector<SourceFile>& files, const App& app) {
  const auto kind = resolve_kind(files, app);
  if (kind == RenderKind::Plain) return render_plain(files, app);
  if (tools == nullptr) return refuse(fmt::format("App {} is rendered with {}, and no tools can be run here", app.name, tool_of(kind, app)));
  ToolRendering rendering(*tools, files, app);
  if (kind == RenderKind::Helm) return rendering.by_helm();
  return kind == RenderKind::Plugin ? rendering.by_plugin() : rendering.by_kustomize();
}

/// What is done to the objects when they are built: Flux's variables first, its common metadata after.
Result<Rendered> render_part(ToolRunner* tools, const std::vector<SourceFile>& files, const App& app) {
  TRY(auto rendered, render_by_kind(tools, files, app));
  const auto& overlay = app.kustomize;
  const bool variables = overlay.substitute && !overlay.substitute->empty();
  const bool metadata = !labels_selectors(app) && !(overlay.labels.empty() && overlay.annotations.empty());
  if (!variables && !metadata) return rendered;
  auto manifests = std::move(rendered.manifests);
  if (variables) {
    auto done = substitute_in(manifests, *overlay.substitute);
    if (!done) return wrap(fmt::format("App {}", app.name), done.error());
  }
  add_metadata(manifests, app);
  TRY(auto again, assemble(std::move(manifests), app.namespace_));
  rendered.manifests = std::move(again.manifests);
  rendered.digest = std::move(again.digest);
  return rendered;
}

/// The directory of a path that may be one file's.
std::string directory_for(const std::vector<SourceFile>& files, const std::string& path) {
  const bool is_file = std::ranges::any_of(files, [&](const SourceFile& file) { return file.path == path; });
  const auto slash = path.rfind('/');
  if (!is_file) return path;
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

json id_of(const HelmSource& helm) {
  return {{"release", helm.release}, {"values", helm.values}, {"set", helm.set}, {"set_string", helm.set_string}, {"inline", helm.inline_values}, {"skip_crds", helm.skip_crds},
          {"skip_missing", helm.skip_missing_values}};
}

json id_of(const KustomizeOverlay& overlay) {
  return {{"prefix", overlay.name_prefix}, {"suffix", overlay.name_suffix},     {"namespace", overlay.namespace_},   {"labels", overlay.labels},
          {"annotations", overlay.annotations}, {"images", overlay.images},     {"replicas", overlay.replicas},      {"components", overlay.components},
          {"patches", overlay.patches},         {"substitutes", overlay.substitute.has_value()}, {"variables", overlay.substitute.value_or(Variables())}};
}

json id_of_part(const App& part) {
  return {{"path", part.path},
          {"kind", static_cast<int>(part.render)},
          {"top_only", part.top_only},
          {"helm", id_of(part.helm)},
          {"kustomize", id_of(part.kustomize)},
          {"plugin", {part.plugin.name, part.plugin.command, part.plugin.timeout.count()}}};
}

void add_missing(std::vector<std::string>& missing, const std::vector<std::string>& more) {
  for (const auto& tool : more) {
    if (std::ranges::find(missing, tool) == missing.end()) missing.push_back(tool);
  }
}

}  // namespace

std::string release_name(const App& app) { return app.helm.release.empty() ? app.name : app.helm.release; }

RenderKind resolve_kind(const std::vector<SourceFile>& files, const App& app) {
  if (app.render != RenderKind::Auto && app.render != RenderKind::Plain) return app.render;
  bool chart = false;
  bool nested = false;
  for (const auto& file : files) {
    if (app.render == RenderKind::Plain || !lies_in(file.path, app.path)) continue;
    const auto name = path_inside(file.path, app.path);
    if (is_kustomization(name)) return RenderKind::Kustomize;
    const auto slash = name.rfind('/');
    nested = nested || (slash != std::string::npos && is_kustomization(std::string_view(name).substr(slash + 1)));
    chart = chart || name == "Chart.yaml";
  }
  const bool by_flux = app.deployer.kind == DeployerKind::Flux && app.deployer.object.kind != "HelmRelease";
  if (chart && !by_flux) return RenderKind::Helm;
  return needs_kustomize(app) || (nested && by_flux) ? RenderKind::Kustomize : RenderKind::Plain;
}

Result<Rendered> render_sources(ToolRunner* tools, const std::vector<SourceFile>& files, const App& app) {
  if (app.more.empty()) return render_part(tools, files, app);
  Rendered all;
  std::vector<Manifest> manifests;
  for (const auto& part : parts_of(app)) {
    auto rendered = render_part(tools, files, part);
    if (!rendered) return wrap(fmt::format("the part {}", part.path.empty() ? "at the repository's root" : part.path), rendered.error());
    rebase_files(rendered->manifests, directory_for(files, part.path), directory_for(files, app.path));
    std::ranges::move(rendered->manifests, std::back_inserter(manifests));
    std::ranges::move(rendered->warnings, std::back_inserter(all.warnings));
    all.may_vary = all.may_vary || rendered->may_vary;
    all.by_tool = all.by_tool || rendered->by_tool;
  }
  auto assembled = assemble(std::move(manifests), app.namespace_);
  if (!assembled) return wrap(fmt::format("the parts of App {}", app.name), assembled.error());
  all.manifests = std::move(assembled->manifests);
  all.digest = std::move(assembled->digest);
  return all;
}

std::string render_options_id(ToolRunner* tools, const App& app) {
  json all{{"format", kFormat}, {"release", release_name(app)}, {"namespace", app.namespace_}, {"deployer", {static_cast<int>(app.deployer.kind), app.deployer.object.kind}}};
  bool plugin = false;
  for (const auto& part : parts_of(app)) {
    all["parts"].push_back(id_of_part(part));
    if (tools != nullptr && !part.plugin.command.empty()) all["tools"].push_back(tools->identity_of(part.plugin.command));
    plugin = plugin || part.render == RenderKind::Plugin;
  }
  // A plugin is told the App's name.
  if (plugin) all["name"] = app.name;
  for (const auto* tool : kTools) all["tools"].push_back(tools == nullptr ? "" : tools->identity(tool));
  return sha256_hex(all.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::vector<std::string> missing_tools(ToolRunner& tools, RenderKind kind) {
  if (kind == RenderKind::Helm && tools.identity("helm").empty()) return {"helm"};
  if (kind == RenderKind::Kustomize && tools.identity("kustomize").empty() && tools.identity("kubectl").empty()) return {"kustomize"};
  return {};
}

std::vector<std::string> missing_tools(ToolRunner& tools, const App& app) {
  std::vector<std::string> missing;
  for (const auto& part : parts_of(app)) {
    add_missing(missing, missing_tools(tools, part.render));
    if (needs_kustomize(part)) add_missing(missing, missing_tools(tools, RenderKind::Kustomize));
    const bool plugin = part.render == RenderKind::Plugin && check_plugin(part.plugin);
    if (plugin && tools.identity(part.plugin.command.front()).empty()) add_missing(missing, {part.plugin.command.front()});
  }
  return missing;
}

Result<void> check_plugin(const PluginSource& plugin) {
  if (plugin.command.empty() || plugin.command.front().empty()) return refuse(fmt::format("the plugin \"{}\" has no command", plugin.name));
  const auto& program = plugin.command.front();
  if (program.find('/') == std::string::npos || program.starts_with('/')) return Result<void>{};
  return refuse(fmt::format("the plugin \"{}\" would run {}, which lies in the repository: what Git holds never runs as a program; install it and name it as found in PATH", plugin.name,
                            ellipsize(without_control_characters(program), 120)));
}

}  // namespace driftwarden
