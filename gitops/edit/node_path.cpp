#include "gitops/edit/node_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>

namespace driftwarden {
namespace {

using nlohmann::json;
using Kind = YamlNode::Kind;
using Style = YamlNode::Style;

struct Source {
  std::string_view text;
  const std::string& file;
  Error refuse(std::size_t at, std::string_view why) const {
    return Error{ErrorKind::InvalidInput, fmt::format("{}:{}: {}; edit it by hand", file, line_number(text, at), why)};
  }
};

Result<void> check_shared(const YamlTree& tree, const YamlNode& node, const Source& source) {
  if (node.kind == Kind::Alias) return source.refuse(node.begin, fmt::format("the value is an alias (*{}) of one that stands elsewhere", node.text));
  if (!node.anchor || tree.aliases[*node.anchor].empty()) return {};
  const auto user = line_number(source.text, tree.aliases[*node.anchor].front());
  return source.refuse(node.properties, fmt::format("the value has an anchor that line {} uses too, so an edit would change both", user));
}

Result<void> look_for_anchors(const YamlTree& tree, const YamlNode& node, const YamlNode& whole, const Source& source) {
  if (node.anchor) {
    for (const auto alias : tree.aliases[*node.anchor]) {
      if (alias < whole.begin || alias >= whole.end) {
        return source.refuse(node.properties, fmt::format("an anchor inside the value is used by line {}", line_number(source.text, alias)));
      }
    }
  }
  for (const auto& entry : node.entries) {
    CHECK_OK(look_for_anchors(tree, entry.key, whole, source));
    CHECK_OK(look_for_anchors(tree, entry.value, whole, source));
  }
  return {};
}

std::optional<std::size_t> index_in(const json& list, const ValueStep& step) {
  if (step.kind == ValueStep::Kind::Index) return step.index < list.size() ? std::optional(step.index) : std::nullopt;
  std::string text = step.kind == ValueStep::Kind::SetValue ? "[=" + step.value : "[";
  for (const auto& [name, value] : step.keys) text += (text.size() > 1 ? "," : "") + name + "=" + value;
  const auto pointer = json_pointer(list, text + "]");
  if (!pointer) return std::nullopt;
  std::size_t index = 0;
  std::from_chars(pointer->data() + 1, pointer->data() + pointer->size(), index);
  return index;
}

Result<std::size_t> entry_of(const YamlNode& map, const std::string& name, const Source& source) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < map.entries.size(); ++i) {
    if (key_of(map.entries[i]) != name) continue;
    if (found) return source.refuse(map.entries[i].begin, fmt::format("the key {} is there twice", name));
    found = i;
  }
  if (found) return *found;
  return source.refuse(map.begin, fmt::format("{} comes from a merge key (<<) or an alias", name));
}

bool is_templated(const YamlNode& node) {
  if (node.kind == Kind::Scalar && node.style == Style::Plain && node.text.find("{{") != std::string::npos) return true;
  const bool nested = node.kind == Kind::Map && node.style == Style::Flow && !node.entries.empty() && node.entries.front().key.kind == Kind::Map;
  return nested;
}

/// The parser takes the lines behind an empty block scalar for its text, though they are no deeper than its key.
bool is_misread(const YamlEntry& entry, std::string_view text) {
  if (!entry.value.is_block_scalar()) return false;
  const auto body = line_end(text, entry.value.begin);
  if (entry.value.end <= body) return false;
  const auto content = text.find_first_not_of(" \n", body);
  return content < entry.value.end && column_of(text, content) <= column_of(text, entry.begin);
}

Result<void> check_node(const YamlNode& node, const Source& source) {
  if (is_templated(node)) return source.refuse(node.begin, "the file is a template ({{ }} outside quotes)");
  for (const auto& entry : node.entries) {
    if (is_misread(entry, source.text)) return source.refuse(entry.value.begin, "an empty block scalar is not understood; write \"\" instead");
    CHECK_OK(check_node(entry.key, source));
    CHECK_OK(check_node(entry.value, source));
  }
  return {};
}

}  // namespace

Result<std::vector<Place>> follow(const YamlTree& tree, std::size_t document, const json& value, const std::vector<ValueStep>& steps,
                                  std::string_view text, const std::string& file) {
  const Source source{text, file};
  std::vector<Place> places;
  places.push_back({&tree.documents[document], nullptr, 0, &value, false});
  CHECK_OK(check_shared(tree, *places.back().node, source));
  for (const auto& step : steps) {
    const auto here = places.back();
    const bool field = step.kind == ValueStep::Kind::Field;
    if (field ? !here.value->is_object() : !here.value->is_array()) break;
    Place next{nullptr, here.node, 0, nullptr, here.in_flow || here.node->style == Style::Flow};
    if (field) {
      const auto member = here.value->find(step.name);
      if (member == here.value->end()) break;
      next.value = &*member;
      TRY(next.index, entry_of(*here.node, step.name, source));
    } else {
      const auto index = index_in(*here.value, step);
      if (!index) break;
      next.value = &(*here.value)[*index];
      next.index = *index;
    }
    if (next.index >= here.node->entries.size()) return source.refuse(here.node->begin, "the text and what it means don't match");
    next.node = &next.entry().value;
    if (!next.entry().simple) return source.refuse(next.entry().begin, "the key is written in a way that can't be edited");
    CHECK_OK(check_shared(tree, *next.node, source));
    places.push_back(next);
  }
  return places;
}

Result<void> check_unused(const YamlTree& tree, const YamlNode& node, std::string_view text, const std::string& file) {
  return look_for_anchors(tree, node, node, Source{text, file});
}

Result<void> check_readable(const YamlTree& tree, std::string_view text, const std::string& file) {
  for (const auto& document : tree.documents) CHECK_OK(check_node(document, Source{text, file}));
  return {};
}

}  // namespace driftwarden
