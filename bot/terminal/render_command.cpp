#include "bot/terminal/render_command.hpp"

#include "bot/terminal/local_files.hpp"
#include "gitops/base/text.hpp"
#include "gitops/render/tool_render.hpp"
#include "integrations/render/tool_runner.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <ostream>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kShortest = std::chrono::seconds{1};
constexpr Duration kLongest = std::chrono::minutes{10};

/// A kustomization or a chart may read beyond its directory, as far as its repository goes.
Result<Rendered> render_directory(const std::string& path, App app, Duration timeout) {
  TRY(const auto place, local_place(path));
  const auto kind = app.render;
  app.path = place.path;
  const auto reader = create_local_reader(place.root);
  TRY(app.render, resolve_kind(*reader, app));
  if (app.render == RenderKind::Plain && app.more.empty()) {
    TRY(const auto files, read_source_files(path));
    return render(files, kind, app.namespace_);
  }
  TRY(const auto paths, find_sources(*reader, app));
  TRY(const auto files, read_all_files(place.root, paths));
  ToolRunnerOptions options;
  options.timeout = timeout;
  return render_sources(create_tool_runner(options).get(), files, app);
}

App app_of(const RenderArguments& arguments) {
  std::error_code failed;
  App app;
  app.name = std::filesystem::weakly_canonical(arguments.path, failed).filename().string();
  app.render = arguments.kind;
  app.namespace_ = arguments.namespace_;
  app.helm = arguments.helm;
  return app;
}

Result<std::string> render_text(const RenderArguments& arguments) {
  if (arguments.output != "json" && arguments.output != "yaml") {
    return Error{ErrorKind::InvalidInput, "unknown output '" + arguments.output + "', expected json or yaml"};
  }
  if (arguments.timeout < kShortest || arguments.timeout > kLongest) {
    return Error{ErrorKind::InvalidInput, fmt::format("the timeout is {}, expected {} to {}", format_duration(arguments.timeout), format_duration(kShortest), format_duration(kLongest))};
  }
  TRY(const auto rendered, render_local(arguments.path, app_of(arguments), arguments.timeout));
  if (arguments.output == "yaml") {
    std::string text;
    for (const auto& manifest : rendered.manifests) text += (text.empty() ? "" : "---\n") + to_yaml(*manifest.body);
    return text;
  }
  auto objects = json::array();
  for (const auto& manifest : rendered.manifests) objects.push_back(*manifest.body);
  return objects.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<Rendered> render_local(const std::string& path, App app, Duration timeout) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return render_directory(path, std::move(app), timeout);
  TRY(const auto files, read_source_files(path));
  return render(files, app.render, app.namespace_);
}

int run_render(const RenderArguments& arguments, std::ostream& out, std::ostream& err) {
  const auto text = render_text(arguments);
  if (!text) {
    err << "render: " << text.error().message << '\n';
    return 2;
  }
  out << *text;
  return 0;
}

}  // namespace driftwarden
