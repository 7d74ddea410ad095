#pragma once
// How the fleet and its Changes render: a function of files, and what it has rendered before.
#include "bot/watch/render_cache.hpp"
#include "gitops/render/tool.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace driftwarden {

/// Copies share their cache. Called on the pool.
class Renderer {
 public:
  /// `files`: all that the App is rendered from (source_paths), paths from the repository's root.
  using Function = std::function<Result<Rendered>(const std::vector<SourceFile>& files, const App& app)>;
  /// What decides beside the files, as one text.
  using OptionsId = std::function<std::string(const App& app)>;

  Renderer() = default;
  template <class Callable>
    requires(!std::same_as<std::remove_cvref_t<Callable>, Renderer> && std::is_invocable_r_v<Result<Rendered>, Callable&, const std::vector<SourceFile>&, const App&>)
  Renderer(Callable function) : function_(std::move(function)) {}
  Renderer(Function function, OptionsId options_id, std::shared_ptr<RenderCache> cache)
      : function_(std::move(function)), options_id_(std::move(options_id)), cache_(std::move(cache)) {}

  Result<Rendered> operator()(const std::vector<SourceFile>& files, const App& app) const { return function_(files, app); }
  explicit operator bool() const { return static_cast<bool>(function_); }

  /// Null where nothing is kept.
  const std::shared_ptr<RenderCache>& cache() const { return cache_; }
  std::string cache_key(const std::string& sources_id, const App& app) const { return sources_id + "/" + options_id_(app); }

 private:
  Function function_;
  OptionsId options_id_;
  std::shared_ptr<RenderCache> cache_;
};

/// Plain manifests only: what needs a tool is refused.
Renderer default_renderer();
/// gitops/render with kustomize and helm, and a cache of what they made.
Renderer tool_renderer(std::shared_ptr<ToolRunner> tools);

}  // namespace driftwarden
