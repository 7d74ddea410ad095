#include "bot/watch/argo_rules_of.hpp"

#include "bot/watch/repository_url.hpp"
#include "gitops/base/members.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

/// A repository and a path in it.
using Place = std::pair<std::string, std::string>;

std::string normal_path(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path == "." ? std::string() : std::string(path);
}

void add_place(const json& source, std::set<Place>& places) {
  const auto repository = normal_repository_url(std::string(text_at(source, "repoURL")));
  // A chart from a registry has no path.
  if (!repository.empty() && member_at(source, "path").is_string()) places.emplace(repository, normal_path(text_at(source, "path")));
}

std::set<Place> places_of(const json& spec) {
  std::set<Place> places;
  add_place(member_at(spec, "source"), places);
  const auto& sources = member_at(spec, "sources");
  if (!sources.is_array()) return places;
  for (const auto& source : sources) add_place(source, places);
  return places;
}

void take(const Manifest& application, const json& ignore_differences, ImportedRules& into) {
  const auto prefix = fmt::format("Application {}: ", application.ref.name);
  auto imported = import_argo_rules(ignore_differences);
  if (!imported) {
    into.warnings.push_back(prefix + imported.error().message);
    return;
  }
  // One Application may be known twice: as Git desires it and as it is live.
  const auto add = [](auto& list, auto item) {
    if (std::ranges::find(list, item) == list.end()) list.push_back(std::move(item));
  };
  for (auto& rule : imported->rules) add(into.rules, std::move(rule));
  for (auto& warning : imported->warnings) add(into.warnings, prefix + warning);
}

/// Nothing: the App doesn't say which Application deploys it.
std::optional<bool> is_deployed_by(const App& app, const Manifest& application) {
  if (app.deployer.kind != DeployerKind::ArgoCd) return std::nullopt;
  const auto& object = app.deployer.object;
  return object.name == application.ref.name && (application.ref.namespace_.empty() || object.namespace_ == application.ref.namespace_);
}

}  // namespace

bool is_argo_application(const ObjectRef& ref) { return ref.group == "argoproj.io" && ref.kind == "Application"; }

std::map<std::string, ImportedRules> argo_rules_of(const std::vector<Manifest>& applications, const std::vector<App>& apps,
                                                   const std::map<std::string, std::string>& urls) {
  std::multimap<Place, const App*> by_place;
  for (const auto& app : apps) {
    const auto url = urls.find(app.repository);
    if (url != urls.end() && !app.orphans) by_place.emplace(Place{normal_repository_url(url->second), normal_path(app.path)}, &app);
  }
  std::map<std::string, ImportedRules> rules;
  for (const auto& application : applications) {
    const auto& spec = member_at(*application.body, "spec");
    const auto& ignore_differences = member_at(spec, "ignoreDifferences");
    if (ignore_differences.is_null()) continue;
    const auto destination = text_at(member_at(spec, "destination"), "namespace");
    const auto cluster = text_at(member_at(spec, "destination"), "name");
    for (const auto& place : places_of(spec)) {
      const auto [first, last] = by_place.equal_range(place);
      for (auto it = first; it != last; ++it) {
        const auto& app = *it->second;
        if (const auto deployed = is_deployed_by(app, application)) {
          if (*deployed) take(application, ignore_differences, rules[app.name]);
          continue;
        }
        // Where one path goes to several clusters, only a destination by name says which of them is meant.
        const bool one_cluster = std::all_of(first, last, [&](const auto& other) { return other.second->cluster == app.cluster; });
        const bool there = cluster == app.cluster || ((cluster.empty() || cluster == "in-cluster") && one_cluster);
        if (there && (destination.empty() || destination == app.namespace_)) take(application, ignore_differences, rules[app.name]);
      }
    }
  }
  return rules;
}

}  // namespace driftwarden
