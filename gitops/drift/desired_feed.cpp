// What is fed about Desired, and what becomes wanted or unwanted by it.
#include "gitops/diff/deployers.hpp"
#include "gitops/diff/images.hpp"
#include "gitops/drift/digest.hpp"
#include "gitops/drift/state.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

using drift_index::AppEntry;
using drift_index::Moved;
using drift_index::SyncedItem;

namespace drift_index {

bool may_lie_bare(const GroupKind& kind) {
  const bool built_in = kind.group.find('.') == std::string::npos || kind.group.ends_with(".k8s.io");
  return !built_in || is_cluster_scoped(kind);
}

}  // namespace drift_index

namespace {

void forget_synced_kinds(drift_index::Cluster& cluster, const std::set<KindKey>& kinds) {
  for (const auto kind : kinds) {
    const auto found = cluster.synced_kinds.find(kind);
    if (found != cluster.synced_kinds.end() && --found->second == 0) cluster.synced_kinds.erase(found);
  }
}

/// The last synced Desired only tells causes apart, and what is Synced has none.
void touch_causes(AppEntry& entry, const auto& touch) {
  for (const auto& [object, judged] : entry.judged) {
    if (!judged.drift.fields.empty()) touch(object);
  }
}

}  // namespace

DesiredBodyPtr DriftIndex::State::body_of(AppEntry& entry, ObjectKey object, const Manifest& manifest) {
  const auto digest = value_digest(*manifest.body);
  if (const auto* item = entry.desired.find(object); item != nullptr && item->body->digest == digest) return item->body;
  if (const auto* item = entry.synced(object); item != nullptr && item->body->digest == digest) return item->body;
  auto body = std::make_shared<DesiredBody>();
  body->digest = digest;
  body->packed = packer.pack(*manifest.body, fmt::format("desired {}/{}", manifest.ref.group, manifest.ref.kind));
  return body;
}

void DriftIndex::State::add_user(AppEntry& entry, const DesiredItem& item) {
  auto& cluster = cluster_of(entry);
  const auto& kind = kinds.at(item.kind);
  const GroupKind group_kind{kind.group, kind.kind};
  cluster.wanted.emplace(item.object, &entry);
  if (objects.has_namespace(item.object) && drift_index::may_lie_bare(group_kind)) {
    cluster.wanted_bare.emplace(objects.intern_bare(item.object), std::make_pair(&entry, item.object));
  }
  ++cluster.kind_users[item.kind][&entry];
  cluster.secret_makers += makes_secrets(group_kind) ? 1 : 0;
  const auto* live = find_live(cluster, item.kind, item.object);
  if (live == nullptr) {
    look_up(cluster, item.kind, item.object);
  } else if (!live->app.empty()) {
    // It has moved from one App to another: no longer left over.
    if (auto* other = owner_of(cluster, live->app); other != nullptr && other != &entry) touch(*other, item.object, Moved::Else);
  }
  if (!cluster.orphan_apps.empty()) touch_orphans(cluster, objects.ref(item.object, {}).namespace_);
}

void DriftIndex::State::remove_user(AppEntry& entry, const DesiredItem& item) {
  auto& cluster = cluster_of(entry);
  const auto& kind = kinds.at(item.kind);
  const GroupKind group_kind{kind.group, kind.kind};
  const auto take = [](auto& map, ObjectKey key, const auto& value) {
    const auto [begin, end] = map.equal_range(key);
    const auto found = std::find_if(begin, end, [&](const auto& user) { return user.second == value; });
    if (found != end) map.erase(found);
  };
  take(cluster.wanted, item.object, &entry);
  const bool bare = objects.has_namespace(item.object) && drift_index::may_lie_bare(group_kind);
  if (bare) take(cluster.wanted_bare, objects.intern_bare(item.object), std::make_pair(&entry, item.object));
  if (auto users = cluster.kind_users.find(item.kind); users != cluster.kind_users.end()) {
    if (--users->second[&entry] == 0) users->second.erase(&entry);
    if (users->second.empty()) cluster.kind_users.erase(users);
  }
  cluster.secret_makers -= makes_secrets(group_kind) ? 1 : 0;
  if (const auto* live = find_live(cluster, item.kind, item.object); live != nullptr && !live->app.empty()) {
    if (auto* other = owner_of(cluster, live->app); other != nullptr) touch(*other, item.object, Moved::Else);
  }
  if (!cluster.orphan_apps.empty()) touch_orphans(cluster, objects.ref(item.object, {}).namespace_);
  release(cluster, item.kind, item.object);
  if (bare) release(cluster, item.kind, objects.intern_bare(item.object));
}

