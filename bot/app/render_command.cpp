#include "bot/app/render_command.hpp"

#include "bot/app/local_files.hpp"
#include "gitops/render/render.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace driftwarden {
namespace {

using nlohmann::json;

Result<std::string> render_text(const RenderArguments& arguments) {
  if (arguments.output != "json" && arguments.output != "yaml") {
    return Error{ErrorKind::InvalidInput, "unknown output '" + arguments.output + "', expected json or yaml"};
  }
  TRY(const auto files, read_source_files(arguments.path));
  TRY(const auto rendered, render(files, arguments.kind, arguments.namespace_));
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
