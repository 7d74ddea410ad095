#include "bot/watch/app_files.hpp"

#include "bot/config/sections.hpp"
#include "bot/config/shards.hpp"
#include "bot/config/syntax.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr const char* kDirectory = ".driftwarden/apps";

/// A file in Git refers to nothing on this machine.
class NoEnvironment final : public Environment {
 public:
  std::optional<std::string> variable(const std::string&) const override { return std::nullopt; }
  Result<std::string> read_file(const std::string& path) const override { return Error{ErrorKind::NotFound, path}; }
  std::vector<std::string> list_files(const std::string&) const override { return {}; }
  std::string absolute(const std::string& path) const override { return path; }
};

void read_destination(Section& section, App& app) {
  section.named("cluster", app.cluster, NameKind::Cluster);
  if (!section.has("cluster")) section.missing("cluster", "the name of a cluster");
  if (!section.has("namespace")) section.missing("namespace", "the namespace it is destined to");
  section.checked(
      "namespace", app.namespace_, [](std::string_view text) -> std::string { return is_namespace(text) ? "" : "isn't a namespace"; }, "lower-case letters, digits and \"-\"");
  section.text("environment", app.environment);
  section.choice<Track>("track", {{"head", Track::Head}, {"pin", Track::Pin}}, app.track);
}

void read_name_of(Section& section, App& app, const std::string& expected) {
  app.name = expected;
  std::string given;
  section.text("name", given);
  if (!given.empty() && given != expected) section.reading().mistake(section.place("name"), fmt::format("the name is \"{}\"", given), fmt::format("\"{}\", as the file is called", expected));
  if (!is_plain_name(expected)) section.reading().mistake(section.node(), fmt::format("\"{}\" isn't a name", expected), "letters, digits, \".\", \"_\" and \"-\"");
  if (const auto* ignore = section.find("ignore")) section.reading().mistake(*ignore, "ignore rules can't be declared here", ignore_path(expected));
}

std::string name_of(const std::string& file) { return file.substr(0, file.rfind('.')); }

/// One level deep, YAML.
bool is_app_file(const std::string& file) { return file.find('/') == std::string::npos && (file.ends_with(".yaml") || file.ends_with(".yml")); }

}  // namespace

std::string app_file_path(const std::string& app) { return fmt::format("{}/{}.yaml", kDirectory, app); }

Result<App> parse_app_file(const std::string& text, const std::string& path, const std::string& repository, const Config& config) {
  const NoEnvironment nothing;
  const ConfigSource source{path, "", 0};
  ConfigReading reading{nothing, {}, {}, {}};
  const auto tree = parse_yaml_tree(text, source, reading.mistakes);
  App app;
  app.repository = repository;
  if (reading.mistakes.empty()) {
    Section section(reading, tree, "the App");
    read_name_of(section, app, name_of(path.substr(path.rfind('/') + 1)));
    read_path(section, app.path);
    read_sources(section, config, app);
    read_destination(section, app);
    if (app.track == Track::Pin && !app.revision.empty()) section.refuse("revision", "is given, but the App's pin says its revision", "one of revision and track: pin");
    check_channel(section, "channel", app.channel);
    section.named_list("owners", app.owners, NameKind::PersonOrGroup);
    section.finish();
    if (is_elsewhere(config, app.cluster)) std::erase_if(reading.uses, [](const NameUse& use) { return use.kind == NameKind::Cluster; });
    check_names(reading, tree, config);
  }
  if (!reading.mistakes.empty()) return Error{ErrorKind::InvalidInput, to_string(reading.mistakes.front())};
  const auto* cluster = find_cluster(config, app.cluster);
  if (cluster == nullptr) return app;
  // Else a file in Git could choose the approvals that its own App needs.
  if (!app.environment.empty() && app.environment != cluster->environment) {
    const auto expected = cluster->environment.empty() ? std::string("none") : fmt::format("\"{}\"", cluster->environment);
    return Error{ErrorKind::InvalidInput, fmt::format("{}: environment \"{}\" is not that of cluster {}, expected {}: an App declared in Git can't choose another", path,
                                                      app.environment, cluster->name, expected)};
  }
  if (app.environment.empty()) app.environment = cluster->environment;
  return app;
}

Result<DeclaredApps> read_declared_apps(Mirror& mirror, const std::string& head, const std::string& known_id, const std::string& repository, const Config& config) {
  DeclaredApps declared;
  auto id = mirror.tree_id(head, kDirectory);
  if (!id && id.error().kind == ErrorKind::NotFound) return declared;
  if (!id) return id.error();
  declared.id = *id;
  if (declared.id == known_id) return declared;
  TRY(const auto files, mirror.read_tree(head, kDirectory));
  for (const auto& file : files) {
    if (!is_app_file(file.path)) continue;
    auto app = parse_app_file(file.content, std::string(kDirectory) + "/" + file.path, repository, config);
    if (app && is_elsewhere(config, app->cluster)) continue;
    if (app) {
      declared.apps.push_back(std::move(*app));
      continue;
    }
    declared.broken.insert(name_of(file.path));
    declared.warnings.push_back(app.error().message);
  }
  return declared;
}

}  // namespace driftwarden
