#include "bot/app/check_command.hpp"

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

}  // namespace

int run_check(const CheckArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err) {
  if (arguments.output != "text" && arguments.output != "json") {
    err << "driftwarden check: unknown output \"" << arguments.output << "\", expected text or json\n";
    return 2;
  }
  if (const auto text = environment.read_file(arguments.config); !text) {
    err << "driftwarden check: " << arguments.config << " can't be read: " << text.error().message << '\n';
    return 2;
  }
  const auto loaded = load_config(arguments.config, environment);
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