void DriftIndex::State::add_all_users(AppEntry& entry) {
  auto& cluster = cluster_of(entry);
  for (const auto kind : entry.synced_kinds) ++cluster.synced_kinds[kind];
  if (entry.app.orphans) {
    cluster.orphan_apps[entry.app.namespace_].insert(&entry);
    // Looked at and passed over before anybody asked: the next list shows them again.
    for (const auto& [key, kind] : cluster.live.kinds()) {
      for (auto& [hash, mark] : kind->foreign) mark.content = 0;
    }
  }
  entry.desired.each([&](const DesiredItem& item) { add_user(entry, item); });
}

void DriftIndex::State::remove_all_users(AppEntry& entry) {
  auto& cluster = cluster_of(entry);
  forget_synced_kinds(cluster, entry.synced_kinds);
  if (const auto found = cluster.orphan_apps.find(entry.app.namespace_); found != cluster.orphan_apps.end()) {
    found->second.erase(&entry);
    if (found->second.empty()) cluster.orphan_apps.erase(found);
    std::set<std::string> namespaces;
    for (const auto& [namespace_, users] : cluster.orphan_apps) namespaces.insert(namespace_);
    cluster.orphans.keep_only(namespaces);
  }
  entry.desired.each([&](const DesiredItem& item) { remove_user(entry, item); });
}

void DriftIndex::State::release(Cluster& cluster, KindKey, ObjectKey object) {
  if (is_wanted(cluster, object)) return;
  // Two Apps may have spoken of it in different versions.
  for (const auto& [key, kind] : cluster.live.kinds()) {
    cluster.lookups.erase({key, object});
    const auto found = kind->objects.find(object);
    if (found == kind->objects.end()) continue;
    const auto& tracked = found->second.app;
    if (!tracked.empty() && (!is_mark(tracked) || owner_of(cluster, tracked) != nullptr)) continue;
    if (!tracked.empty()) cluster.claims.put({key, object}, tracked);
    const auto ref = objects.ref(object, kinds.at(key).version);
    kind->foreign[identity_hash(ref)] = {found->second.generation, static_cast<std::uint32_t>(found->second.content)};
    if (cluster.orphan_apps.contains(ref.namespace_)) {
      if (auto orphan = as_orphan(packer.unpack(found->second.body), ref)) cluster.orphans.put(*std::move(orphan));
    }
    cluster.fresh.erase({key, object});
    cluster.live.erase(key, object);
  }
}

void DriftIndex::State::replace_last_synced(AppEntry& entry, std::vector<SyncedItem> items) {
  auto& cluster = cluster_of(entry);
  forget_synced_kinds(cluster, entry.synced_kinds);
  entry.last_synced = std::move(items);
  entry.has_last_synced = true;
  entry.synced_kinds.clear();
  for (const auto& item : entry.last_synced) entry.synced_kinds.insert(item.kind);
  for (const auto kind : entry.synced_kinds) ++cluster.synced_kinds[kind];
  touch_causes(entry, [&](ObjectKey object) { touch(entry, object, Moved::Else); });
}

void DriftIndex::State::set_ignore(AppEntry& entry) {
  // Who asks for peace gets it at once.
  entry.fights.clear();
  entry.ignore = entry.app.ignore;
  entry.ignore.insert(entry.ignore.end(), entry.rules.begin(), entry.rules.end());
  entry.compiled.emplace(entry.ignore);
}

void DriftIndex::State::replace_desired(AppEntry& entry, DesiredStore next, UnstablePaths unstable) {
  std::swap(entry.desired, next);
  std::swap(entry.unstable, unstable);
  const auto& before = next;
  const auto paths_of = [&](const UnstablePaths& paths, ObjectKey object) {
    if (paths.empty()) return std::vector<std::string>();
    const auto found = paths.find(objects.id(object));
    return found == paths.end() ? std::vector<std::string>() : found->second;
  };
  before.each([&](const DesiredItem& item) {
    const auto* now = entry.desired.find(item.object);
    if (now == nullptr || now->kind != item.kind) remove_user(entry, item);
    if (now != nullptr) return;
    entry.judged.erase(item.object);
    entry.plans.forget(item.object);
    entry.fights.forget(item.object);
    touch(entry, item.object, Moved::Else);
  });
  entry.desired.each([&](const DesiredItem& item) {
    const auto* then = before.find(item.object);
    if (then == nullptr || then->kind != item.kind) add_user(entry, item);
    const bool same = then != nullptr && then->kind == item.kind && then->body->digest == item.body->digest;
    if (same && paths_of(unstable, item.object) == paths_of(entry.unstable, item.object)) return;
    if (!same) entry.fights.forget(item.object);
    touch(entry, item.object, Moved::Else);
  });
}

