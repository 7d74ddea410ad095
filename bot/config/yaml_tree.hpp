#pragma once
// A YAML text as a tree that knows where every value stands. Scalars stay texts: what they mean is the config's business.
#include "bot/config/config.hpp"

#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driftwarden {

struct ConfigSource {
  std::string name;       ///< as people gave it, for messages
  std::string directory;  ///< absolute, what its relative paths are relative to
  int order = 0;          ///< the main file first
  bool from_git = false;  ///< of `config_from`: may refer to few secrets only
};

struct ConfigNode {
  enum class Kind { Null, Scalar, List, Map };
  struct Entry;

  Kind kind = Kind::Null;
  std::string text;
  bool plain = true;  ///< a scalar without quotes
  std::vector<ConfigNode> items;
  std::vector<Entry> entries;
  const ConfigSource* source = nullptr;
  int line = 1;
  int column = 1;

  const ConfigNode* find(std::string_view key) const;
};

struct ConfigNode::Entry {
  ConfigNode key;
  ConfigNode value;
};

/// For people: "a list", "a mapping", "nothing", "\"text\"".
std::string describe(const ConfigNode& node);
ConfigMistake mistake_at(const ConfigNode& node, std::string what, std::string expected);

/// One document. Syntax errors and duplicate keys become mistakes; after a syntax error the node is Null.
ConfigNode parse_yaml_tree(std::string_view text, const ConfigSource& source, std::vector<ConfigMistake>& mistakes);

/// Adds what `from` says to `into`: mappings by key, lists of named things by name, other lists at the end.
void merge_yaml(ConfigNode& into, ConfigNode from, std::vector<ConfigMistake>& mistakes);

}  // namespace driftwarden
