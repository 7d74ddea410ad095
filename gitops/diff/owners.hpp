#pragma once
// managedFields, walked as tries beside the object: who owns what.
#include "gitops/diff/compare.hpp"
#include "gitops/diff/path.hpp"

#include <string_view>
#include <vector>

namespace driftwarden {

/// One entry of metadata.managedFields.
struct ManagedEntry {
  const nlohmann::json* fields = nullptr;  ///< fieldsV1
  const nlohmann::json* raw = nullptr;
  std::string_view manager;
  ManagerClass manager_class = ManagerClass::Controller;
  bool apply = false;  ///< operation Apply: lists exactly what was applied
  bool scale = false;  ///< written through the subresource
  bool status = false;
  bool other_version = false;  ///< its paths are of another apiVersion: only metadata can be read

  std::string_view time() const;
};

std::vector<ManagedEntry> managed_entries(const nlohmann::json& live, const ManagerClasses& managers);

/// Who owns one value.
struct Owners {
  bool applier = false;      ///< one of ours, by Apply or by Update
  bool apply_entry = false;  ///< one of ours, by Apply
  std::vector<const ManagedEntry*> others;

  /// The one to name: people before controllers, then the latest.
  const ManagedEntry* foremost() const;
  bool only_controllers() const;
};

Owners owners_of(const std::vector<ManagedEntry>& entries, const PathNode& path);

enum class Reach { None, Whole, Exact };
/// Whole: the entry owns something above the path as one value (an atomic list or map).
Reach reach_of(const ManagedEntry& entry, const PathNode& path);

/// The keys of "k:{...}" are those of `element`.
bool trie_key_matches(std::string_view trie_key, const nlohmann::json& element, const SchemaNode* list);
bool is_leaf(const nlohmann::json& trie_node);
bool owns_itself(const nlohmann::json& trie_node);

}  // namespace driftwarden
