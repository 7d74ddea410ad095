// apps: what is watched, one by one.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"

#include <fmt/core.h>

#include <array>

namespace driftwarden {
namespace {

void read_destination(Section& section, const Config& config, App& app) {
  section.named("cluster", app.cluster, NameKind::Cluster);
  if (!section.has("cluster")) section.missing("cluster", "the name of a cluster");
  if (!section.has("namespace")) section.missing("namespace", "the namespace it is destined to");
  section.checked(
      "namespace", app.namespace_, [](std::string_view text) -> std::string { return is_namespace(text) ? "" : "isn't a namespace"; },
      "lower-case letters, digits and \"-\"");
  const auto* cluster = find_cluster(config, app.cluster);
  if (app.environment.empty() && cluster != nullptr) app.environment = cluster->environment;
}

/// What a tool plans is in no cluster and isn't rendered.
void refuse_destination(Section& section, std::string_view tool) {
  constexpr std::array keys{"cluster", "namespace", "render", "helm", "kustomize", "plugin", "more", "revision"};
  for (const auto* key : keys) section.refuse(key, fmt::format("means nothing for an App that {} plans", tool), "no such key beside " + std::string(tool));
}

void read_terraform(Section& section, Config& config, App& app) {
  std::map<std::string, SecretValue> variables;
  section.inside("terraform", [&](Section& given) { read_terraform_plan(given, depth_of(app.path), app.plan, variables); });
  app.kind = AppKind::Terraform;
  keep_variables(config, app.plan.rule, std::move(variables));
  refuse_destination(section, "terraform");
}

void read_ansible(Section& section, Config& config, App& app) {
  std::map<std::string, SecretValue> variables;
  std::string playbook;
  section.inside("ansible", [&](Section& given) {
    given.checked("playbook", playbook, check_tree_path, "a file below the App's path, such as site.yml");
    if (!given.has("playbook")) given.missing("playbook", "a file below the App's path, such as site.yml");
    const auto slash = playbook.rfind('/');
    const auto below = slash == std::string::npos ? 0 : depth_of(playbook.substr(0, slash));
    read_ansible_plan(given, depth_of(app.path) + below, app.plan, variables);
  });
  app.kind = AppKind::Ansible;
  if (!playbook.empty()) app.path = app.path.empty() ? playbook : app.path + "/" + playbook;
  keep_variables(config, app.plan.rule, std::move(variables));
  refuse_destination(section, "ansible");
}

void read_kind(Section& section, Config& config, App& app) {
  const bool terraform = section.has("terraform");
  const bool ansible = section.has("ansible");
  if (terraform || ansible) app.plan.rule = "app:" + app.name;
  if (terraform && ansible) return section.refuse("ansible", "and \"terraform\" are both given", "one of them");
  if (terraform) return read_terraform(section, config, app);
  if (ansible) return read_ansible(section, config, app);
  read_sources(section, config, app);
  read_destination(section, config, app);
}

App read_app(Section& section, Config& config, std::map<std::string, const ConfigNode*>& seen) {
  App app;
  read_name(section, app.name, seen);
  section.named("repository", app.repository, NameKind::Repository);
  if (!section.has("repository")) section.missing("repository", "the name of a repository");
  read_path(section, app.path);
  section.text("environment", app.environment);
  section.choice<Track>("track", {{"head", Track::Head}, {"pin", Track::Pin}}, app.track);
  check_channel(section, "channel", app.channel);
  section.named_list("owners", app.owners, NameKind::PersonOrGroup);
  section.each("ignore", [&](Section& given) { app.ignore.push_back(read_ignore(given)); });
  read_kind(section, config, app);
  if (app.track == Track::Pin && !app.revision.empty()) section.refuse("revision", "is given, but the App's pin says its revision", "one of revision and track: pin");
  return app;
}

}  // namespace

void read_apps(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  root.each("apps", [&](Section& section) {
    auto app = read_app(section, config, seen);
    config.apps.push_back(std::move(app));
  });
}

}  // namespace driftwarden
