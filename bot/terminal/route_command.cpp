#include "bot/terminal/route_command.hpp"

#include "bot/terminal/config_without_secrets.hpp"
#include "bot/config/section.hpp"
#include "bot/policy/code_owners.hpp"
#include "bot/routing/routing.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::string_view kCommand = "driftwarden route test: ";

/// Nothing: the file can't be read, and that was said.
std::optional<std::vector<std::string>> code_owners(const RouteTestArguments& arguments, const Config& config, const App& app, const Environment& environment, std::ostream& err) {
  auto owners = arguments.code_owners;
  if (arguments.code_owners_file.empty()) return owners;
  const auto text = environment.read_file(arguments.code_owners_file);
  if (!text) {
    err << kCommand << arguments.code_owners_file << " can't be read: " << text.error().message << '\n';
    return std::nullopt;
  }
  const auto* repository = find_repository(config, app.repository);
  const auto dialect = repository == nullptr ? ForgeKind::None : repository->forge.kind;
  for (auto& owner : owners_of_path(parse_code_owners(*text, dialect), owned_file_of(app), dialect)) owners.push_back(std::move(owner));
  return owners;
}

json document_of(const Config& config, const App& app, const std::vector<std::string>& owners) {
  json causes = json::array();
  for (auto cause = Cause::LiveEdited; cause <= Cause::Unknown; cause = static_cast<Cause>(static_cast<int>(cause) + 1)) {
    const auto severity = severity_of(config, app, cause);
    const auto routed = route(config, {.app = &app, .cause = cause, .severity = severity, .code_owners = owners});
    const auto repeat = repeat_after(config, severity);
    causes.push_back({{"cause", to_string(cause)},
                      {"severity", to_string(severity)},
                      {"channel", routed.channel},
                      {"mention", routed.mention},
                      {"way", routed.way},
                      {"hold_off", format_duration(hold_off(config, app, cause))},
                      {"repeat", repeat ? format_duration(*repeat) : "never"}});
  }
  return {{"app", app.name}, {"environment", app.environment}, {"cluster", app.cluster}, {"code_owners", owners}, {"causes", causes}};
}

}  // namespace

int run_route_test(const RouteTestArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err) {
  if (arguments.output != "text" && arguments.output != "json") {
    err << kCommand << "unknown output \"" << arguments.output << "\", expected text or json\n";
    return 2;
  }
  const auto config = load_config_without_secrets("route test", arguments.config, environment, err);
  if (!config) return 2;
  const auto* app = find_app(*config, arguments.app);
  if (app == nullptr) {
    std::vector<std::string> names;
    for (const auto& known : config->apps) names.push_back(known.name);
    err << kCommand << "unknown App \"" << arguments.app << "\", expected " << expected_of(arguments.app, names) << '\n';
    return 2;
  }
  const auto owners = code_owners(arguments, *config, *app, environment, err);
  if (!owners) return 2;
  if (arguments.output == "json") {
    out << document_of(*config, *app, *owners).dump(2, ' ', false, json::error_handler_t::replace) << '\n';
  } else {
    out << explain_route(*config, *app, *owners) << '\n';
  }
  return 0;
}

}  // namespace driftwarden
