#pragma once
// Every object and kind that somebody cares for once, as small numbers. Internal to gitops/drift.
#include "gitops/drift/live_source.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace driftwarden {

using ObjectKey = std::uint32_t;  ///< identity without the version
using KindKey = std::uint32_t;    ///< a WatchedKind
inline constexpr std::uint32_t kNoKey = ~0U;

/// Of group, kind, namespace and name.
std::uint64_t identity_hash(const ObjectRef& ref);

class ObjectTable {
 public:
  ObjectTable();
  ObjectTable(const ObjectTable&) = delete;
  ObjectTable& operator=(const ObjectTable&) = delete;

  ObjectKey intern(const ObjectRef& ref);
  ObjectKey find(const ObjectRef& ref) const;  ///< kNoKey when nobody cares for it
  ObjectRef ref(ObjectKey key, const std::string& version) const;
  std::string id(ObjectKey key) const;
  bool has_namespace(ObjectKey key) const;
  /// Interned without the namespace.
  ObjectKey intern_bare(ObjectKey key);
  std::size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    std::uint32_t kind;
    std::uint32_t namespace_;
    std::string name;
  };
  struct Hash {
    using is_transparent = void;
    const ObjectTable* table;
    std::size_t operator()(ObjectKey key) const;
    std::size_t operator()(const ObjectRef& ref) const { return identity_hash(ref); }
  };
  struct Equal {
    using is_transparent = void;
    const ObjectTable* table;
    bool operator()(ObjectKey a, ObjectKey b) const { return a == b; }
    bool operator()(const ObjectRef& a, ObjectKey b) const;
    bool operator()(ObjectKey a, const ObjectRef& b) const { return (*this)(b, a); }
  };
  std::deque<Slot> slots_;
  std::vector<GroupKind> kinds_;
  std::map<GroupKind, std::uint32_t> kind_numbers_;
  std::vector<std::string> namespaces_;
  std::map<std::string, std::uint32_t> namespace_numbers_;
  std::unordered_set<ObjectKey, Hash, Equal> keys_;
};

class KindTable {
 public:
  KindTable() = default;
  KindTable(const KindTable&) = delete;
  KindTable& operator=(const KindTable&) = delete;

  KindKey intern(const WatchedKind& kind);
  KindKey intern(const ObjectRef& ref) { return intern(WatchedKind{ref.group, ref.version, ref.kind}); }
  KindKey find(const ObjectRef& ref) const;  ///< of the kind watched in full; kNoKey when unheard of
  const WatchedKind& at(KindKey key) const { return kinds_[key]; }

 private:
  std::deque<WatchedKind> kinds_;
  std::map<WatchedKind, KindKey> numbers_;
  std::unordered_multimap<std::uint64_t, KindKey> full_;
};

}  // namespace driftwarden
