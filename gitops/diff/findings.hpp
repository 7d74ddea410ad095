#pragma once
// What differs, before rules and words are put on it. Internal to gitops/diff.
#include "gitops/diff/compare.hpp"
#include "gitops/diff/owners.hpp"
#include "gitops/diff/path.hpp"

#include <set>
#include <string>
#include <vector>

namespace driftwarden {

struct FieldFinding {
  Path path;
  FieldOp op = FieldOp::Changed;
  const nlohmann::json* desired = nullptr;  ///< null: the side has no such value
  const nlohmann::json* live = nullptr;
  Owners owners;
  std::size_t list_depth = 0;  ///< > 0: inside an atomic list or map; so many steps lead to it
};

struct Findings {
  std::vector<FieldFinding> fields;
  /// Zeros of D that L lacks where nobody's Apply entry can tell: only the dry-run knows.
  std::vector<FieldFinding> doubtful;
  std::set<std::string> notes;
  std::vector<RuleHit> hits;
};

/// Everything that one comparison looks at. `desired` and `live` are prepared (prepare.hpp).
struct Pair {
  const nlohmann::json* desired = nullptr;
  const nlohmann::json* live = nullptr;
  const nlohmann::json* last_synced = nullptr;
  const SchemaNode* schema = nullptr;
  std::string_view group;
  std::string_view kind;
  std::vector<ManagedEntry> entries;
  bool has_apply_entry = false;
  bool has_applier = false;
  const std::vector<std::string>* disabled_rules = nullptr;
  const std::vector<std::string>* marks = nullptr;  ///< CompareContext::marks

  bool rule_is_on(std::string_view rule) const;
  bool is(std::string_view wanted_group, std::string_view wanted_kind) const { return group == wanted_group && kind == wanted_kind; }
};

/// Steps 2 to 4 of drift.md section 3: D over L.
void walk_desired(const Pair& pair, Findings& out);
/// Steps 5 and 6: what we or people own and D lacks.
void walk_owners(const Pair& pair, Findings& out);

Owners owners_of_value(const Pair& pair, const PathNode& path);

}  // namespace driftwarden
