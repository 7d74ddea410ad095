#pragma once
// Secrets that a controller makes from something in Git, and whether a person touched them (drift.md section 6). Internal to gitops/drift.
#include "gitops/diff/compare.hpp"
#include "gitops/model/object.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>

namespace driftwarden {

/// SealedSecret and ExternalSecret.
bool makes_secrets(const GroupKind& kind);
/// Only who touched it is known, never what it holds.
bool is_metadata_only(const nlohmann::json& object);

struct DerivedEdit {
  ObjectRef parent;     ///< without a version
  std::string manager;  ///< the person's tool
};
/// Nothing when its controller owner is no such kind, or only controllers wrote it.
std::optional<DerivedEdit> derived_edit(const nlohmann::json& secret, const ObjectRef& ref, const ManagerClasses& managers);

/// Of one cluster.
class DerivedEdits {
 public:
  /// What the object says now; returns the parents whose verdict may be another one.
  std::set<ObjectRef> put(const ObjectRef& secret, std::optional<DerivedEdit> edit);
  /// By the parent's id.
  bool has(const std::string& parent) const { return by_parent_.contains(parent); }
  bool empty() const { return by_secret_.empty(); }
  void begin_list();
  /// True when it was known to be edited.
  bool seen(const ObjectRef& secret);
  std::set<ObjectRef> end_list();

 private:
  struct Known {
    ObjectRef parent;
    bool seen = true;
  };
  std::map<std::string, Known> by_secret_;
  std::map<std::string, std::set<std::string>> by_parent_;
};

}  // namespace driftwarden
