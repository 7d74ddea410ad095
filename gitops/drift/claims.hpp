#pragma once
// Objects that bear the mark of a deployer of which no App is known (yet). Internal to gitops/drift.
#include "gitops/drift/live_store.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace driftwarden {

/// Of one cluster. Only where they are is kept: they are read again once an App turns up.
class Claims {
 public:
  static constexpr std::size_t kMost = 200'000;  ///< what comes later is found by the next list only

  void put(LiveStore::Place place, const std::string& mark) {
    erase(place);
    if (marks_.size() >= kMost) return;
    marks_[place] = mark;
    places_[mark].insert(place);
  }

  void erase(LiveStore::Place place) {
    const auto known = marks_.find(place);
    if (known == marks_.end()) return;
    const auto places = places_.find(known->second);
    places->second.erase(place);
    if (places->second.empty()) places_.erase(places);
    marks_.erase(known);
  }

  /// Null when there is none.
  const std::set<LiveStore::Place>* of(const std::string& mark) const {
    const auto found = places_.find(mark);
    return found == places_.end() ? nullptr : &found->second;
  }

 private:
  std::map<LiveStore::Place, std::string> marks_;
  std::map<std::string, std::set<LiveStore::Place>> places_;
};

}  // namespace driftwarden
