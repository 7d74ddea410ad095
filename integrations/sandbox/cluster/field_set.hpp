#pragma once
// Sets of field paths, as managedFields stores them (FieldsV1), and the algebra of structured-merge-diff on them.
#include "integrations/sandbox/cluster/json.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace driftwarden::sandbox::cluster {

/// Path elements in their FieldsV1 spelling: `f:name`, `k:{"name":"web"}`, `v:"x"`.
using FieldPath = std::vector<std::string>;

/// ".spec.containers[name="web"].image"
std::string print_path(const FieldPath& path);

class FieldSet {
 public:
  static FieldSet from_json(const Json& fields);
  Json to_json() const;

  void insert(const FieldPath& path);
  bool has(const FieldPath& path) const;
  /// The element itself is in the set.
  bool has_member(const std::string& element) const;
  /// What lies below the element, null when nothing does.
  const FieldSet* below(const std::string& element) const;
  bool empty() const { return nodes_.empty(); }

  FieldSet operator|(const FieldSet& other) const;
  FieldSet operator-(const FieldSet& other) const;
  FieldSet operator&(const FieldSet& other) const;
  /// Also removes everything below what `other` has.
  FieldSet without_recursive(const FieldSet& other) const;
  bool operator==(const FieldSet&) const = default;
  void for_each(const std::function<void(const FieldPath&)>& visit) const;

 private:
  friend FieldSet ensure_named_members(const FieldSet& set, const struct TypeRef& type);
  struct Node;
  std::map<std::string, Node> nodes_;
  void visit_nodes(FieldPath& path, const std::function<void(const FieldPath&)>& visit) const;
  void prune(const std::string& element);
};

struct FieldSet::Node {
  bool member = false;
  FieldSet children;
  bool operator==(const Node&) const = default;
};

}  // namespace driftwarden::sandbox::cluster
