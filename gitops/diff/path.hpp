#pragma once
// Where a value stands: as a chain on the stack while walking, as a list of steps once something is found there.
#include "gitops/diff/schema_node.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driftwarden {

enum class StepKind : unsigned char { Root, Field, Element, Value, Index };

/// One step below `parent`; free to make, nothing is copied.
struct PathNode {
  const PathNode* parent = nullptr;
  StepKind kind = StepKind::Root;
  std::string_view name;                    ///< of a field
  const nlohmann::json* element = nullptr;  ///< of a keyed list (it holds the keys), or the set's value
  const SchemaNode* list = nullptr;         ///< of a keyed list: which members are keys
  std::size_t index = 0;

  PathNode field(std::string_view field_name) const { return {this, StepKind::Field, field_name, nullptr, nullptr, 0}; }
  PathNode keyed(const nlohmann::json& item, const SchemaNode* of) const { return {this, StepKind::Element, {}, &item, of, 0}; }
  PathNode value(const nlohmann::json& item) const { return {this, StepKind::Value, {}, &item, nullptr, 0}; }
  PathNode at(std::size_t position) const { return {this, StepKind::Index, {}, nullptr, nullptr, position}; }
};

/// The value that an element has for a key of its list, completed by the schema; null when it has none.
const nlohmann::json* key_of(const nlohmann::json& element, const SchemaNode::Key& key);
bool same_keys(const nlohmann::json& a, const nlohmann::json& b, const SchemaNode& list);
/// The element with the same keys, or null.
const nlohmann::json* find_element(const nlohmann::json& list, const nlohmann::json& like, const SchemaNode& schema);

struct PathStep {
  StepKind kind = StepKind::Field;
  std::string name;  ///< of a field
  struct Key {
    std::string name;
    nlohmann::json value;
    bool fallback = false;  ///< the schema's default: an element may leave it out
  };
  std::vector<Key> keys;  ///< of an element
  nlohmann::json value;   ///< of a set
  std::size_t index = 0;
};
using Path = std::vector<PathStep>;

Path path_of(const PathNode& node);
/// drift.md section 3: `.spec.ports[port=80,protocol="TCP"].targetPort`
std::string to_string(const Path& path);
/// Null where `object` has nothing there.
const nlohmann::json* find_at(const nlohmann::json& object, const Path& path);
/// The same for the first `steps` of it.
const nlohmann::json* find_at(const nlohmann::json& object, const Path& path, std::size_t steps);

/// Where the elements of a path are: a pattern may name them by position or by members that are no keys of their list.
struct PathRoots {
  const nlohmann::json* desired = nullptr;
  const nlohmann::json* live = nullptr;
};

/// A path of an ignore rule: `.*` one name, `[*]` one element, `.**` any depth, globs inside ["..."]. `[2]` is an element of a keyed list or
/// a set, too: the third one in Git or, where Git lacks it, in live.
class PathPattern {
 public:
  static std::optional<PathPattern> parse(std::string_view text);
  /// The pattern covers the path itself or something above it.
  bool covers(const Path& path, const PathRoots& roots = {}) const;
  /// Something below the path may be covered.
  bool may_cover_below(const Path& path, const PathRoots& roots = {}) const;

 private:
  struct Part {
    enum class Kind : unsigned char { Name, AnyDepth, AnyElement, Keys, Value, Index } kind = Kind::Name;
    std::string text;  ///< a glob for names and values
    std::vector<std::pair<std::string, std::string>> keys;
    std::size_t index = 0;
  };
  static bool matches(const Part& part, const Path& path, std::size_t step, const PathRoots& roots);
  bool match(std::size_t part, const Path& path, std::size_t step, const PathRoots& roots, bool prefix) const;
  std::vector<Part> parts_;
};

/// Splits "a,b" where the comma is outside of brackets and quotes.
std::vector<std::string> split_patterns(std::string_view text);

}  // namespace driftwarden
