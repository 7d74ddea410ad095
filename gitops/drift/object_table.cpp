#include "gitops/drift/object_table.hpp"

#include "gitops/drift/digest.hpp"

#include <utility>

namespace driftwarden {
namespace {

std::uint64_t kind_hash(std::string_view group, std::string_view version, std::string_view kind) {
  return mix(mix(text_digest(group), text_digest(version)), text_digest(kind));
}

std::uint64_t object_hash(std::string_view group, std::string_view kind, std::string_view namespace_, std::string_view name) {
  return mix(mix(mix(text_digest(group), text_digest(kind)), text_digest(namespace_)), text_digest(name));
}

}  // namespace

std::uint64_t identity_hash(const ObjectRef& ref) { return object_hash(ref.group, ref.kind, ref.namespace_, ref.name); }

ObjectTable::ObjectTable() : keys_(16, Hash{this}, Equal{this}) {}

std::size_t ObjectTable::Hash::operator()(ObjectKey key) const {
  const auto& slot = table->slots_[key];
  const auto& kind = table->kinds_[slot.kind];
  return object_hash(kind.group, kind.kind, table->namespaces_[slot.namespace_], slot.name);
}

bool ObjectTable::Equal::operator()(const ObjectRef& a, ObjectKey b) const {
  const auto& slot = table->slots_[b];
  if (slot.name != a.name || table->namespaces_[slot.namespace_] != a.namespace_) return false;
  const auto& kind = table->kinds_[slot.kind];
  return kind.kind == a.kind && kind.group == a.group;
}

ObjectKey ObjectTable::intern(const ObjectRef& ref) {
  if (const auto found = keys_.find(ref); found != keys_.end()) return *found;
  const auto number_of = [](auto& numbers, auto& values, const auto& value) {
    const auto [at, added] = numbers.try_emplace(value, static_cast<std::uint32_t>(values.size()));
    if (added) values.push_back(value);
    return at->second;
  };
  Slot slot{number_of(kind_numbers_, kinds_, ref.group_kind()), number_of(namespace_numbers_, namespaces_, ref.namespace_), ref.name};
  slots_.push_back(std::move(slot));
  const auto key = static_cast<ObjectKey>(slots_.size() - 1);
  keys_.insert(key);
  return key;
}

ObjectKey ObjectTable::find(const ObjectRef& ref) const {
  const auto found = keys_.find(ref);
  return found == keys_.end() ? kNoKey : *found;
}

ObjectRef ObjectTable::ref(ObjectKey key, const std::string& version) const {
  const auto& slot = slots_[key];
  const auto& kind = kinds_[slot.kind];
  return {kind.group, version, kind.kind, namespaces_[slot.namespace_], slot.name};
}

std::string ObjectTable::id(ObjectKey key) const { return object_id(ref(key, {})); }

bool ObjectTable::has_namespace(ObjectKey key) const { return !namespaces_[slots_[key].namespace_].empty(); }

ObjectKey ObjectTable::intern_bare(ObjectKey key) {
  auto bare = ref(key, {});
  bare.namespace_.clear();
  return intern(bare);
}

KindKey KindTable::intern(const WatchedKind& kind) {
  const auto [at, added] = numbers_.try_emplace(kind, static_cast<KindKey>(kinds_.size()));
  if (added) {
    kinds_.push_back(kind);
    if (!kind.metadata_only) full_.emplace(kind_hash(kind.group, kind.version, kind.kind), at->second);
  }
  return at->second;
}

KindKey KindTable::find(const ObjectRef& ref) const {
  const auto [begin, end] = full_.equal_range(kind_hash(ref.group, ref.version, ref.kind));
  for (auto at = begin; at != end; ++at) {
    const auto& kind = kinds_[at->second];
    if (kind.kind == ref.kind && kind.group == ref.group && kind.version == ref.version) return at->second;
  }
  return kNoKey;
}

}  // namespace driftwarden
