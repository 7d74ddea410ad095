#pragma once
// Objects that no Git knows, in namespaces where somebody asked for them. Internal to gitops/drift.
#include "gitops/diff/compare.hpp"
#include "gitops/drift/live_source.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// Kinds that are watched for orphans beside those that Git mentions.
const std::vector<WatchedKind>& orphan_kinds();
/// Every namespace has it, or a controller keeps its books in it.
bool is_platform_made(const nlohmann::json& object, const ObjectRef& ref);

struct Orphan {
  ObjectRef ref;
  std::string manager;  ///< that made it, "" when the server doesn't say
  std::string created;  ///< RFC 3339
};
/// Nothing when somebody owns, tracks or needs it.
std::optional<Orphan> as_orphan(const nlohmann::json& object, const ObjectRef& ref);

/// Of one cluster.
class OrphanStore {
 public:
  void put(Orphan orphan);
  bool erase(const ObjectRef& ref);
  /// Those of a kind that are gone, by what `is_live` says.
  template <class IsLive>
  bool sweep(const WatchedKind& kind, const IsLive& is_live) {
    return std::erase_if(all_, [&](const auto& item) {
             const auto& ref = item.second.ref;
             return ref.kind == kind.kind && ref.group == kind.group && ref.version == kind.version && !is_live(ref);
           }) > 0;
  }
  std::vector<const Orphan*> in(const std::string& namespace_) const;
  void keep_only(const std::set<std::string>& namespaces);

 private:
  std::map<std::pair<std::string, std::string>, Orphan> all_;  ///< by namespace and id
};

ObjectDrift to_drift(const Orphan& orphan);
/// The rule hides whole objects, and this one.
bool hides_object(const IgnoreRule& rule, const ObjectRef& ref);

}  // namespace driftwarden
