#pragma once
// New text in the way that the file around it is written.
#include "gitops/edit/yaml_tree.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

struct YamlStyle {
  std::size_t step = 2;         ///< from a map to a map inside it
  std::size_t dash_offset = 0;  ///< from a key to the dashes of its list
  YamlNode::Style quote = YamlNode::Style::Double;
  bool json = false;  ///< the whole text is JSON
};

/// What the first and the most of `document` do.
YamlStyle style_of(const YamlNode& document, std::string_view text, bool json);

/// On one line. `like` is how the old value was written; a style that doesn't fit the new one is left.
std::string inline_text(const nlohmann::json& value, YamlNode::Style like, bool in_flow, const YamlStyle& style);
std::string key_text_for(const std::string& key, YamlNode::Style like, bool in_flow, const YamlStyle& style);

/// A map or list that isn't empty, in block style with its keys or dashes in `column`; the first line has no indentation, the last no end.
std::string block_text(const nlohmann::json& value, std::size_t column, const YamlStyle& style);

/// True when the last lines of the value's block style are a literal block's that ends in a line end.
bool ends_in_literal(const nlohmann::json& value);

/// True when a literal block gives the text back byte for byte.
bool fits_literal(std::string_view text);

struct LiteralHeader {
  std::string indicators;  ///< "|-", "|2+"
  std::string body;        ///< the indented lines; neither a line end before nor after
};
/// `parent` is the column that the block's indentation indicator counts from.
LiteralHeader literal_text(std::string_view text, std::size_t column, std::size_t parent);

}  // namespace driftwarden
