#include "gitops/drift/live_store.hpp"

#include "gitops/diff/compare.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <functional>

namespace driftwarden {
namespace {

using nlohmann::json;

std::uint64_t mix(std::uint64_t seed, std::uint64_t value) {
  auto x = seed ^ (value + 0x9E3779B97F4A7C15ULL + (seed << 6U) + (seed >> 2U));
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

std::uint64_t hash_value(const json& value, std::uint64_t seed) {
  seed = mix(seed, static_cast<std::uint64_t>(value.type()));
  if (value.is_string()) return mix(seed, hash_of(value.get_ref<const std::string&>()));
  if (value.is_boolean()) return mix(seed, value.get<bool>() ? 1 : 2);
  if (value.is_number_float()) return mix(seed, std::hash<double>{}(value.get<double>()));
  if (value.is_number()) return mix(seed, value.get<std::uint64_t>());
  if (value.is_array()) {
    for (const auto& item : value) seed = hash_value(item, seed);
  } else if (value.is_object()) {
    for (auto it = value.begin(); it != value.end(); ++it) seed = hash_value(*it, mix(seed, hash_of(it.key())));
  }
  return mix(seed, 3);
}

std::string_view text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>()) : std::string_view();
}

std::uint64_t hash_managed(const json& entries, std::uint64_t seed) {
  for (const auto& entry : entries) {
    if (!entry.is_object() || text_at(entry, "subresource") == "status") continue;
    seed = mix(seed, hash_of(text_at(entry, "manager")));
    seed = mix(seed, hash_of(text_at(entry, "operation")));
    if (const auto fields = entry.find("fieldsV1"); fields != entry.end()) seed = hash_value(*fields, seed);
  }
  return seed;
}

bool has_health(const ObjectRef& ref) {
  static constexpr std::array<std::string_view, 9> kKinds{"Deployment", "StatefulSet",           "DaemonSet", "ReplicaSet", "Job",
                                                          "Pod",        "PersistentVolumeClaim", "Service",   "CronJob"};
  return std::find(kKinds.begin(), kKinds.end(), ref.kind) != kKinds.end();
}

std::string key_of(const ObjectRef& ref) { return ref.version + '|' + object_id(ref); }

}  // namespace

std::uint64_t content_hash(const json& object) {
  std::uint64_t seed = 17;
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (it.key() == "status") continue;
    seed = mix(seed, hash_of(it.key()));
    if (it.key() != "metadata" || !it->is_object()) {
      seed = hash_value(*it, seed);
      continue;
    }
    for (auto inner = it->begin(); inner != it->end(); ++inner) {
      if (inner.key() == "resourceVersion" || inner.key() == "generation") continue;
      seed = mix(seed, hash_of(inner.key()));
      seed = inner.key() == "managedFields" ? hash_managed(*inner, seed) : hash_value(*inner, seed);
    }
  }
  return seed;
}

std::vector<std::uint8_t> packed(const json& body) {
  auto copy = body;
  if (!has_health(ref_of(copy))) copy.erase("status");
  const auto metadata = copy.find("metadata");
  if (metadata != copy.end() && metadata->is_object()) {
    const auto managed = metadata->find("managedFields");
    if (managed != metadata->end() && managed->is_array()) {
      for (auto& entry : *managed) {
        if (entry.is_object() && text_at(entry, "subresource") == "status") entry.erase("fieldsV1");
      }
    }
  }
  auto bytes = json::to_cbor(copy);
  bytes.shrink_to_fit();
  return bytes;
}

JsonPtr LiveStore::Entry::body() const { return std::make_shared<const json>(json::from_cbor(bytes, true, false)); }

std::string tracked_by(const json& object, const ObjectRef& ref) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  const auto annotations = metadata->find("annotations");
  if (annotations == metadata->end() || !annotations->is_object()) return {};
  const auto found = annotations->find(kTrackingAnnotation);
  if (found == annotations->end() || !found->is_string()) return {};
  const auto& text = found->get_ref<const std::string&>();
  const auto colon = text.find(':');
  if (colon == std::string::npos || std::string_view(text).substr(colon + 1) != object_id(ref)) return {};
  return text.substr(0, colon);
}

std::optional<LiveStore::Touched> LiveStore::put(LiveObject object) {
  if (object.body == nullptr || !object.body->is_object()) return std::nullopt;
  auto key = key_of(object.ref);
  const auto metadata = object.body->find("metadata");
  const auto version = metadata == object.body->end() ? std::string_view() : text_at(*metadata, "resourceVersion");
  auto [entry, added] = entries_.try_emplace(std::move(key));
  auto& mine = entry->second;
  mine.seen = true;
  if (!added && !version.empty() && version == mine.resource_version) return std::nullopt;
  const auto hash = content_hash(*object.body);
  const bool same = !added && hash == mine.hash;
  mine.resource_version = version;
  mine.hash = hash;
  mine.bytes = packed(*object.body);
  if (same) return std::nullopt;
  Touched touched{object.ref, {}};
  mine.ref = std::move(object.ref);
  auto app = tracked_by(*object.body, mine.ref);
  if (app != mine.app) {
    untrack(mine.app, entry->first);
    if (!mine.app.empty()) touched.apps.push_back(mine.app);
    track(app, entry->first);
    mine.app = std::move(app);
  }
  if (!mine.app.empty()) touched.apps.push_back(mine.app);
  return touched;
}

std::optional<LiveStore::Touched> LiveStore::erase(const ObjectRef& ref) {
  const auto entry = entries_.find(key_of(ref));
  if (entry == entries_.end()) return std::nullopt;
  return drop(entry);
}

LiveStore::Touched LiveStore::drop(Map::iterator entry) {
  Touched touched{entry->second.ref, {}};
  if (!entry->second.app.empty()) touched.apps.push_back(entry->second.app);
  untrack(entry->second.app, entry->first);
  entries_.erase(entry);
  return touched;
}

void LiveStore::begin_list(const WatchedKind& kind) {
  for (auto& [key, entry] : entries_) {
    if (entry.ref.kind == kind.kind && entry.ref.group == kind.group && entry.ref.version == kind.version) entry.seen = false;
  }
}

std::vector<LiveStore::Touched> LiveStore::end_list(const WatchedKind& kind) {
  std::vector<std::string> gone;
  for (const auto& [key, entry] : entries_) {
    if (!entry.seen && entry.ref.kind == kind.kind && entry.ref.group == kind.group && entry.ref.version == kind.version) gone.push_back(key);
  }
  std::vector<Touched> touched;
  for (const auto& key : gone) touched.push_back(drop(entries_.find(key)));
  return touched;
}

const LiveStore::Entry* LiveStore::find(const ObjectRef& ref) const {
  const auto* entry = at(key_of(ref));
  if (entry != nullptr || ref.namespace_.empty()) return entry;
  auto bare = ref;
  bare.namespace_.clear();
  return at(key_of(bare));
}

const std::set<std::string>* LiveStore::tracked(const std::string& app) const {
  const auto found = tracked_.find(app);
  return found == tracked_.end() ? nullptr : &found->second;
}

const LiveStore::Entry* LiveStore::at(const std::string& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void LiveStore::track(const std::string& app, const std::string& key) {
  if (!app.empty()) tracked_[app].insert(key);
}

void LiveStore::untrack(const std::string& app, const std::string& key) {
  const auto found = tracked_.find(app);
  if (found == tracked_.end()) return;
  found->second.erase(key);
  if (found->second.empty()) tracked_.erase(found);
}

}  // namespace driftwarden
