#pragma once
// One change of one node as the bytes to replace.
#include "gitops/edit/yaml_style.hpp"
#include "gitops/edit/yaml_tree.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct Splice {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};

/// A node and what it stands in. `parent` is null for the root of a document.
struct Place {
  const YamlNode* node = nullptr;
  const YamlNode* parent = nullptr;
  std::size_t index = 0;  ///< in parent->entries
  const nlohmann::json* value = nullptr;
  bool in_flow = false;

  const YamlEntry& entry() const { return parent->entries[index]; }
};

class NodeEditor {
 public:
  NodeEditor(std::string_view text, const YamlStyle& style) : text_(text), style_(style) {}

  std::vector<Splice> replace(const Place& place, const nlohmann::json& value) const;
  /// Into a map or list that has entries.
  std::vector<Splice> add_member(const Place& map, const std::string& key, const nlohmann::json& value) const;
  std::vector<Splice> add_element(const Place& list, const nlohmann::json& value) const;
  std::vector<Splice> remove(const Place& place) const;
  /// Puts element order[i] of a block list at i, each with its own lines.
  std::vector<Splice> reorder(const YamlNode& list, const std::vector<std::size_t>& order) const;

 private:
  std::vector<Splice> replace_root(const YamlNode& old, const nlohmann::json& value) const;
  std::vector<Splice> replace_by_inline(const Place& place, const nlohmann::json& value) const;
  std::vector<Splice> replace_by_literal(const Place& place, const std::string& value) const;
  std::vector<Splice> replace_by_block(const Place& place, const nlohmann::json& value) const;
  std::vector<Splice> append(const YamlNode& node, const std::string& line, const nlohmann::json& value) const;
  std::string final_line_end(std::size_t at, const nlohmann::json& value) const;
  std::vector<Splice> append_flow(const YamlNode& node, const std::string& entry) const;
  std::vector<Splice> remove_from_flow(const YamlNode& node, std::size_t index) const;
  std::vector<Splice> remove_from_block(const YamlNode& node, std::size_t index) const;
  Splice whole_lines(std::size_t begin, std::size_t end) const;
  bool starts_line(std::size_t at) const;
  bool ends_line(std::size_t at, bool comma) const;
  Splice head(const Place& place) const;
  std::string kept_anchor(const YamlNode& node) const;
  std::string comments_above(std::size_t from, std::size_t to, std::size_t column) const;

  std::string_view text_;
  const YamlStyle& style_;
};

}  // namespace driftwarden
