#include "gitops/drift/desired_store.hpp"

#include <algorithm>

namespace driftwarden {

void DesiredStore::add(DesiredItem item, const std::string& file) {
  // Documents of one file follow each other.
  if (files_.empty() || files_.back() != file) files_.push_back(file);
  item.file = static_cast<std::uint32_t>(files_.size() - 1);
  ++kinds_[item.kind];
  by_object_.emplace_back(item.object, static_cast<std::uint32_t>(items_.size()));
  items_.push_back(std::move(item));
}

void DesiredStore::close() {
  std::sort(by_object_.begin(), by_object_.end());
  by_object_.erase(std::unique(by_object_.begin(), by_object_.end(), [](const auto& a, const auto& b) { return a.first == b.first; }), by_object_.end());
  by_object_.shrink_to_fit();
  items_.shrink_to_fit();
}

const DesiredItem* DesiredStore::find(ObjectKey object) const {
  const auto at = std::lower_bound(by_object_.begin(), by_object_.end(), std::make_pair(object, std::uint32_t{0}));
  return at == by_object_.end() || at->first != object ? nullptr : &items_[at->second];
}

}  // namespace driftwarden
