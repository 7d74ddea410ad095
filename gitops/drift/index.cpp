// What is fed about Apps and clusters, and who is to be looked at again because of it.
#include "gitops/drift/index.hpp"

#include "gitops/diff/deployers.hpp"
#include "gitops/drift/state.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

namespace drift_index {

const SyncedItem* AppEntry::synced(ObjectKey object) const {
  const auto at = std::lower_bound(last_synced.begin(), last_synced.end(), object, [](const SyncedItem& item, ObjectKey key) { return item.object < key; });
  return at == last_synced.end() || at->object != object ? nullptr : &*at;
}

}  // namespace drift_index

using drift_index::AppEntry;
using drift_index::Moved;

AppEntry* DriftIndex::State::find_app(const std::string& name) {
  const auto found = apps.find(name);
  return found == apps.end() ? nullptr : &found->second;
}

AppEntry* DriftIndex::State::owner_of(const Cluster& cluster, const std::string& tracked) {
  if (is_mark(tracked)) {
    const auto found = cluster.deployed.find(tracked);
    return found == cluster.deployed.end() || found->second.size() != 1 ? nullptr : *found->second.begin();
  }
  auto* entry = find_app(tracked);
  return entry != nullptr && &cluster_of(*entry) == &cluster ? entry : nullptr;
}

std::vector<std::string> DriftIndex::State::own_marks(const AppEntry& entry, const Cluster& cluster) const {
  auto marks = marks_of(entry.app.deployer);
  std::erase_if(marks, [&](const std::string& mark) {
    const auto found = cluster.deployed.find(mark);
    return found == cluster.deployed.end() || found->second.size() != 1;
  });
  return marks;
}

std::vector<std::string> DriftIndex::State::tracked_as(const AppEntry& entry, const Cluster& cluster) const {
  auto names = own_marks(entry, cluster);
  names.push_back(entry.app.name);
  return names;
}

void DriftIndex::State::look_up_claimed(Cluster& cluster, const std::string& mark) {
  const auto* places = owner_of(cluster, mark) == nullptr ? nullptr : cluster.claims.of(mark);
  if (places == nullptr) return;
  for (const auto& place : *places) {
    if (is_foreign(cluster, place.first, place.second)) cluster.lookups.try_emplace(place, false);
  }
}

void DriftIndex::State::add_marks(AppEntry& entry) {
  auto& cluster = cluster_of(entry);
  for (const auto& mark : marks_of(entry.app.deployer)) {
    auto& users = cluster.deployed[mark];
    users.insert(&entry);
    for (auto* user : users) touch_all(*user);
    look_up_claimed(cluster, mark);
  }
}

void DriftIndex::State::remove_marks(AppEntry& entry) {
  auto& cluster = cluster_of(entry);
  for (const auto& mark : marks_of(entry.app.deployer)) {
    const auto found = cluster.deployed.find(mark);
    if (found == cluster.deployed.end()) continue;
    found->second.erase(&entry);
    for (auto* user : found->second) touch_all(*user);
    if (found->second.empty()) cluster.deployed.erase(found);
    look_up_claimed(cluster, mark);
  }
}

drift_index::Cluster& DriftIndex::State::cluster(const std::string& name) {
  const auto found = clusters.find(name);
  if (found != clusters.end()) return found->second;
  return clusters.try_emplace(name, kinds, packer).first->second;
}

void DriftIndex::State::touch_all(AppEntry& entry) {
  entry.all_dirty = true;
  touch_app(entry);
}

void DriftIndex::State::touch(AppEntry& entry, ObjectKey object, Moved why) {
  const auto [at, added] = entry.dirty.try_emplace(object, why);
  if (!added && why == Moved::Else) at->second = why;
  touch_app(entry);
}

