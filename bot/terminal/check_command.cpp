#include "bot/terminal/check_command.hpp"

#include "bot/config/load.hpp"
#include "bot/reload/git_texts.hpp"
#include "gitops/render/tool_render.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace driftwarden {
namespace {

using nlohmann::json;

json to_json(const std::vector<ConfigMistake>& mistakes) {
  auto out = json::array();
  for (const auto& mistake : mistakes) {
    out.push_back({{"file", mistake.file}, {"line", mistake.line}, {"column", mistake.column}, {"what", mistake.what}, {"expected", mistake.expected}});
  }
  return out;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) { return fmt::format("{} {}", count, count == 1 ? one : many); }

std::string summary(const std::string& file, const LoadedConfig& loaded) {
  if (!loaded.config) return fmt::format("{}: {}", file, counted(loaded.mistakes.size(), "mistake", "mistakes"));
  const auto& config = *loaded.config;
  return fmt::format("{}: good: {}, {}, {}, {}", file, counted(config.clusters.size(), "cluster", "clusters"),
                     counted(config.repositories.size(), "repository", "repositories"), counted(config.apps.size(), "app", "apps"),
                     counted(config.people.size(), "person", "people"));
}

/// Of an App with `render: auto` only its repository could say what it needs.
std::vector<ConfigMistake> missing_tools_of(const std::string& file, const Config& config, ToolRunner& tools) {
  std::vector<ConfigMistake> warnings;
  for (const auto& app : config.apps) {
    for (const auto& tool : missing_tools(tools, app.render)) {
      warnings.push_back({file, 1, 1, fmt::format("the App \"{}\" is rendered with {}, which isn't installed here", app.name, tool), tool + " in PATH where Driftwarden runs"});
    }
  }
  return warnings;
}

Result<std::vector<ConfigText>> texts_in_git(const CheckArguments& arguments, const Environment& environment) {
  if (arguments.from_git.empty()) return std::vector<ConfigText>{};
  if (!find_places(arguments.config, environment).from_git) return Error{ErrorKind::InvalidInput, arguments.config + " has no config_from, so nothing is read from Git"};
  return read_directory_texts(arguments.from_git);
}

}  // namespace

int run_check(const CheckArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err, ToolRunner* tools) {
  if (arguments.output != "text" && arguments.output != "json") {
    err << "driftwarden check: unknown output \"" << arguments.output << "\", expected text or json\n";
    return 2;
  }
  if (const auto text = environment.read_file(arguments.config); !text) {
    err << "driftwarden check: " << arguments.config << " can't be read: " << text.error().message << '\n';
    return 2;
  }
  auto texts = texts_in_git(arguments, environment);
  if (!texts) {
    err << "driftwarden check: " << texts.error().message << '\n';
    return 2;
  }
  auto loaded = load_config(arguments.config, environment, *texts);
  if (arguments.from_git.empty() && find_places(arguments.config, environment).from_git) {
    loaded.warnings.push_back({arguments.config, 1, 1, "what config_from names in Git isn't checked", "--from-git DIRECTORY with a checkout of it"});
  }
  if (loaded.config && tools != nullptr) {
    for (auto& warning : missing_tools_of(arguments.config, *loaded.config, *tools)) loaded.warnings.push_back(std::move(warning));
  }
  if (arguments.output == "json") {
    const json document{
        {"file", arguments.config}, {"ok", loaded.config.has_value()}, {"mistakes", to_json(loaded.mistakes)}, {"warnings", to_json(loaded.warnings)}};
    out << document.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
  } else {
    for (const auto& mistake : loaded.mistakes) out << to_string(mistake) << '\n';
    for (const auto& warning : loaded.warnings) out << to_string(warning) << " (warning)\n";
    out << summary(arguments.config, loaded) << '\n';
  }
  return loaded.config ? 0 : 1;
}

}  // namespace driftwarden
