// What is fed about live objects: which of them are kept, looked at, or passed over.
#include "gitops/diff/deployers.hpp"
#include "gitops/drift/digest.hpp"
#include "gitops/drift/state.hpp"

#include <nlohmann/json.hpp>

#include <cstring>

namespace driftwarden {

using drift_index::Moved;

namespace {

bool is_secret(const ObjectRef& ref) { return ref.kind == "Secret" && ref.group.empty(); }

/// Many times as fast as string_view::find over a whole object.
bool contains(std::string_view text, std::string_view part) { return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr; }

bool may_name_a_maker(std::string_view text) { return contains(text, "SealedSecret") || contains(text, "ExternalSecret"); }

std::uint32_t lower_half(std::uint64_t digest) { return static_cast<std::uint32_t>(digest); }

}  // namespace

bool DriftIndex::State::is_wanted(const Cluster& cluster, ObjectKey object) const {
  if (object == kNoKey) return false;
  return cluster.wanted.contains(object) || (!objects.has_namespace(object) && cluster.wanted_bare.contains(object));
}

const LiveEntry* DriftIndex::State::find_live(const Cluster& cluster, KindKey kind, ObjectKey object) const {
  const auto* entry = cluster.live.find(kind, object);
  if (entry != nullptr || !objects.has_namespace(object)) return entry;
  const auto& watched = kinds.at(kind);
  if (!drift_index::may_lie_bare({watched.group, watched.kind})) return nullptr;
  auto bare = objects.ref(object, {});
  bare.namespace_.clear();
  const auto key = objects.find(bare);
  return key == kNoKey ? nullptr : cluster.live.find(kind, key);
}

JsonPtr DriftIndex::State::live_body(Cluster& cluster, KindKey kind, ObjectKey object, const LiveEntry& entry) {
  const auto found = cluster.fresh.find({kind, object});
  if (found == cluster.fresh.end()) return cluster.live.body(entry);
  auto body = std::move(found->second);
  cluster.fresh.erase(found);
  return body;
}

bool DriftIndex::State::is_foreign(const Cluster& cluster, KindKey kind, ObjectKey object) const {
  const auto* known = cluster.live.find_kind(kind);
  return known != nullptr && known->foreign.contains(identity_hash(objects.ref(object, {})));
}

bool DriftIndex::State::look_up(Cluster& cluster, KindKey kind, ObjectKey object) {
  const auto* known = cluster.live.find_kind(kind);
  if (known == nullptr || !known->listed) return false;
  auto place = object;
  const auto& watched = kinds.at(kind);
  if (!is_foreign(cluster, kind, place) && objects.has_namespace(object) && drift_index::may_lie_bare({watched.group, watched.kind})) {
    place = objects.intern_bare(object);
  }
  if (!is_foreign(cluster, kind, place)) return false;
  cluster.lookups.try_emplace({kind, place}, false);
  return true;
}

void DriftIndex::State::settle_lookup(Cluster& cluster, KindKey kind, ObjectKey object, const ObjectRef& ref) {
  cluster.live.kind(kind).foreign.erase(identity_hash(ref));
  if (object != kNoKey && cluster.lookups.erase({kind, object}) > 0) touch_users(cluster, object, {}, Moved::Else);
}

void DriftIndex::State::touch_parents(Cluster& cluster, const std::set<ObjectRef>& parents) {
  for (const auto& parent : parents) {
    if (const auto object = objects.find(parent); object != kNoKey) touch_users(cluster, object, {}, Moved::Else);
  }
}

void DriftIndex::State::drop(Cluster& cluster, KindKey kind, ObjectKey object) {
  const auto* entry = cluster.live.find(kind, object);
  if (entry == nullptr) return;
  const auto tracked = entry->app;
  cluster.fresh.erase({kind, object});
  cluster.live.erase(kind, object);
  touch_users(cluster, object, tracked, Moved::Live);
}

void DriftIndex::State::pass_over(Cluster& cluster, KindKey kind, ObjectKey object) {
  drop(cluster, kind, object);
  cluster.lookups.erase({kind, object});
  cluster.claims.erase({kind, object});
}

void DriftIndex::State::set_foreign(Cluster& cluster, KindKey kind_key, const LiveObject& object) {
  auto& kind = cluster.live.kind(kind_key);
  const auto content = object.content == 0 ? content_hash(*object.body) : object.content;
  kind.foreign[identity_hash(object.ref)] = {kind.generation, lower_half(content)};
  if (!cluster.orphan_apps.contains(object.ref.namespace_)) return;
  auto orphan = as_orphan(*object.body, object.ref);
  if (orphan) {
    cluster.orphans.put(*std::move(orphan));
  } else if (!cluster.orphans.erase(object.ref)) {
    return;
  }
  touch_orphans(cluster, object.ref.namespace_);
}

void DriftIndex::State::feed_secret(Cluster& cluster, const LiveObject& object) {
  touch_parents(cluster, cluster.derived.put(object.ref, derived_edit(*object.body, object.ref, options.managers)));
}

void DriftIndex::State::feed(Cluster& cluster, LiveObject object) {
  const auto kind_key = kinds.intern(object.ref);
  auto& kind = cluster.live.kind(kind_key);
  auto key = objects.find(object.ref);
  if (const auto* kept = key == kNoKey ? nullptr : cluster.live.find(kind_key, key); kept != nullptr) {
    if (is_older_version(resource_version_of(*object.body), kept->resource_version)) {
      kind.objects.find(key)->second.generation = kind.generation;
      return;
    }
  }
  if (is_secret(object.ref)) feed_secret(cluster, object);
  auto tracked = tracked_by(*object.body, object.ref);
  if (tracked.empty() || owner_of(cluster, tracked) == nullptr) {
    if (auto mark = deployer_mark(*object.body, object.ref, options.managers); !mark.empty()) tracked = std::move(mark);
  }
  const bool claimed = is_mark(tracked) && owner_of(cluster, tracked) == nullptr;
  if (!is_wanted(cluster, key) && (tracked.empty() || claimed)) {
    if (key != kNoKey) pass_over(cluster, kind_key, key);
    set_foreign(cluster, kind_key, object);
    if (claimed) cluster.claims.put({kind_key, objects.intern(object.ref)}, std::move(tracked));
    return;
  }
  if (key == kNoKey) key = objects.intern(object.ref);
  cluster.claims.erase({kind_key, key});
  settle_lookup(cluster, kind_key, key, object.ref);
  if (cluster.orphans.erase(object.ref)) touch_orphans(cluster, object.ref.namespace_);
  const auto* before = cluster.live.find(kind_key, key);
  const auto was_tracked = before == nullptr ? std::string() : before->app;
  const auto is_tracked = tracked;
  if (cluster.live.put(kind_key, key, *object.body, object.content, std::move(tracked)) != LiveStore::Put::Content) return;
  if (cluster.fresh.size() >= Cluster::kFresh) cluster.fresh.clear();
  cluster.fresh[{kind_key, key}] = object.body;
  touch_users(cluster, key, is_tracked, Moved::Live);
  if (was_tracked.empty() || was_tracked == is_tracked) return;
  if (auto* entry = owner_of(cluster, was_tracked); entry != nullptr) touch(*entry, key, Moved::Live);
}

bool DriftIndex::wants(const std::string& cluster_name, const LiveGlimpse& glimpse) {
  auto& state = *state_;
  const auto kind_key = state.kinds.find(glimpse.ref);
  if (kind_key == kNoKey) return true;
  auto& cluster = state.cluster(cluster_name);
  auto& kind = cluster.live.kind(kind_key);
  const bool derived = is_secret(glimpse.ref) && cluster.derived.seen(glimpse.ref);
  const auto key = state.objects.find(glimpse.ref);
  if (key != kNoKey) {
    if (const auto kept = kind.objects.find(key); kept != kind.objects.end()) {
      kept->second.generation = kind.generation;
      if (kept->second.content != glimpse.content) return true;
      LiveStore::put_status(kind, kept->second, glimpse.resource_version, glimpse.status);
      return false;
    }
    if (state.is_wanted(cluster, key)) return true;
  }
  const auto hash = identity_hash(glimpse.ref);
  if (const auto mark = kind.foreign.find(hash); mark != kind.foreign.end() && mark->second.content == lower_half(glimpse.content)) {
    mark->second.generation = kind.generation;
    return false;
  }
  if (derived || (is_secret(glimpse.ref) && may_name_a_maker(glimpse.text))) return true;
  if (cluster.orphan_apps.contains(glimpse.ref.namespace_) || contains(glimpse.text, kTrackingAnnotation) || may_have_mark(glimpse.text)) return true;
  kind.foreign[hash] = {kind.generation, lower_half(glimpse.content)};
  return false;
}

void DriftIndex::on_object(const std::string& cluster_name, LiveObject object) {
  if (object.body == nullptr || !object.body->is_object()) return;
  auto& cluster = state_->cluster(cluster_name);
  bool metadata_only = is_metadata_only(*object.body);
  if (!metadata_only && is_secret(object.ref) && !object.body->contains("type") && !object.body->contains("data")) {
    // Some watches give the objects their kind back.
    const auto* full = cluster.live.find_kind(state_->kinds.find(object.ref));
    const auto* part = cluster.live.find_kind(state_->kinds.intern(WatchedKind{"", object.ref.version, "Secret", true}));
    metadata_only = part != nullptr && part->active && (full == nullptr || !full->active);
  }
  if (metadata_only) {
    state_->feed_secret(cluster, object);
  } else {
    state_->feed(cluster, std::move(object));
  }
}

void DriftIndex::on_deleted(const std::string& cluster_name, const ObjectRef& ref) {
  auto& cluster = state_->cluster(cluster_name);
  const auto kind = state_->kinds.intern(ref);
  const auto key = state_->objects.find(ref);
  state_->settle_lookup(cluster, kind, key, ref);
  if (is_secret(ref)) state_->touch_parents(cluster, cluster.derived.put(ref, std::nullopt));
  if (cluster.orphans.erase(ref)) state_->touch_orphans(cluster, ref.namespace_);
  if (key == kNoKey) return;
  cluster.claims.erase({kind, key});
  state_->drop(cluster, kind, key);
}

JsonPtr DriftIndex::live(const std::string& cluster, const ObjectRef& ref) const {
  const auto found = state_->clusters.find(cluster);
  const auto kind = state_->kinds.find(ref);
  if (found == state_->clusters.end() || kind == kNoKey) return nullptr;
  auto key = state_->objects.find(ref);
  if (key == kNoKey) {
    auto bare = ref;
    bare.namespace_.clear();
    key = state_->objects.find(bare);
    if (key == kNoKey) return nullptr;
  }
  const auto* entry = state_->find_live(found->second, kind, key);
  return entry == nullptr ? nullptr : found->second.live.whole(*entry);
}

std::vector<ObjectRef> DriftIndex::take_lookups(const std::string& cluster_name) {
  std::vector<ObjectRef> refs;
  auto& cluster = state_->cluster(cluster_name);
  for (auto& [place, handed] : cluster.lookups) {
    if (!std::exchange(handed, true)) refs.push_back(state_->objects.ref(place.second, state_->kinds.at(place.first).version));
  }
  return refs;
}

bool DriftIndex::waits_for(const std::string& cluster, const ObjectRef& ref) const {
  const auto found = state_->clusters.find(cluster);
  return found != state_->clusters.end() && found->second.lookups.contains({state_->kinds.find(ref), state_->objects.find(ref)});
}

void DriftIndex::on_look_up_failed(const std::string& cluster_name, const ObjectRef& ref) {
  auto& cluster = state_->cluster(cluster_name);
  const auto object = state_->objects.find(ref);
  if (cluster.lookups.erase({state_->kinds.find(ref), object}) == 0) return;
  // Not to be judged again: that would ask again.
  const auto [begin, end] = cluster.wanted.equal_range(object);
  for (auto user = begin; user != end; ++user) state_->touch_app(*user->second);
}

}  // namespace driftwarden
