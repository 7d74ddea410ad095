#pragma once
// How the fleet and its Changes render: a function of files, and what it has rendered before.
#include "bot/watch/render_cache.hpp"
#include "gitops/render/tool.hpp"

#include <atomic>
#include <concepts>
#include <cstdint>
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

  Result<Rendered> operator()(const std::vector<SourceFile>& files, const App& app) const {
    auto rendered = function_(files, app);
    if (rendered && rendered->by_tool) count_tool_run();
    return rendered;
  }
  explicit operator bool() const { return static_cast<bool>(function_); }

  /// How often a program was run; what a cache answered doesn't count.
  std::uint64_t tool_runs() const { return *tool_runs_; }
  void count_tool_run() const { ++*tool_runs_; }
  /// Null where nothing is kept.
  const std::shared_ptr<RenderCache>& cache() const { return cache_; }
  std::string cache_key(const std::string& sources_id, const App& app) const { return sources_id + "/" + options_id_(app); }

 private:
  Function function_;
  OptionsId options_id_;
  std::shared_ptr<RenderCache> cache_;
  std::shared_ptr<std::atomic<std::uint64_t>> tool_runs_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

/// Plain manifests only: what needs a tool is refused.
Renderer default_renderer();
/// gitops/render with kustomize and helm, and a cache of what they made.
Renderer tool_renderer(std::shared_ptr<ToolRunner> tools, std::shared_ptr<RenderStore> store = nullptr);

}  // namespace driftwarden
