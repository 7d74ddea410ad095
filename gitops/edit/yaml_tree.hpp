#pragma once
// A YAML text as a tree that knows which bytes every value stands on.
#include "gitops/base/result.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct YamlEntry;

struct YamlNode {
  enum class Kind { Scalar, Map, List, Alias };
  enum class Style { Plain, Single, Double, Literal, Folded, Block, Flow };
  Kind kind = Kind::Scalar;
  Style style = Style::Plain;
  std::size_t properties = 0;  ///< where a tag or anchor begins; = begin when there is none
  std::size_t begin = 0;       ///< of a block scalar its `|` or `>`; an absent value is empty and stands right after its ':' or '-'
  std::size_t end = 0;         ///< without the line end and without a comment
  std::string text;            ///< of a scalar, or an alias's name
  bool tagged = false;
  std::optional<std::size_t> anchor;  ///< index into YamlTree::aliases
  std::vector<YamlEntry> entries;

  bool is_block_scalar() const { return style == Style::Literal || style == Style::Folded; }
  bool is_block() const { return style == Style::Block; }
};

/// `key: value`, or an element of a list (its key is empty).
struct YamlEntry {
  std::size_t begin = 0;  ///< the key, or the dash
  std::size_t slot = 0;   ///< right after the ':' or '-': where the value may start
  bool simple = true;     ///< false for `? key`, `[a: 1]`, `{a}` and the like, which nobody edits
  YamlNode key;
  YamlNode value;
  std::size_t end() const { return std::max(key.end, std::max(slot, value.end)); }
};

struct YamlTree {
  std::vector<YamlNode> documents;                ///< those that hold something, as parse_yaml
  std::vector<std::vector<std::size_t>> aliases;  ///< per anchor: where its aliases stand
};

/// `text` has Unix line ends and no byte order mark.
Result<YamlTree> read_yaml_tree(std::string_view text, const std::string& file);

/// The key as Kubernetes reads it; "" for what isn't a scalar.
std::string key_of(const YamlEntry& entry);

std::size_t line_start(std::string_view text, std::size_t at);
/// The position of the line end, or of the text's end.
std::size_t line_end(std::string_view text, std::size_t at);
int line_number(std::string_view text, std::size_t at);
inline std::size_t column_of(std::string_view text, std::size_t at) { return at - line_start(text, at); }

}  // namespace driftwarden
