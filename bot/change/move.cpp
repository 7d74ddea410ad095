#include "bot/change/move.hpp"

#include "bot/change/plan_parts.hpp"
#include "bot/config/syntax.hpp"
#include "bot/watch/found_paths.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;
using planning::refused;
using planning::shown;

std::string names_of_clusters(const Config& config) {
  std::vector<std::string> names;
  for (const auto& cluster : config.clusters) names.push_back(cluster.name);
  return join(names, ", ");
}

/// Where the rule looks for it then.
Result<std::string> path_there(const App& app, const App& made, const DiscoverRule& rule) {
  auto values = *match_path(rule.paths, app.path);
  const auto named = values.find("app");
  const auto plain = named != values.end() ? named->second : app.path.substr(app.path.rfind('/') + 1);
  if (app.name != plain) {
    return refused(fmt::format("the rule \"{}\" calls it {} because it finds more than one \"{}\": in another place it would get another name and be another App. Move its files by a pull request of your own",
                               shown(rule.paths), app.name, shown(plain)));
  }
  const auto put = [&](const char* key, const std::string& value) {
    const auto found = values.find(key);
    if (found != values.end()) found->second = value;
    return found != values.end();
  };
  if (!put("cluster", made.cluster) && made.cluster != app.cluster) {
    return refused(fmt::format("{} was found by the rule \"{}\", whose paths don't say the cluster: move its files to where a rule for {} looks, by a pull request of your own", app.name, shown(rule.paths), made.cluster));
  }
  if (!put("namespace", made.namespace_) && made.namespace_ != app.namespace_) {
    return refused(fmt::format("{} was found by the rule \"{}\", whose paths don't say the namespace: it stays in {}", app.name, shown(rule.paths), app.namespace_));
  }
  put("environment", made.environment);
  auto path = fill_path(rule.paths, values);
  if (!path || !planning::is_safe_path(*path)) return refused(fmt::format("\"{}\" gives no place for {} on {}", shown(rule.paths), app.name, made.cluster));
  return std::move(*path);
}

}  // namespace

std::string to_json_text(const MoveRecord& record) {
  return json{{"cluster", record.to.cluster}, {"namespace", record.to.namespace_}, {"from", {{"cluster", record.cluster}, {"namespace", record.namespace_}, {"path", record.path}}}}.dump();
}

MoveRecord move_record_from(const std::string& text) {
  MoveRecord record;
  record.to = move_request_from(text);
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object() || !object.contains("from") || !object.at("from").is_object()) return record;
  const auto& from = object.at("from");
  const auto at = [&](const char* key) {
    const auto found = from.find(key);
    return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  record.cluster = at("cluster");
  record.namespace_ = at("namespace");
  record.path = at("path");
  return record;
}

MoveRecord move_record(const App& app, MoveRequest to) { return {std::move(to), app.cluster, app.namespace_, app.path}; }

const DiscoverRule* paths_rule_of(const App& app, const Config& config) {
  if (!app.found_by.starts_with("paths")) return nullptr;
  const auto found = std::ranges::find_if(config.discover, [&](const DiscoverRule& rule) {
    return rule.kind == DiscoverKind::Paths && rule.repository == app.repository && match_path(rule.paths, app.path).has_value();
  });
  return found == config.discover.end() ? nullptr : &*found;
}

Result<App> moved_app(const App& app, const MoveRequest& to, const Config& config) {
  if (app.orphans) return refused(app.name + " stands for what no Git knows: there is nothing to move");
  if (!is_rendered(app)) return refused(fmt::format("{} is planned by {}: it is on no cluster", app.name, to_string(app.plan.tool)));
  const auto* cluster = find_cluster(config, to.cluster);
  if (cluster == nullptr) return refused(fmt::format("which cluster? \"{}\" is none; I know {}", shown(to.cluster), names_of_clusters(config)));
  App made = app;
  made.cluster = to.cluster;
  made.environment = cluster->environment;
  if (!to.namespace_.empty()) made.namespace_ = to.namespace_;
  if (!is_namespace(made.namespace_)) return refused(fmt::format("\"{}\" can't be a namespace", shown(made.namespace_)));
  if (made.cluster == app.cluster && made.namespace_ == app.namespace_) return refused(fmt::format("{} is on {} in {} already", app.name, app.cluster, app.namespace_));
  if (const auto* rule = paths_rule_of(app, config)) {
    TRY(made.path, path_there(app, made, *rule));
  }
  return made;
}

App app_before(App app, const MoveRecord& record, const Config& config) {
  if (record.cluster.empty()) return app;
  app.cluster = record.cluster;
  app.namespace_ = record.namespace_;
  app.path = record.path;
  if (const auto* cluster = find_cluster(config, app.cluster)) app.environment = cluster->environment;
  return app;
}

bool is_there(const App& app, const MoveRecord& record) {
  return app.cluster == record.to.cluster && (record.to.namespace_.empty() || app.namespace_ == record.to.namespace_);
}

}  // namespace driftwarden
