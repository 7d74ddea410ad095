// apps and discover: what is watched.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/diff/inputs.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

void read_match(Section& section, IgnoreRule& rule) {
  section.inside("match", [&](Section& match) {
    match.text("group", rule.match.group);
    match.text("kind", rule.match.kind);
    match.text("namespace", rule.match.namespace_);
    match.text("name", rule.match.name);
  });
}

void check_paths(Section& section, const IgnoreRule& rule) {
  if (rule.paths.empty() && rule.managers.empty()) section.missing("paths", "paths or managers");
  const auto* list = section.find("paths");
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar) continue;
    const auto wrong = check_field_path(item.text);
    if (!wrong.empty())
      section.reading().mistake(item, fmt::format("{} {}", describe(item), wrong), "a path such as .spec.replicas or .spec.**.env[name=\"TZ\"]");
  }
}

void check_ops(Section& section) {
  static const std::vector<std::string> known{"changed", "removed", "added", "stale", "order"};
  const auto* list = section.find("ops");
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar || std::ranges::find(known, item.text) != known.end()) continue;
    section.reading().mistake(item, "unknown word " + describe(item), expected_of(item.text, known));
  }
}

IgnoreRule read_ignore(Section& section) {
  IgnoreRule rule;
  read_match(section, rule);
  section.texts("paths", rule.paths);
  section.texts("managers", rule.managers);
  section.texts("ops", rule.ops);
  check_paths(section, rule);
  check_ops(section);
  section.text("reason", rule.reason);
  section.named("owner", rule.owner, NameKind::PersonOrGroup);
  std::string until;
  section.checked(
      "until", until,
      [&](std::string_view text) -> std::string {
        rule.until = parse_until(text);
        return rule.until ? "" : "isn't a date";
      },
      "a date such as 2027-06-30 or a time such as 2027-06-30T12:00:00Z");
  return rule;
}

void read_helm(Section& section, App& app) {
  section.inside("helm", [&](Section& helm) {
    helm.text("release", app.helm.release);
    helm.texts("values", app.helm.values);
    const auto* set = helm.find("set");
    if (set == nullptr || set->kind == ConfigNode::Kind::Null) return;
    if (set->kind != ConfigNode::Kind::Map) return section.reading().mistake(*set, "\"set\" is " + describe(*set), "a mapping of values");
    for (const auto& entry : set->entries) {
      if (entry.value.kind == ConfigNode::Kind::List || entry.value.kind == ConfigNode::Kind::Map) {
        section.reading().mistake(entry.value, fmt::format("\"{}\" is {}", entry.key.text, describe(entry.value)), "a text; put structures into a values file");
      } else {
        app.helm.set[entry.key.text] = entry.value.text;
      }
    }
  });
}

void read_path(Section& section, App& app) {
  if (!section.has("path")) section.missing("path", "a directory of the repository");
  section.checked("path", app.path, check_tree_path, "a directory inside the repository, such as apps/checkout");
  while (app.path.ends_with('/')) app.path.pop_back();
  while (app.path.starts_with("./")) app.path.erase(0, 2);
  if (app.path == ".") app.path.clear();
}

App read_app(Section& section, std::map<std::string, const ConfigNode*>& seen) {
  App app;
  read_name(section, app.name, seen);
  section.named("repository", app.repository, NameKind::Repository);
  if (!section.has("repository")) section.missing("repository", "the name of a repository");
  read_path(section, app);
  section.choice<RenderKind>(
      "render", {{"auto", RenderKind::Auto}, {"plain", RenderKind::Plain}, {"kustomize", RenderKind::Kustomize}, {"helm", RenderKind::Helm}}, app.render);
  read_helm(section, app);
  section.named("cluster", app.cluster, NameKind::Cluster);
  if (!section.has("cluster")) section.missing("cluster", "the name of a cluster");
  if (!section.has("namespace")) section.missing("namespace", "the namespace it is destined to");
  section.checked(
      "namespace", app.namespace_, [](std::string_view text) -> std::string { return is_namespace(text) ? "" : "isn't a namespace"; },
      "lower-case letters, digits and \"-\"");
  section.text("environment", app.environment);
  section.choice<Track>("track", {{"head", Track::Head}, {"pin", Track::Pin}}, app.track);
  check_channel(section, "channel", app.channel);
  section.named_list("owners", app.owners, NameKind::PersonOrGroup);
  section.each("ignore", [&](Section& given) { app.ignore.push_back(read_ignore(given)); });
  return app;
}

void read_terraform(Section& section, DiscoverRule& rule) {
  rule.kind = DiscoverKind::Terraform;
  section.named("repository", rule.repository, NameKind::TerraformRepository);
  if (!section.has("repository")) section.missing("repository", "the name of a repository");
  if (!section.has("paths")) section.missing("paths", "a path such as live/{environment}/{app}");
  section.checked(
      "paths", rule.paths, [](std::string_view text) { return check_path_template(text, true); }, "a path such as live/{environment}/{app}");
  section.choice<TerraformTool>("tool", {{"tofu", TerraformTool::Tofu}, {"terraform", TerraformTool::Terraform}, {"terragrunt", TerraformTool::Terragrunt}},
                                rule.tool);
  section.duration("every", rule.every);
}

void read_from_cluster(Section& section, DiscoverRule& rule, DiscoverKind kind) {
  rule.kind = kind;
  section.named("cluster", rule.cluster, NameKind::Cluster);
  if (!section.has("cluster")) section.missing("cluster", "the name of a cluster");
  section.text("namespace", rule.namespace_);
  section.text("selector", rule.selector);
}

}  // namespace

void read_apps(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  root.each("apps", [&](Section& section) {
    auto app = read_app(section, seen);
    const auto* cluster = find_cluster(config, app.cluster);
    if (app.environment.empty() && cluster != nullptr) app.environment = cluster->environment;
    config.apps.push_back(std::move(app));
  });
}

void read_discover(Section& root, Config& config) {
  root.each("discover", [&](Section& section) {
    DiscoverRule rule;
    int kinds = 0;
    const auto nested = [&](std::string_view key, const std::function<void(Section&)>& read) {
      kinds += section.has(key) ? 1 : 0;
      section.inside(key, read);
    };
    nested("argocd", [&](Section& given) { read_from_cluster(given, rule, DiscoverKind::ArgoCd); });
    nested("flux", [&](Section& given) { read_from_cluster(given, rule, DiscoverKind::Flux); });
    nested("terraform", [&](Section& given) { read_terraform(given, rule); });
    if (section.has("paths")) {
      ++kinds;
      section.checked(
          "paths", rule.paths, [](std::string_view text) { return check_path_template(text, true); }, "a path such as clusters/{cluster}/{namespace}/{app}");
      section.named("repository", rule.repository, NameKind::Repository);
      if (!section.has("repository")) section.missing("repository", "the name of a repository");
    } else {
      section.find("repository");
    }
    if (kinds != 1)
      root.reading().mistake(section.node(), fmt::format("{} has {} kinds of discovery", section.where(), kinds), "one of paths, argocd, flux, terraform");
    config.discover.push_back(std::move(rule));
  });
}

}  // namespace driftwarden
