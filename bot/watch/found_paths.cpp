#include "bot/watch/found_paths.hpp"

#include "bot/config/shards.hpp"
#include "bot/config/syntax.hpp"
#include "bot/watch/path_pattern.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/render/render.hpp"
#include "gitops/render/source_path.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kMaxApps = 20'000;
constexpr std::size_t kMaxWarnings = 20;
constexpr int kUnitDepth = 8;

using Values = std::map<std::string, std::string>;

struct Place {
  std::string path;
  Values values;
};

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_hidden(const std::string& name) { return name.starts_with('.'); }

bool is_manifest(const std::string& name) { return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json") || is_kustomization(name); }

bool is_terragrunt(const std::string& name) { return name == "terragrunt.hcl" || name == "terragrunt.stack.hcl"; }

bool is_module_file(const std::string& name) { return name.ends_with(".tf") || name.ends_with(".tf.json") || name.ends_with(".tofu") || is_terragrunt(name); }

std::string value_of(const Values& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

/// From the pattern's fixed beginning down, one listing for each directory that may still match.
class PlaceWalk {
 public:
  PlaceWalk(Mirror& mirror, const DiscoverRule& rule) : mirror_(mirror), rule_(rule), parts_(split(rule.paths, '/')) {}

  Result<void> walk(const std::string& tree, const std::string& path, std::size_t part, const Values& values) {
    TRY(const auto entries, mirror_.list_tree(tree));
    const bool last = part + 1 == parts_.size();
    for (const auto& entry : entries) {
      if (is_hidden(entry.name) && !parts_[part].starts_with('.')) continue;
      if (!last && entry.kind != DirectoryEntryKind::Directory) continue;
      auto here = values;
      if (!match_part(parts_[part], entry.name, here)) continue;
      const auto below = join_path(path, entry.name);
      if (!last) {
        CHECK_OK(walk(entry.id, below, part + 1, here));
        continue;
      }
      TRY(const bool is_one, is_app(entry));
      if (is_one) places_.push_back({below, std::move(here)});
      if (places_.size() > kMaxApps) return Error{ErrorKind::InvalidInput, fmt::format("{}: more than {} places match", rule_.id, kMaxApps)};
    }
    return Result<void>{};
  }

  std::vector<Place> take() { return std::move(places_); }

 private:
  Result<bool> is_app(const DirectoryEntry& entry) {
    if (rule_.app.kind == AppKind::Ansible) return entry.kind == DirectoryEntryKind::File || entry.kind == DirectoryEntryKind::Link;
    if (entry.kind != DirectoryEntryKind::Directory) return false;
    TRY(const auto entries, mirror_.list_tree(entry.id));
    if (std::ranges::any_of(entries, [&](const DirectoryEntry& file) { return is_own_file(file); })) return true;
    const bool units = rule_.app.kind == AppKind::Terraform && rule_.app.plan.tool == PlanTool::Terragrunt;
    return units ? has_units(entries, 0) : Result<bool>(false);
  }

  bool is_own_file(const DirectoryEntry& file) const {
    if (file.kind != DirectoryEntryKind::File && file.kind != DirectoryEntryKind::Link) return false;
    if (rule_.app.kind == AppKind::Terraform) return rule_.app.plan.tool == PlanTool::Terragrunt ? is_terragrunt(file.name) : is_module_file(file.name);
    // What a plugin reads only the plugin knows.
    return rule_.app.render == RenderKind::Plugin ? !is_hidden(file.name) && !file.name.starts_with("README") : is_manifest(file.name);
  }

  /// A tree of Terragrunt's units is planned as one.
  Result<bool> has_units(const std::vector<DirectoryEntry>& entries, int depth) {
    if (depth > kUnitDepth) return false;
    for (const auto& entry : entries) {
      if (entry.kind != DirectoryEntryKind::Directory || is_hidden(entry.name)) continue;
      TRY(const auto below, mirror_.list_tree(entry.id));
      if (std::ranges::any_of(below, [&](const DirectoryEntry& file) { return is_own_file(file); })) return true;
      TRY(const bool found, has_units(below, depth + 1));
      if (found) return true;
    }
    return false;
  }

  Mirror& mirror_;
  const DiscoverRule& rule_;
  std::vector<std::string> parts_;
  std::vector<Place> places_;
};

/// Placeholders that tell Apps of one name apart, the most telling first.
constexpr std::array<const char*, 3> kTelling{"cluster", "environment", "namespace"};

std::string base_name(const DiscoverRule& rule, const Place& place) {
  if (auto named = value_of(place.values, "app"); !named.empty()) return named;
  auto name = last_part(place.path);
  if (rule.app.kind == AppKind::Ansible && name.find('.') != std::string::npos) name.resize(name.rfind('.'));
  return name;
}

class AppMaker {
 public:
  AppMaker(const DiscoverRule& rule, const Config& config, FoundPaths& found) : rule_(rule), config_(config), found_(found) {}

  void make(const std::vector<Place>& places) {
    std::map<std::string, std::vector<const Place*>> by_name;
    for (const auto& place : places) by_name[base_name(rule_, place)].push_back(&place);
    for (const auto& [name, same] : by_name) {
      const auto* telling = same.size() == 1 ? nullptr : telling_apart(same);
      for (const auto* place : same) {
        if (same.size() > 1 && telling == nullptr && place != same.front()) {
          warn(fmt::format("{}: an App \"{}\" is found at {} already; nothing in the path tells them apart", place->path, name, same.front()->path));
          continue;
        }
        add(*place, telling == nullptr ? name : fmt::format("{}-{}", name, value_of(place->values, telling)));
      }
    }
    std::ranges::sort(found_.apps, {}, &App::name);
    if (left_out_ > 0) found_.warnings.push_back(fmt::format("{}: and {} more places", rule_.id, left_out_));
  }

 private:
  static const char* telling_apart(const std::vector<const Place*>& places) {
    for (const auto* word : kTelling) {
      std::set<std::string> values;
      for (const auto* place : places) values.insert(value_of(place->values, word));
      if (values.size() == places.size() && !values.contains("")) return word;
    }
    return nullptr;
  }

  void warn(std::string what) {
    if (found_.warnings.size() < kMaxWarnings) {
      found_.warnings.push_back(std::move(what));
    } else {
      ++left_out_;
    }
  }

  void add(const Place& place, const std::string& name) {
    if (!is_plain_name(name)) return warn(fmt::format("{}: \"{}\" can't be an App's name: letters, digits, \".\", \"_\" and \"-\" only", place.path, name));
    if (const auto [known, is_new] = names_.emplace(name, place.path); !is_new) {
      return warn(fmt::format("{}: an App \"{}\" is found at {} already", place.path, name, known->second));
    }
    auto app = rule_.app;
    app.name = name;
    app.repository = rule_.repository;
    app.path = place.path;
    app.found_by = rule_.id;
    app.plan.rule = app.kind == AppKind::Kubernetes ? "" : rule_.id;
    const bool placed = app.kind == AppKind::Kubernetes ? set_destination(app, place) : set_environment(app, place, nullptr);
    if (placed) found_.apps.push_back(std::move(app));
  }

  bool set_environment(App& app, const Place& place, const ClusterConfig* cluster) {
    const auto said = value_of(place.values, "environment");
    if (!said.empty()) app.environment = said;
    if (cluster == nullptr) return true;
    if (app.environment.empty()) app.environment = cluster->environment;
    if (cluster->environment.empty() || app.environment == cluster->environment) return true;
    // Only who wrote the rule may say both: else a directory's name would choose the approvals that are needed.
    if (said.empty() && value_of(place.values, "cluster").empty()) return true;
    warn(fmt::format("{}: environment \"{}\" is not that of cluster {}, which is \"{}\": a path can't choose another", place.path, app.environment, cluster->name, cluster->environment));
    return false;
  }

  bool set_destination(App& app, const Place& place) {
    auto wanted = value_of(place.values, "cluster");
    if (wanted.empty()) wanted = !rule_.cluster.empty() ? rule_.cluster : app.cluster;
    const auto* cluster = cluster_called(wanted);
    if (cluster == nullptr && is_elsewhere(config_, wanted)) return false;
    if (cluster == nullptr) {
      warn(wanted.empty() ? fmt::format("{}: nothing says to which cluster it goes", place.path) : fmt::format("{}: no cluster \"{}\" is configured", place.path, wanted));
      return false;
    }
    app.cluster = cluster->name;
    auto namespace_ = value_of(place.values, "namespace");
    if (namespace_.empty()) namespace_ = !rule_.namespace_.empty() ? rule_.namespace_ : app.namespace_;
    if (!namespace_.empty() && !is_namespace(namespace_)) {
      warn(fmt::format("{}: \"{}\" can't be a namespace: lower-case letters, digits and \"-\" only", place.path, namespace_));
      return false;
    }
    app.namespace_ = std::move(namespace_);
    return set_environment(app, place, cluster);
  }

  const ClusterConfig* cluster_called(const std::string& name) const {
    if (const auto* cluster = find_cluster(config_, name)) return cluster;
    const auto found = std::ranges::find_if(config_.clusters, [&](const ClusterConfig& cluster) { return std::ranges::find(cluster.aliases, name) != cluster.aliases.end(); });
    return found == config_.clusters.end() ? nullptr : &*found;
  }

  const DiscoverRule& rule_;
  const Config& config_;
  FoundPaths& found_;
  std::map<std::string, std::string> names_;
  std::size_t left_out_ = 0;
};

/// The parts before the first that isn't fixed; the last part is always looked for.
std::string fixed_beginning(const std::string& pattern) {
  auto parts = split(pattern, '/');
  std::size_t fixed = 0;
  while (fixed + 1 < parts.size() && is_fixed_part(parts[fixed])) ++fixed;
  parts.resize(fixed);
  return join(parts, "/");
}

/// What a found App has beside its place.
std::string rule_text(const DiscoverRule& rule, const Config& config) {
  const auto& app = rule.app;
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n", rule.id, rule.paths, rule.cluster, rule.namespace_, app.cluster, app.namespace_,
                                 app.environment, app.channel, static_cast<int>(app.kind), static_cast<int>(app.track), static_cast<int>(app.render));
  for (const auto& owner : app.owners) text += owner + ",";
  text += fmt::format("\n{}\n{}\n", app.plugin.name, app.plugin.timeout.count());
  for (const auto& word : app.plugin.command) text += word + '\0';
  const auto& plan = app.plan;
  text += fmt::format("\n{}\n{}\n{}\n{}\n{}\n{}\n", static_cast<int>(plan.tool), plan.every.count(), plan.workspace, plan.refresh_only, plan.apply, plan.inventory);
  for (const auto& file : plan.var_files) text += file + '\0';
  for (const auto& cluster : config.clusters) text += fmt::format("\n{} {} {}", cluster.name, cluster.environment, join(cluster.aliases, " "));
  return text;
}

}  // namespace

Result<FoundPaths> find_paths(Mirror& mirror, const std::string& head, const std::string& known_id, const DiscoverRule& rule, const Config& config) {
  FoundPaths found;
  const auto beginning = fixed_beginning(rule.paths);
  const auto tree = mirror.tree_id(head, beginning);
  if (!tree && tree.error().kind == ErrorKind::NotFound) return found;
  if (!tree) return tree.error();
  found.id = sha256_hex(*tree + "\n" + rule_text(rule, config));
  if (found.id == known_id) return found;
  PlaceWalk walk(mirror, rule);
  const auto part = beginning.empty() ? 0 : split(beginning, '/').size();
  if (auto done = walk.walk(*tree, beginning, part, {}); !done) return wrap(fmt::format("looking for Apps in {}", rule.id), done.error());
  AppMaker(rule, config, found).make(walk.take());
  return found;
}

}  // namespace driftwarden
