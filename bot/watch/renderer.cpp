#include "bot/watch/renderer.hpp"

#include "gitops/render/tool_render.hpp"

namespace driftwarden {

Renderer default_renderer() {
  return [](const std::vector<SourceFile>& files, const App& app) { return render_sources(nullptr, files, app); };
}

Renderer tool_renderer(std::shared_ptr<ToolRunner> tools) {
  auto function = [tools](const std::vector<SourceFile>& files, const App& app) { return render_sources(tools.get(), files, app); };
  auto options_id = [tools](const App& app) { return render_options_id(tools.get(), app); };
  return Renderer(std::move(function), std::move(options_id), std::make_shared<RenderCache>());
}

}  // namespace driftwarden
