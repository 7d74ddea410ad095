#pragma once
// What is live in one cluster, and the gate that keeps status churn away from the comparator. Internal to gitops/drift.
#include "gitops/drift/live_source.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace driftwarden {

/// Of all that a comparison looks at: not of status, resourceVersion or times.
std::uint64_t content_hash(const nlohmann::json& object);
/// The body as bytes, an eighth of what it takes as values, without what nobody asks for: fields of status writers, and status where
/// health doesn't need it.
std::vector<std::uint8_t> packed(const nlohmann::json& body);
/// The App that the tracking annotation names, when it names this very object; else "".
std::string tracked_by(const nlohmann::json& object, const ObjectRef& ref);

class LiveStore {
 public:
  struct Entry {
    std::vector<std::uint8_t> bytes;  ///< packed; most objects are looked at once and then rest
    ObjectRef ref;
    std::string resource_version;
    std::uint64_t hash = 0;
    std::string app;  ///< tracked_by
    bool seen = true;

    JsonPtr body() const;
  };
  /// What a change may touch: the object, and the Apps that it was or is tracked by.
  struct Touched {
    ObjectRef ref;
    std::vector<std::string> apps;
  };

  /// Nothing when only what the gate keeps away has moved.
  std::optional<Touched> put(LiveObject object);
  std::optional<Touched> erase(const ObjectRef& ref);
  void begin_list(const WatchedKind& kind);
  /// What was not mentioned since begin_list is gone.
  std::vector<Touched> end_list(const WatchedKind& kind);

  /// Also where only the cluster knows that the kind has no namespace: then the object lies under none.
  const Entry* find(const ObjectRef& ref) const;
  /// Entries that carry the App's tracking annotation, by key.
  const std::set<std::string>* tracked(const std::string& app) const;
  const Entry* at(const std::string& key) const;

 private:
  using Map = std::unordered_map<std::string, Entry>;
  Touched drop(Map::iterator entry);
  void track(const std::string& app, const std::string& key);
  void untrack(const std::string& app, const std::string& key);

  Map entries_;  ///< by version and id: two Apps may speak of one object in different versions
  std::map<std::string, std::set<std::string>> tracked_;
};

}  // namespace driftwarden
