#pragma once
// The schema of one value, as far as comparing needs it.
#include "gitops/diff/schema.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace driftwarden {

class SchemaNode {
 public:
  enum class List : unsigned char { Atomic, Set, Keyed };
  enum class Format : unsigned char { Plain, Quantity, IntOrString, Bytes, Time };
  struct Key {
    std::string name;
    nlohmann::json fallback;  ///< null when the element must say it
  };

  Format format = Format::Plain;
  List list = List::Atomic;
  bool atomic = false;                                            ///< a map or struct that is owned and replaced as a whole
  bool closed = false;                                            ///< whatever isn't among the fields is refused by the server
  std::vector<Key> keys;                                          ///< of a keyed list, by name
  std::vector<std::pair<std::string, const SchemaNode*>> fields;  ///< by name
  const SchemaNode* element = nullptr;                            ///< of a list or a map of free keys
  bool free_keys = false;                                         ///< a map whose keys aren't fields
  nlohmann::json fallback;                                        ///< the server's default; null when it has none
  const SchemaNode* shape = nullptr;                              ///< where fields and element are, when a definition is shared

  const SchemaNode& body() const { return shape == nullptr ? *this : *shape; }
  const SchemaNode* field(std::string_view name) const;
  const SchemaNode* item() const { return body().element; }
  bool is_atomic() const { return atomic || body().atomic; }
  bool has_free_keys() const { return body().free_keys; }
  bool declares(std::string_view name) const { return !body().closed || field(name) != nullptr; }
  Format form() const { return shape == nullptr || format != Format::Plain ? format : shape->format; }
};

/// Nodes point at each other, so they stay where they are.
class SchemaSet final : public Schemas {
 public:
  const SchemaNode* find(const std::string& api_version, const std::string& kind) const override;

  SchemaNode& create() { return nodes_.emplace_back(); }
  void name(const std::string& api_version, const std::string& kind, const SchemaNode* node);
  void fall_back_to(const Schemas* other) { other_ = other; }
  std::size_t size() const { return kinds_.size(); }

 private:
  std::deque<SchemaNode> nodes_;
  std::unordered_map<std::string, const SchemaNode*> kinds_;  ///< by "apiVersion kind"
  const Schemas* other_ = nullptr;
};

}  // namespace driftwarden