void DriftIndex::State::touch_users(Cluster& cluster, ObjectKey object, const std::string& tracked, Moved why) {
  const auto [begin, end] = cluster.wanted.equal_range(object);
  for (auto at = begin; at != end; ++at) touch(*at->second, object, why);
  if (!objects.has_namespace(object)) {
    const auto [bare, bare_end] = cluster.wanted_bare.equal_range(object);
    for (auto at = bare; at != bare_end; ++at) touch(*at->second.first, at->second.second, why);
  }
  if (tracked.empty()) return;
  if (auto* entry = owner_of(cluster, tracked); entry != nullptr) touch(*entry, object, why);
}

void DriftIndex::State::touch_kind(Cluster& cluster, KindKey kind) {
  const auto users = cluster.kind_users.find(kind);
  if (users == cluster.kind_users.end()) return;
  for (const auto& [entry, count] : users->second) {
    touch_app(*entry);
    if (entry->all_dirty) continue;
    entry->desired.each([&, user = entry](const DesiredItem& item) {
      if (item.kind == kind) touch(*user, item.object, Moved::Else);
    });
  }
}

void DriftIndex::State::touch_orphans(Cluster& cluster, const std::string& namespace_) {
  if (cluster.orphan_apps.empty()) return;
  const auto found = cluster.orphan_apps.find(namespace_);
  if (found == cluster.orphan_apps.end()) return;
  for (auto* entry : found->second) touch_app(*entry);
}

void DriftIndex::State::schedule(AppEntry& entry, std::optional<WallTime> when) {
  if (entry.due == when) return;
  if (entry.due) due.erase({*entry.due, entry.app.name});
  entry.due = when;
  if (when) due.emplace(*when, entry.app.name);
}

DriftIndex::DriftIndex(const Redactor& redactor, IndexOptions options) : state_(std::make_unique<State>(redactor, std::move(options))) {}
DriftIndex::~DriftIndex() = default;

void DriftIndex::set_app(const App& app) {
  auto& entry = state_->apps[app.name];
  if (entry.app == app) return;
  const bool added = entry.id == 0;
  const bool moves = added || entry.app.cluster != app.cluster || entry.app.orphans != app.orphans || entry.app.namespace_ != app.namespace_;
  const bool other_rules = entry.app.ignore != app.ignore;
  const bool other_deployer = entry.app.deployer != app.deployer;
  if (added) entry.id = state_->next_id++;
  if (moves && !added) state_->remove_all_users(entry);
  if ((moves || other_deployer) && !added) state_->remove_marks(entry);
  entry.app = app;
  if (moves || other_deployer) state_->add_marks(entry);
  if (other_rules) state_->set_ignore(entry);
  if (moves) {
    state_->add_all_users(entry);
    entry.plans.clear();
    entry.fights.clear();
  }
  if (moves || other_rules || other_deployer) state_->touch_all(entry);
  state_->touch_app(entry);
}

void DriftIndex::remove_app(const std::string& app) {
  auto* entry = state_->find_app(app);
  if (entry == nullptr) return;
  state_->remove_all_users(*entry);
  state_->remove_marks(*entry);
  state_->schedule(*entry, std::nullopt);
  state_->apps.erase(app);
  state_->changed.erase(app);
}

void DriftIndex::set_rules(const std::string& app, std::vector<IgnoreRule> rules, std::vector<std::string> warnings) {
  auto* entry = state_->find_app(app);
  if (entry == nullptr) return;
  if (entry->rule_warnings != warnings) {
    entry->rule_warnings = std::move(warnings);
    state_->touch_app(*entry);
  }
  if (entry->rules == rules) return;
  entry->rules = std::move(rules);
  state_->set_ignore(*entry);
  state_->touch_all(*entry);
}

void DriftIndex::set_schemas(const std::string& cluster, std::shared_ptr<const Schemas> schemas) {
  auto& state = state_->cluster(cluster);
  if (state.schemas == schemas) return;
  state.schemas = std::move(schemas);
  for (auto& [name, entry] : state_->apps) {
    if (entry.app.cluster != cluster) continue;
    entry.plans.clear();  // made with another body, and judged by another schema
    state_->touch_all(entry);
  }
}

void DriftIndex::on_relist(const std::string& cluster, const WatchedKind& kind) {
  auto& state = state_->cluster(cluster);
  state.live.begin_list(state_->kinds.intern(kind));
  if (kind.kind == "Secret" && kind.group.empty()) state.derived.begin_list();
}

