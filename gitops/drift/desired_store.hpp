#pragma once
// What one App's Git asks for, packed. Internal to gitops/drift.
#include "gitops/drift/object_table.hpp"
#include "gitops/drift/packed.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace driftwarden {

/// Shared between Desired and last synced Desired where they say the same.
struct DesiredBody {
  Packed packed;
  std::uint64_t digest = 0;
};
using DesiredBodyPtr = std::shared_ptr<const DesiredBody>;

struct DesiredItem {
  ObjectKey object = kNoKey;
  KindKey kind = kNoKey;
  DesiredBodyPtr body;
  std::uint32_t file = 0;
  int line = 0;
};

/// In the order of Git; of two documents for one object the first counts.
class DesiredStore {
 public:
  void add(DesiredItem item, const std::string& file);
  /// After the last add.
  void close();
  const DesiredItem* find(ObjectKey object) const;
  const std::vector<DesiredItem>& items() const { return items_; }
  const std::string& file(const DesiredItem& item) const { return files_[item.file]; }
  const std::map<KindKey, std::size_t>& kinds() const { return kinds_; }
  bool empty() const { return items_.empty(); }

  template <class Visit>
  void each(const Visit& visit) const {
    for (const auto& [object, at] : by_object_) visit(items_[at]);
  }

 private:
  std::vector<DesiredItem> items_;
  std::vector<std::pair<ObjectKey, std::uint32_t>> by_object_;
  std::vector<std::string> files_;
  std::map<KindKey, std::size_t> kinds_;
};

}  // namespace driftwarden
