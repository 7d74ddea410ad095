// `.driftwarden/ignore/<app>.yaml`: rules that were reviewed like everything else in Git.
#include "bot/config/yaml_tree.hpp"
#include "bot/watch/git_inputs.hpp"
#include "gitops/diff/inputs.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

/// Where the first rule stands that can't be read; values know no lines, so the text is looked at a second time.
int line_of_trouble(const json& document, const std::string& text, const std::string& path) {
  const ConfigSource source{path, "", 0};
  std::vector<ConfigMistake> mistakes;
  const auto tree = parse_yaml_tree(text, source, mistakes);
  const auto* list = tree.kind == ConfigNode::Kind::Map ? tree.find("ignore") : &tree;
  if (list == nullptr) return tree.line;
  const auto& rules = document.is_object() ? document.at("ignore") : document;
  for (std::size_t i = 0; rules.is_array() && i < rules.size() && i < list->items.size(); ++i) {
    if (!read_ignore_rules(json::array({rules[i]}))) return list->items[i].line;
  }
  return list->line;
}

ImportedRules nothing_but(std::string warning) {
  ImportedRules imported;
  imported.warnings.push_back(std::move(warning) + "; no rule of this file counts");
  return imported;
}

}  // namespace

ImportedRules parse_ignore_file(const std::string& text, const std::string& path) {
  const auto documents = parse_yaml(text, path);
  if (!documents) return nothing_but(documents.error().message);
  if (documents->empty()) return {};
  if (documents->size() > 1) return nothing_but(fmt::format("{}:1: {} documents, expected one", path, documents->size()));
  const auto& document = documents->front();
  if (document.is_object() && !document.contains("ignore")) return nothing_but(fmt::format("{}:1: expected a list under `ignore`", path));
  auto rules = read_ignore_rules(document);
  if (!rules) return nothing_but(fmt::format("{}:{}: {}", path, line_of_trouble(document, text, path), rules.error().message));
  ImportedRules imported;
  imported.rules = std::move(*rules);
  return imported;
}

}  // namespace driftwarden