void DriftIndex::on_listed(const std::string& cluster, const WatchedKind& kind) {
  auto& state = state_->cluster(cluster);
  const auto key = state_->kinds.intern(kind);
  for (const auto object : state.live.end_list(key)) state_->drop(state, key, object);
  auto& known = state.live.kind(key);
  std::erase_if(state.lookups, [&](const auto& lookup) {
    const auto [place_kind, object] = lookup.first;
    if (place_kind != key || state_->is_foreign(state, key, object)) return false;
    state_->touch_users(state, object, {}, Moved::Else);
    return true;
  });
  if (kind.kind == "Secret" && kind.group.empty()) state_->touch_parents(state, state.derived.end_list());
  const bool first = !known.listed || known.failed;
  known.listed = true;
  known.failed.reset();
  if (first) state_->touch_kind(state, key);
  const bool orphans_gone = state.orphans.sweep(kind, [&](const ObjectRef& ref) { return known.foreign.contains(identity_hash(ref)); });
  if (!first && !orphans_gone) return;
  for (const auto& [namespace_, users] : state.orphan_apps) state_->touch_orphans(state, namespace_);
}

void DriftIndex::on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) {
  auto& state = state_->cluster(cluster);
  const auto key = state_->kinds.intern(kind);
  auto& known = state.live.kind(key);
  known.listed = false;
  known.failed = why;
  // Nobody will answer those any more, and no report is to wait for them.
  std::erase_if(state.lookups, [&](const auto& lookup) { return lookup.first.first == key; });
  state_->touch_kind(state, key);
  for (const auto& [namespace_, users] : state.orphan_apps) state_->touch_orphans(state, namespace_);
}

void DriftIndex::on_unwatched(const std::string& cluster, const WatchedKind& kind) {
  auto& state = state_->cluster(cluster);
  const auto key = state_->kinds.intern(kind);
  auto& known = state.live.kind(key);
  known.listed = false;
  known.failed.reset();
  known.foreign.clear();
  std::erase_if(state.lookups, [&](const auto& lookup) { return lookup.first.first == key; });
  state_->touch_kind(state, key);
}

void DriftIndex::on_reachable(const std::string& cluster, bool reachable, const std::string& why) {
  auto& state = state_->cluster(cluster);
  if (state.reachable == reachable && state.why == why) return;
  state.reachable = reachable;
  state.why = why;
  if (reachable) state_->ask_again(cluster);
  for (const auto& [name, entry] : state_->apps) {
    if (entry.app.cluster == cluster) state_->changed.insert(name);
  }
}

std::set<WatchedKind> DriftIndex::kinds_of(const std::string& cluster) const {
  std::set<WatchedKind> kinds;
  const auto found = state_->clusters.find(cluster);
  if (found == state_->clusters.end()) return kinds;
  const auto& state = found->second;
  for (const auto& [kind, users] : state.kind_users) kinds.insert(state_->kinds.at(kind));
  // What Git dropped must stay in view, or its leftovers could never be called Extra.
  for (const auto& [kind, users] : state.synced_kinds) kinds.insert(state_->kinds.at(kind));
  if (!state.orphan_apps.empty()) kinds.insert(orphan_kinds().begin(), orphan_kinds().end());
  if (state.secret_makers > 0 && !kinds.contains({"", "v1", "Secret"})) kinds.insert({"", "v1", "Secret", true});
  return kinds;
}

std::set<std::string> DriftIndex::take_changed(std::optional<WallTime> now) {
  auto& state = *state_;
  if (now) state.latest = std::max(state.latest, *now);
  for (auto at = state.due.begin(); at != state.due.end() && at->first <= state.latest; ++at) state.changed.insert(at->second);
  return std::exchange(state.changed, {});
}

std::optional<WallTime> DriftIndex::next_due() const {
  if (state_->due.empty()) return std::nullopt;
  return state_->due.begin()->first;
}

}  // namespace driftwarden
