// discover: Apps that nobody has to list.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using Variables = std::map<std::string, SecretValue>;

std::string id_of(std::string_view word, const DiscoverRule& rule) {
  if (rule.kind == DiscoverKind::Paths) return fmt::format("{} {} {}", word, rule.repository, rule.paths);
  auto id = fmt::format("{} {}", word, rule.cluster);
  if (!rule.namespace_.empty() || !rule.selector.empty()) id += " " + (rule.namespace_.empty() ? "*" : rule.namespace_);
  return rule.selector.empty() ? id : id + " " + rule.selector;
}

void read_from_cluster(Section& section, DiscoverRule& rule, DiscoverKind kind) {
  rule.kind = kind;
  section.named("cluster", rule.cluster, NameKind::Cluster);
  if (!section.has("cluster")) section.missing("cluster", "the name of a cluster");
  section.checked(
      "namespace", rule.namespace_, [](std::string_view text) -> std::string { return text.empty() || is_namespace(text) ? "" : "isn't a namespace"; },
      "lower-case letters, digits and \"-\", or \"\" for every namespace");
  section.text("selector", rule.selector);
  section.flag("sync", rule.may_sync);
}

void read_place(Section& section, DiscoverRule& rule, NameKind repository, std::string_view example) {
  section.named("repository", rule.repository, repository);
  if (!section.has("repository")) section.missing("repository", "the name of a repository");
  const auto expected = fmt::format("a path such as {}", example);
  if (!section.has("paths")) section.missing("paths", expected);
  section.checked("paths", rule.paths, [](std::string_view text) { return check_path_template(text, true); }, expected);
  while (rule.paths.ends_with('/')) rule.paths.pop_back();
  while (rule.paths.starts_with("./")) rule.paths.erase(0, 2);
  rule.app.repository = rule.repository;
}

void read_terraform(Section& section, DiscoverRule& rule, Variables& variables) {
  read_place(section, rule, NameKind::TerraformRepository, "live/{environment}/{app}");
  rule.app.kind = AppKind::Terraform;
  read_terraform_plan(section, depth_of(rule.paths), rule.app.plan, variables);
}

void read_ansible(Section& section, DiscoverRule& rule, Variables& variables) {
  read_place(section, rule, NameKind::Repository, "playbooks/{environment}/{app}.yml");
  rule.app.kind = AppKind::Ansible;
  const auto depth = depth_of(rule.paths);
  read_ansible_plan(section, depth == 0 ? 0 : depth - 1, rule.app.plan, variables);
}

bool says(const DiscoverRule& rule, std::string_view placeholder) { return rule.paths.find(fmt::format("{{{}}}", placeholder)) != std::string::npos; }

/// What the path doesn't say has to stand beside it: an App without a cluster or a namespace can't be compared with anything.
void read_paths(Section& section, const Config& config, DiscoverRule& rule) {
  read_place(section, rule, NameKind::Repository, "clusters/{cluster}/{namespace}/{app}");
  section.named("cluster", rule.cluster, NameKind::Cluster);
  section.checked(
      "namespace", rule.namespace_, [](std::string_view text) -> std::string { return is_namespace(text) ? "" : "isn't a namespace"; },
      "lower-case letters, digits and \"-\"");
  for (const auto* key : {"cluster", "namespace"}) {
    if (says(rule, key)) {
      section.refuse(key, "is given, but the path says it", "one of them");
    } else if (!section.has(key)) {
      section.missing(key, fmt::format("{{{}}} in paths, or {}: NAME", key, key));
    }
  }
  section.choice<Track>("track", {{"head", Track::Head}, {"pin", Track::Pin}}, rule.app.track);
  read_render(section, config, rule.app.render, rule.app.plugin);
  rule.app.cluster = rule.cluster;
  rule.app.namespace_ = rule.namespace_;
}

void read_common(Section& section, DiscoverRule& rule) {
  section.text("environment", rule.app.environment);
  check_channel(section, "channel", rule.app.channel);
  section.named_list("owners", rule.app.owners, NameKind::PersonOrGroup);
}

void refuse_paths_only(Section& section, std::string_view kind) {
  constexpr std::array keys{"repository", "cluster", "namespace", "track", "render", "plugin"};
  for (const auto* key : keys) section.refuse(key, fmt::format("means nothing beside {}", kind), "it beside paths only");
}

DiscoverRule read_rule(Section& section, Config& config) {
  DiscoverRule rule;
  Variables variables;
  std::vector<std::string> kinds;
  const auto nested = [&](std::string_view key, const std::function<void(Section&)>& read) {
    if (section.has(key)) kinds.emplace_back(key);
    section.inside(key, read);
  };
  if (section.has("paths")) kinds.emplace_back("paths");
  nested("argocd", [&](Section& given) { read_from_cluster(given, rule, DiscoverKind::ArgoCd); });
  nested("flux", [&](Section& given) { read_from_cluster(given, rule, DiscoverKind::Flux); });
  nested("terraform", [&](Section& given) { read_terraform(given, rule, variables); });
  nested("ansible", [&](Section& given) { read_ansible(given, rule, variables); });
  read_common(section, rule);
  if (kinds.size() != 1) {
    section.reading().mistake(section.node(), fmt::format("{} has {} kinds of discovery", section.where(), kinds.size()),
                              "one of paths, argocd, flux, terraform, ansible");
    for (const auto* key : {"repository", "cluster", "namespace", "track", "render", "plugin"}) (void)section.find(key);
    return rule;
  }
  if (kinds[0] == "paths") {
    read_paths(section, config, rule);
  } else {
    refuse_paths_only(section, kinds[0]);
  }
  rule.id = id_of(kinds[0], rule);
  if (rule.app.kind != AppKind::Kubernetes) rule.app.plan.rule = rule.id;
  keep_variables(config, rule.id, std::move(variables));
  return rule;
}

}  // namespace

void read_discover(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  root.each("discover", [&](Section& section) {
    auto rule = read_rule(section, config);
    const auto [earlier, is_new] = seen.emplace(rule.id, &section.node());
    if (!is_new && !rule.id.empty()) {
      const auto& first = *earlier->second;
      root.reading().mistake(section.node(), fmt::format("{} finds what another rule finds", section.where()),
                             fmt::format("another place (first at {}:{}:{})", first.source->name, first.line, first.column));
    }
    config.discover.push_back(std::move(rule));
  });
}

void drop_rules_without_repository(Config& config) {
  std::erase_if(config.discover, [&](const DiscoverRule& rule) {
    const bool gone = rule.app.kind == AppKind::Terraform && find_repository(config, rule.repository) == nullptr;
    if (gone) config.tool_environments.erase(rule.id);
    return gone;
  });
}

}  // namespace driftwarden
