#include "bot/watch/renderer.hpp"

#include "gitops/render/tool_render.hpp"

namespace driftwarden {
namespace {

constexpr std::size_t kMaxEntries = 2000;
constexpr std::size_t kMaxBytes = 64U << 20U;

}  // namespace

Renderer default_renderer() {
  return [](const std::vector<SourceFile>& files, const App& app) { return render_sources(nullptr, files, app); };
}

Renderer tool_renderer(std::shared_ptr<ToolRunner> tools, std::shared_ptr<RenderStore> store) {
  auto function = [tools](const std::vector<SourceFile>& files, const App& app) { return render_sources(tools.get(), files, app); };
  auto options_id = [tools](const App& app) { return render_options_id(tools.get(), app); };
  return Renderer(std::move(function), std::move(options_id), std::make_shared<RenderCache>(kMaxEntries, kMaxBytes, std::move(store)));
}

}  // namespace driftwarden
