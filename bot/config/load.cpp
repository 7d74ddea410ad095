// The file, its includes, and the order of reading.
#include "bot/config/sections.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <list>
#include <tuple>

namespace driftwarden {
namespace {

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string join_path(const std::string& directory, const std::string& path) {
  if (path.starts_with('/') || directory.empty()) return path;
  return directory + (directory.ends_with('/') ? "" : "/") + path;
}

/// Keeps the sources alive that the nodes point to, and remembers their order.
class Sources {
 public:
  explicit Sources(const Environment& environment) : environment_(environment) {}

  const ConfigSource& add(const std::string& name) {
    const auto absolute = environment_.absolute(name);
    sources_.push_back({.name = name, .directory = directory_of(absolute), .order = static_cast<int>(sources_.size())});
    return sources_.back();
  }

  void sort(std::vector<ConfigMistake>& mistakes) const {
    const auto place = [&](const ConfigMistake& mistake) {
      const auto found = std::ranges::find(sources_, mistake.file, &ConfigSource::name);
      return std::tuple{found == sources_.end() ? 0 : found->order, mistake.line, mistake.column};
    };
    std::ranges::stable_sort(mistakes, {}, place);
    const auto repeated = std::ranges::unique(mistakes);
    mistakes.erase(repeated.begin(), repeated.end());
  }

 private:
  const Environment& environment_;
  std::list<ConfigSource> sources_;
};

ConfigNode read_tree(const std::string& name, Sources& sources, ConfigReading& reading) {
  const auto& source = sources.add(name);
  const auto text = reading.environment.read_file(name);
  if (text) return parse_yaml_tree(*text, source, reading.mistakes);
  ConfigNode nothing;
  nothing.source = &source;
  reading.mistake(nothing, fmt::format("can't be read: {}", text.error().message), "a config file");
  return nothing;
}

void include(ConfigNode& root, const ConfigNode& patterns, const std::string& main, Sources& sources, ConfigReading& reading) {
  for (const auto& item : patterns.items) {
    if (item.kind != ConfigNode::Kind::Scalar) continue;
    const auto files = reading.environment.list_files(join_path(directory_of(main), item.text));
    const bool glob = item.text.find_first_of("*?") != std::string::npos;
    if (files.empty() && !glob) reading.mistake(item, fmt::format("there is no file {}", describe(item)), "a file to include");
    for (const auto& file : files) {
      auto tree = read_tree(file, sources, reading);
      if (tree.kind == ConfigNode::Kind::Null) continue;
      if (tree.kind != ConfigNode::Kind::Map) {
        reading.mistake(tree, "the file is " + describe(tree), "a mapping");
        continue;
      }
      const auto nested = std::ranges::find_if(tree.entries, [](const ConfigNode::Entry& entry) { return entry.key.text == "include"; });
      if (nested != tree.entries.end()) {
        reading.mistake(nested->key, "an included file includes others", "include in the main file only");
        tree.entries.erase(nested);
      }
      merge_yaml(root, std::move(tree), reading.mistakes);
    }
  }
}

void read_all(Section& root, Config& config) {
  read_slack(root, config);
  read_storage(root, config);
  read_http(root, config);
  read_clusters(root, config);
  read_repositories(root, config);
  read_apps(root, config);
  read_discover(root, config);
  read_people(root, config);
  read_policy(root, config);
  read_alerts(root, config);
  read_drift(root, config);
  read_chat(root, config);
  read_teams(root, config);
  read_registries(root, config);
}

}  // namespace

LoadedConfig load_config(const std::string& path, const Environment& environment) {
  ConfigReading reading{.environment = environment, .mistakes = {}, .warnings = {}, .uses = {}};
  Sources sources{environment};
  Config config;
  config.file = environment.absolute(path);
  config.directory = directory_of(config.file);
  auto tree = read_tree(path, sources, reading);
  const bool readable = reading.mistakes.empty() || tree.kind != ConfigNode::Kind::Null;
  if (readable) {
    // A copy: merging into the tree may move its nodes.
    const auto* patterns = tree.find("include");
    const auto included = patterns == nullptr ? ConfigNode{} : *patterns;
    include(tree, included, path, sources, reading);
    Section root{reading, tree, ""};
    std::vector<std::string> ignored;
    root.texts("include", ignored);
    read_all(root, config);
    root.finish();
    check_names(reading, config);
    add_warnings(reading, tree, config);
  }
  LoadedConfig loaded;
  loaded.mistakes = std::move(reading.mistakes);
  loaded.warnings = std::move(reading.warnings);
  sources.sort(loaded.mistakes);
  sources.sort(loaded.warnings);
  if (loaded.mistakes.empty()) loaded.config = std::move(config);
  return loaded;
}

std::string to_string(const ConfigMistake& mistake) {
  return fmt::format("{}:{}:{}: {}, expected {}", mistake.file, mistake.line, mistake.column, mistake.what, mistake.expected);
}

std::string_view to_string(ForgeKind kind) {
  switch (kind) {
    case ForgeKind::None: return "none";
    case ForgeKind::GitHub: return "github";
    case ForgeKind::GitLab: return "gitlab";
    case ForgeKind::Gitea: return "gitea";
  }
  return "?";
}

std::string_view to_string(MergeMethod method) {
  switch (method) {
    case MergeMethod::Merge: return "merge";
    case MergeMethod::Squash: return "squash";
    case MergeMethod::Rebase: return "rebase";
  }
  return "?";
}

const App* find_app(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.apps, name, &App::name);
  return found == config.apps.end() ? nullptr : &*found;
}

const ClusterConfig* find_cluster(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.clusters, name, &ClusterConfig::name);
  return found == config.clusters.end() ? nullptr : &*found;
}

const RepositoryConfig* find_repository(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.repositories, name, &RepositoryConfig::name);
  return found == config.repositories.end() ? nullptr : &*found;
}

}  // namespace driftwarden
