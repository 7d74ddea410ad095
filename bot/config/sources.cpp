#include "bot/config/sources.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace driftwarden {
namespace {

std::string join_path(const std::string& directory, const std::string& path) {
  if (path.starts_with('/') || directory.empty()) return path;
  return directory + (directory.ends_with('/') ? "" : "/") + path;
}

/// Drops an entry of the root that only the main file may have.
void refuse_key(ConfigNode& tree, std::string_view key, std::string_view what, std::string_view expected, ConfigReading& reading) {
  const auto found = std::ranges::find_if(tree.entries, [&](const ConfigNode::Entry& entry) { return entry.key.text == key; });
  if (found == tree.entries.end()) return;
  reading.mistake(found->key, std::string(what), std::string(expected));
  tree.entries.erase(found);
}

/// A mapping, or Null with a mistake where it is something else.
void expect_mapping(ConfigNode& tree, ConfigReading& reading) {
  if (tree.kind == ConfigNode::Kind::Map || tree.kind == ConfigNode::Kind::Null) return;
  reading.mistake(tree, "the file is " + describe(tree), "a mapping");
  tree.kind = ConfigNode::Kind::Null;
}

using Names = std::set<std::string>;

void add_names(const ConfigNode& root, std::string_view list, Names& names) {
  const auto* node = root.find(list);
  if (node == nullptr) return;
  for (const auto& item : node->items) {
    const auto* name = item.find("name");
    if (name != nullptr) names.insert(name->text);
  }
}

/// What the main file says belongs to who wrote it: a key added from Git could send its secrets elsewhere, or have it applied.
void refuse_entries(ConfigNode& tree, std::string_view list, const Names& names, ConfigReading& reading) {
  const auto found = std::ranges::find_if(tree.entries, [&](const ConfigNode::Entry& entry) { return entry.key.text == list; });
  if (found == tree.entries.end()) return;
  std::erase_if(found->value.items, [&](const ConfigNode& item) {
    const auto* name = item.find("name");
    if (name == nullptr || !names.contains(name->text)) return false;
    reading.mistake(*name, fmt::format("{} is the main file's: nothing is added to it from Git", describe(*name)), "another name, or these keys in the main file");
    return true;
  });
}

/// What its people are proven by is not for others to say.
void refuse_proofs(ConfigNode& tree, const Names& people, ConfigReading& reading) {
  const auto found = std::ranges::find_if(tree.entries, [&](const ConfigNode::Entry& entry) { return entry.key.text == "people"; });
  if (found == tree.entries.end()) return;
  for (auto& person : found->value.items) {
    const auto* name = person.find("name");
    if (name != nullptr && people.contains(name->text)) refuse_key(person, "totp", "\"totp\" of one of the main file's people", "it in the main file only", reading);
  }
}

/// The references to secrets at and below a node.
void add_references(const ConfigNode& node, std::set<std::string>& references) {
  for (const auto& item : node.items) add_references(item, references);
  for (const auto& entry : node.entries) {
    add_references(entry.value, references);
    const bool refers = node.entries.size() == 1 && entry.value.kind == ConfigNode::Kind::Scalar;
    if (refers) references.insert(entry.key.text + " " + entry.value.text);
  }
}

}  // namespace

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : path.substr(0, slash);
}

const ConfigSource& ConfigSources::add(const std::string& name) {
  sources_.push_back({.name = name, .directory = directory_of(environment_.absolute(name)), .order = static_cast<int>(sources_.size())});
  return sources_.back();
}

const ConfigSource& ConfigSources::add_text(const std::string& name, const std::string& directory) {
  sources_.push_back({.name = name, .directory = directory, .order = static_cast<int>(sources_.size()), .from_git = true});
  return sources_.back();
}

void ConfigSources::sort(std::vector<ConfigMistake>& mistakes) const {
  const auto place = [&](const ConfigMistake& mistake) {
    const auto found = std::ranges::find(sources_, mistake.file, &ConfigSource::name);
    return std::tuple{found == sources_.end() ? 0 : found->order, mistake.line, mistake.column};
  };
  std::ranges::stable_sort(mistakes, {}, place);
  const auto repeated = std::ranges::unique(mistakes);
  mistakes.erase(repeated.begin(), repeated.end());
}

ConfigNode read_tree(const std::string& name, ConfigSources& sources, ConfigReading& reading) {
  const auto& source = sources.add(name);
  const auto text = reading.environment.read_file(name);
  if (text) return parse_yaml_tree(*text, source, reading.mistakes);
  ConfigNode nothing;
  nothing.source = &source;
  reading.mistake(nothing, fmt::format("can't be read: {}", text.error().message), "a config file");
  return nothing;
}

void include(ConfigNode& root, const ConfigNode& patterns, const std::string& main, ConfigSources& sources, ConfigReading& reading) {
  for (const auto& item : patterns.items) {
    if (item.kind != ConfigNode::Kind::Scalar) continue;
    const auto files = reading.environment.list_files(join_path(directory_of(main), item.text));
    const bool glob = item.text.find_first_of("*?") != std::string::npos;
    if (files.empty() && !glob) reading.mistake(item, fmt::format("there is no file {}", describe(item)), "a file to include");
    for (const auto& file : files) {
      auto tree = read_tree(file, sources, reading);
      expect_mapping(tree, reading);
      if (tree.kind == ConfigNode::Kind::Null) continue;
      refuse_key(tree, "include", "an included file includes others", "include in the main file only", reading);
      merge_yaml(root, std::move(tree), reading.mistakes);
    }
  }
}

void merge_from_git(ConfigNode& root, const std::vector<ConfigText>& texts, const std::string& directory, ConfigSources& sources, ConfigReading& reading) {
  constexpr std::array forbidden{"slack", "storage", "http", "tools", "config_from", "include", "tls", "audit", "ha", "shards", "log", "heartbeat", "model", "gates"};
  constexpr std::array lists{"repositories", "clusters", "apps", "plugins"};
  std::map<std::string, Names> of_main;
  for (const auto* list : lists) add_names(root, list, of_main[list]);
  Names people;
  add_names(root, "people", people);
  const auto* from = root.find("config_from");
  if (const auto* own = from == nullptr ? nullptr : from->find("repository"); own != nullptr) of_main["repositories"].insert(own->text);
  add_references(root, reading.main_references);
  for (const auto& text : texts) {
    auto tree = parse_yaml_tree(text.text, sources.add_text(text.name, directory), reading.mistakes);
    expect_mapping(tree, reading);
    if (tree.kind == ConfigNode::Kind::Null) continue;
    for (const auto* key : forbidden) refuse_key(tree, key, fmt::format("a config in Git may not say \"{}\"", key), "it in the main file only", reading);
    for (const auto& [list, names] : of_main) refuse_entries(tree, list, names, reading);
    refuse_proofs(tree, people, reading);
    merge_yaml(root, std::move(tree), reading.mistakes);
  }
}

}  // namespace driftwarden
