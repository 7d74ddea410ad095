#pragma once
// What is live in one cluster: the objects that somebody cares for, and of all others that they exist. Internal to gitops/drift.
#include "gitops/drift/object_table.hpp"
#include "gitops/drift/packed.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace driftwarden {

/// The App that the tracking annotation names, when it names this very object; else "".
std::string tracked_by(const nlohmann::json& object, const ObjectRef& ref);
/// The text of metadata.resourceVersion, "" without.
std::string_view resource_version_of(const nlohmann::json& object);
/// Both are numbers, and the first is the smaller.
bool is_older_version(std::string_view version, std::string_view than);
/// Do we tell the health of such objects from their status?
bool has_health(std::string_view kind);

struct LiveEntry {
  Packed body;
  std::string status;  ///< JSON text, of kinds that have health
  std::string resource_version;
  std::uint64_t content = 0;
  std::string app;  ///< tracked_by
  std::uint32_t generation = 0;
};

/// An object that nobody cares for.
struct ForeignMark {
  std::uint32_t generation = 0;
  std::uint32_t content = 0;  ///< the digest's lower half: what it was when it was looked at
};

/// One watched kind of one cluster.
struct LiveKind {
  explicit LiveKind(std::string shelf_name, bool keeps_status) : shelf(std::move(shelf_name)), with_status(keeps_status) {}
  std::string shelf;
  bool with_status = false;
  bool active = false;  ///< the watch has spoken
  bool listed = false;
  std::optional<Error> failed;
  std::uint32_t generation = 0;  ///< counts the lists; what isn't of this one when it ends is gone
  std::unordered_map<ObjectKey, LiveEntry> objects;
  std::unordered_map<std::uint64_t, ForeignMark> foreign;  ///< by identity_hash
};

class LiveStore {
 public:
  enum class Put { Nothing, Status, Content };

  LiveStore(const KindTable& kinds, Packer& packer) : kinds_(kinds), packer_(packer) {}

  LiveKind& kind(KindKey key);
  const LiveKind* find_kind(KindKey key) const;
  const LiveEntry* find(KindKey kind, ObjectKey object) const;
  /// `content` 0 = to be computed. An older version than the kept one is no news.
  Put put(KindKey kind, ObjectKey object, const nlohmann::json& body, std::uint64_t content, std::string tracked);
  /// Only the status moved, as far as it has.
  static void put_status(const LiveKind& kind, LiveEntry& entry, std::string_view version, std::string_view status);
  bool erase(KindKey kind, ObjectKey object);
  void begin_list(KindKey kind);
  /// Forgets what was not mentioned since begin_list; returns the objects among it.
  std::vector<ObjectKey> end_list(KindKey kind);
  JsonPtr body(const LiveEntry& entry) const { return packer_.unpack_shared(entry.body); }
  /// With its status.
  JsonPtr whole(const LiveEntry& entry) const;

  using Place = std::pair<KindKey, ObjectKey>;
  /// Where objects lie that carry the App's tracking annotation; null when none does.
  const std::vector<Place>* tracked(const std::string& app) const;
  const std::unordered_map<KindKey, std::unique_ptr<LiveKind>>& kinds() const { return by_kind_; }

 private:
  void track(const std::string& app, Place place);
  void untrack(const std::string& app, Place place);

  const KindTable& kinds_;
  Packer& packer_;
  std::unordered_map<KindKey, std::unique_ptr<LiveKind>> by_kind_;
  std::unordered_map<std::string, std::vector<Place>> tracked_;  ///< each sorted
};

}  // namespace driftwarden
