#pragma once
// Rendering with the tools that people render with: kustomize and helm are run, not re-written.
#include "gitops/render/render.hpp"
#include "gitops/render/tool.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// The tool that renders the App, told by its files (paths from the repository's root). Never Auto. What Argo CD or Flux lay over plain files makes it
/// Kustomize.
RenderKind resolve_kind(const std::vector<SourceFile>& files, const App& app);

/// `files`: those of find_sources, paths from the repository's root. Plain files by ourselves; kustomize by `kustomize build` or, where that is missing,
/// `kubectl kustomize`; a chart by `helm template`; a plugin by its own command. Each of App::more by its own tool, and all put together: an object that two
/// of them hold is refused. NotFound names the tool that isn't installed and the App that needs it. InvalidInput says what the tool said, where, and how to
/// see it oneself. `tools` may be null: what needs one is refused.
Result<Rendered> render_sources(ToolRunner* tools, const std::vector<SourceFile>& files, const App& app);

/// Texts that decide besides the files what an App's rendering gives: all that the App says of it, the build of the tools.
std::string render_options_id(ToolRunner* tools, const App& app);

/// Which of these programs are missing, for an App that is rendered so; empty = none.
std::vector<std::string> missing_tools(ToolRunner& tools, RenderKind kind);
/// The same for all of its parts, plugins' commands among them; Auto counts as plain.
std::vector<std::string> missing_tools(ToolRunner& tools, const App& app);

/// A plugin's command that can't be allowed: none, or one that names a program by a path inside the repository (code from Git never runs as a program).
Result<void> check_plugin(const PluginSource& plugin);

/// "checkout", or what its helm.release says.
std::string release_name(const App& app);

}  // namespace driftwarden
