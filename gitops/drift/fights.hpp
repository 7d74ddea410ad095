#pragma once
// The same field set to and fro: who fights over what. Pure. Internal to gitops/drift.
#include "gitops/drift/object_table.hpp"
#include "gitops/model/drift.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driftwarden {

/// One App's. A flip: the live value of a field changed between two judgements.
class FightDetector {
 public:
  static constexpr std::size_t kFlips = 3;
  static constexpr Duration kWindow = std::chrono::minutes(10);
  static constexpr std::size_t kMaxTracks = 200;  ///< fields under suspicion; the longest quiet one goes first
  static constexpr std::size_t kMaxManagers = 8;

  /// `field` as it is now: its live value may be the desired one. `manager` "" when nobody owns it.
  void flip(ObjectKey object, const FieldDrift& field, const std::string& manager, WallTime now);
  /// The value may be another since the last flip, without a flip (Git moved).
  void forget(ObjectKey object);
  void expire(WallTime now);
  void clear() { tracks_.clear(); }

  struct Fighting {
    ObjectKey object;
    FieldDrift field;  ///< as last seen
    std::vector<std::string> managers;
    std::size_t flips;
    WallTime last;
  };
  std::vector<Fighting> fights(WallTime now) const;
  /// When the next fight is over.
  std::optional<WallTime> next_end() const;
  bool empty() const { return tracks_.empty(); }

 private:
  struct Track {
    std::deque<WallTime> flips;
    std::set<std::string> managers;
    FieldDrift field;
    bool fighting = false;
  };
  std::map<std::pair<ObjectKey, std::string>, Track> tracks_;
};

/// What flipped between two looks at one object.
std::vector<FieldDrift> flips_between(const std::vector<FieldDrift>& before, const std::vector<FieldDrift>& after);

}  // namespace driftwarden
