#include "gitops/drift/fights.hpp"

#include <algorithm>

namespace driftwarden {

std::vector<FieldDrift> flips_between(const std::vector<FieldDrift>& before, const std::vector<FieldDrift>& after) {
  std::vector<FieldDrift> flips;
  const auto at = [](const std::vector<FieldDrift>& fields, const std::string& path) {
    return std::find_if(fields.begin(), fields.end(), [&](const FieldDrift& field) { return field.path == path; });
  };
  for (const auto& field : after) {
    const auto then = at(before, field.path);
    if (then == before.end() || then->live != field.live) flips.push_back(field);
  }
  for (const auto& field : before) {
    if (at(after, field.path) != after.end()) continue;
    auto healed = field;
    healed.live = field.desired;
    flips.push_back(std::move(healed));
  }
  return flips;
}

void FightDetector::flip(ObjectKey object, const FieldDrift& field, const std::string& manager, WallTime now) {
  auto& track = tracks_[{object, field.path}];
  while (!track.flips.empty() && track.flips.front() + kWindow <= now) track.flips.pop_front();
  if (track.flips.empty()) {
    track.managers.clear();
    track.fighting = false;
  }
  track.flips.push_back(now);
  if (track.flips.size() > 100) track.flips.pop_front();
  if (!manager.empty() && track.managers.size() < kMaxManagers) track.managers.insert(manager);
  // One person who tries several values fights with nobody.
  track.fighting |= track.flips.size() >= kFlips && track.managers.size() > 1;
  track.field = field;
  if (tracks_.size() <= kMaxTracks) return;
  tracks_.erase(std::min_element(tracks_.begin(), tracks_.end(), [](const auto& a, const auto& b) {
    return std::make_pair(a.second.fighting, a.second.flips.back()) < std::make_pair(b.second.fighting, b.second.flips.back());
  }));
}

void FightDetector::forget(ObjectKey object) {
  std::erase_if(tracks_, [&](const auto& track) { return track.first.first == object; });
}

void FightDetector::expire(WallTime now) {
  std::erase_if(tracks_, [&](const auto& track) { return track.second.flips.back() + kWindow <= now; });
}

std::vector<FightDetector::Fighting> FightDetector::fights(WallTime now) const {
  std::vector<Fighting> all;
  for (const auto& [place, track] : tracks_) {
    if (!track.fighting || track.flips.back() + kWindow <= now) continue;
    const auto recent = std::count_if(track.flips.begin(), track.flips.end(), [&](WallTime flip) { return flip + kWindow > now; });
    all.push_back({place.first, track.field, {track.managers.begin(), track.managers.end()}, static_cast<std::size_t>(recent), track.flips.back()});
  }
  return all;
}

std::optional<WallTime> FightDetector::next_end() const {
  std::optional<WallTime> next;
  for (const auto& [place, track] : tracks_) {
    if (track.fighting && (!next || track.flips.back() + kWindow < *next)) next = track.flips.back() + kWindow;
  }
  return next;
}

}  // namespace driftwarden