Manifest DriftIndex::State::unpack(const AppEntry& entry, const DesiredItem& item) const {
  return {objects.ref(item.object, kinds.at(item.kind).version), packer.unpack_shared(item.body->packed), entry.desired.file(item), item.line};
}

void DriftIndex::set_desired(const std::string& app, std::string revision, std::vector<Manifest> manifests, UnstablePaths unstable) {
  auto* entry = state_->find_app(app);
  if (entry == nullptr) return;
  DesiredStore next;
  std::map<ObjectKey, std::vector<std::string>> floating;
  for (auto& manifest : manifests) {
    if (manifest.body == nullptr) continue;
    DesiredItem item;
    item.object = state_->objects.intern(manifest.ref);
    item.kind = state_->kinds.intern(manifest.ref);
    item.line = manifest.line;
    const auto* then = entry->desired.find(item.object);
    item.body = state_->body_of(*entry, item.object, manifest);
    const auto known = entry->floating.find(item.object);
    if (then != nullptr && then->body == item.body) {
      if (known != entry->floating.end()) floating.insert(*known);
    } else {
      auto images = images_of(*manifest.body);
      std::erase_if(images, [](const std::string& image) { return !is_floating(image); });
      if (!images.empty()) floating.insert_or_assign(item.object, std::move(images));
    }
    next.add(std::move(item), manifest.file);
    manifest.body.reset();
  }
  next.close();
  entry->floating = std::move(floating);
  state_->replace_desired(*entry, std::move(next), std::move(unstable));
  entry->revision = std::move(revision);
  entry->rendered = true;
  entry->failure.clear();
  state_->touch_app(*entry);
}

void DriftIndex::set_desired_failed(const std::string& app, std::string reason) {
  auto* entry = state_->find_app(app);
  if (entry == nullptr || (entry->failure == reason && !reason.empty())) return;
  entry->failure = reason.empty() ? "render failed" : std::move(reason);
  state_->touch_app(*entry);
}

void DriftIndex::set_last_synced(const std::string& app, std::vector<Manifest> manifests) {
  auto* entry = state_->find_app(app);
  if (entry == nullptr) return;
  std::vector<SyncedItem> items;
  for (auto& manifest : manifests) {
    if (manifest.body == nullptr) continue;
    SyncedItem item{state_->objects.intern(manifest.ref), state_->kinds.intern(manifest.ref), nullptr};
    item.body = state_->body_of(*entry, item.object, manifest);
    items.push_back(std::move(item));
    manifest.body.reset();
  }
  const auto by_object = [](const SyncedItem& a, const SyncedItem& b) { return a.object < b.object; };
  std::stable_sort(items.begin(), items.end(), by_object);
  items.shrink_to_fit();
  state_->replace_last_synced(*entry, std::move(items));
  if (entry->all_dirty || !entry->judged.empty()) state_->touch_app(*entry);
}

void DriftIndex::mark_synced(const std::string& app) {
  auto* entry = state_->find_app(app);
  if (entry == nullptr || !entry->rendered) return;
  std::vector<SyncedItem> items;
  entry->desired.each([&](const DesiredItem& item) { items.push_back({item.object, item.kind, item.body}); });
  state_->replace_last_synced(*entry, std::move(items));
  if (!entry->judged.empty()) state_->touch_app(*entry);
}

std::optional<std::vector<Manifest>> DriftIndex::desired(const std::string& app) const {
  const auto* entry = state_->find_app(app);
  if (entry == nullptr || !entry->rendered) return std::nullopt;
  std::vector<Manifest> manifests;
  for (const auto& item : entry->desired.items()) manifests.push_back(state_->unpack(*entry, item));
  return manifests;
}

std::optional<Manifest> DriftIndex::desired(const std::string& app, const ObjectRef& ref) const {
  const auto* entry = state_->find_app(app);
  if (entry == nullptr) return std::nullopt;
  const auto* item = entry->desired.find(state_->objects.find(ref));
  if (item == nullptr) return std::nullopt;
  return state_->unpack(*entry, *item);
}

std::vector<ObjectRef> DriftIndex::objects(const std::string& app) const {
  std::vector<ObjectRef> refs;
  const auto* entry = state_->find_app(app);
  if (entry == nullptr) return refs;
  for (const auto& item : entry->desired.items()) refs.push_back(state_->objects.ref(item.object, state_->kinds.at(item.kind).version));
  return refs;
}

}  // namespace driftwarden
