#include "gitops/drift/index.hpp"

#include "gitops/drift/cause.hpp"
#include "gitops/drift/live_store.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace driftwarden {
namespace {

struct KindState {
  bool listed = false;
  std::optional<Error> failed;
};

struct ClusterState {
  LiveStore live;
  std::map<WatchedKind, KindState> kinds;
  std::shared_ptr<const Schemas> schemas;
  bool reachable = true;
  std::string why;
  std::map<std::string, std::set<std::string>> wanted_by;  ///< object id -> Apps whose Desired holds it
  /// The same by id without the namespace, for kinds of which only the cluster knows that they have none.
  std::map<std::string, std::set<std::pair<std::string, std::string>>> wanted_bare;
};

struct AppEntry {
  App app;
  bool rendered = false;
  std::string failure;
  std::string revision;
  std::vector<Manifest> desired;
  std::map<std::string, const Manifest*> by_id;
  bool has_last_synced = false;
  std::map<std::string, Manifest> last_synced;
  std::map<std::string, ObjectDrift> verdicts;  ///< by id; Synced ones are left out
  std::set<std::string> dirty;
  bool all_dirty = true;
  std::optional<WallTime> next_expiry;  ///< when the first ignore rule runs out
};

WatchedKind kind_of(const ObjectRef& ref) { return {ref.group, ref.version, ref.kind}; }

std::string bare_id(ObjectRef ref) {
  ref.namespace_.clear();
  return object_id(ref);
}

std::string_view note_for(const Error& why) {
  if (why.kind == ErrorKind::NotFound) return "kind-not-served";
  return why.kind == ErrorKind::Denied ? "forbidden" : "not-watched";
}

}  // namespace

struct DriftIndex::State {
  const Redactor& redactor;
  std::map<std::string, AppEntry> apps;
  std::map<std::string, ClusterState> clusters;
  std::set<std::string> changed;

  ClusterState& cluster_of(const AppEntry& entry) { return clusters[entry.app.cluster]; }

  void touch_all(AppEntry& entry) {
    entry.all_dirty = true;
    changed.insert(entry.app.name);
  }

  void touch_cluster(const std::string& cluster, const auto& wanted) {
    for (auto& [name, entry] : apps) {
      if (entry.app.cluster == cluster && wanted(entry)) touch_all(entry);
    }
  }

  void touch(const std::string& cluster, const LiveStore::Touched& touched) {
    const auto id = object_id(touched.ref);
    const auto& state = clusters[cluster];
    for (const auto& name : touched.apps) touch_one(cluster, name, id);
    if (const auto found = state.wanted_by.find(id); found != state.wanted_by.end()) {
      for (const auto& name : found->second) touch_one(cluster, name, id);
    }
    if (!touched.ref.namespace_.empty()) return;
    if (const auto found = state.wanted_bare.find(id); found != state.wanted_bare.end()) {
      for (const auto& [name, wanted_id] : found->second) touch_one(cluster, name, wanted_id);
    }
  }

  void touch_one(const std::string& cluster, const std::string& app, const std::string& id) {
    const auto found = apps.find(app);
    if (found == apps.end() || found->second.app.cluster != cluster) return;
    found->second.dirty.insert(id);
    changed.insert(app);
  }

  void forget_desired(AppEntry& entry) {
    auto& cluster = cluster_of(entry);
    const auto take = [](auto& map, const std::string& key, const auto& value) {
      const auto found = map.find(key);
      if (found == map.end()) return;
      found->second.erase(value);
      if (found->second.empty()) map.erase(found);
    };
    for (const auto& [id, manifest] : entry.by_id) {
      take(cluster.wanted_by, id, entry.app.name);
      if (!manifest->ref.namespace_.empty()) take(cluster.wanted_bare, bare_id(manifest->ref), std::make_pair(entry.app.name, id));
    }
    entry.by_id.clear();
    entry.desired.clear();
  }

  void remember_desired(AppEntry& entry) {
    auto& cluster = cluster_of(entry);
    for (const auto& manifest : entry.desired) {
      auto id = object_id(manifest.ref);
      cluster.wanted_by[id].insert(entry.app.name);
      if (!manifest.ref.namespace_.empty()) cluster.wanted_bare[bare_id(manifest.ref)].emplace(entry.app.name, id);
      entry.by_id.emplace(std::move(id), &manifest);
    }
  }

  CompareContext context_of(const AppEntry& entry, const ClusterState& cluster, WallTime now) const {
    CompareContext context;
    context.schemas = cluster.schemas.get();
    context.redactor = &redactor;
    context.app = entry.app.name;
    context.ignore = entry.app.ignore;
    context.now = now;
    return context;
  }

  /// Nothing when the object is as it should be.
  std::optional<ObjectDrift> judge_desired(const AppEntry& entry, const ClusterState& cluster, const std::string& id, const Manifest& manifest,
                                           const CompareContext& context) const {
    const auto kind = cluster.kinds.find(kind_of(manifest.ref));
    if (kind != cluster.kinds.end() && kind->second.failed) {
      return ObjectDrift{manifest.ref, Verdict::Unknown, {}, {std::string(note_for(*kind->second.failed))}};
    }
    const auto* live = cluster.live.find(manifest.ref);
    const auto before = entry.last_synced.find(id);
    const auto body = live == nullptr ? nullptr : live->body();
    auto drift = compare(manifest.body.get(), body.get(), before == entry.last_synced.end() ? nullptr : before->second.body.get(), nullptr, context);
    drift.object = manifest.ref;
    if (drift.verdict == Verdict::Synced) return std::nullopt;
    return drift;
  }

  std::optional<ObjectDrift> judge_tracked(const AppEntry& entry, const ClusterState& cluster, const LiveStore::Entry& live,
                                           const CompareContext& context) const {
    const auto id = object_id(live.ref);
    // Another App of ours wants it: it has moved, nothing is left over.
    if (live.app != entry.app.name || cluster.wanted_by.contains(id) || (live.ref.namespace_.empty() && cluster.wanted_bare.contains(id))) return std::nullopt;
    auto drift = compare(nullptr, live.body().get(), nullptr, nullptr, context);
    drift.object = live.ref;
    if (drift.verdict != Verdict::Extra) return std::nullopt;
    return drift;
  }

  void judge(AppEntry& entry, ClusterState& cluster, const std::string& id, const CompareContext& context) {
    entry.verdicts.erase(id);
    std::optional<ObjectDrift> drift;
    if (const auto wanted = entry.by_id.find(id); wanted != entry.by_id.end()) {
      drift = judge_desired(entry, cluster, id, *wanted->second, context);
    } else if (const auto* keys = cluster.live.tracked(entry.app.name); keys != nullptr) {
      for (const auto& key : *keys) {
        const auto* live = cluster.live.at(key);
        if (live != nullptr && object_id(live->ref) == id) drift = judge_tracked(entry, cluster, *live, context);
      }
    }
    if (drift) entry.verdicts.insert_or_assign(id, *std::move(drift));
  }

  void judge_moved(AppEntry& entry, ClusterState& cluster, WallTime now) {
    if (entry.next_expiry && now >= *entry.next_expiry) entry.all_dirty = true;
    if (!entry.all_dirty && entry.dirty.empty()) return;
    const auto context = context_of(entry, cluster, now);
    if (entry.all_dirty) {
      entry.verdicts.clear();
      entry.dirty.clear();
      for (const auto& [id, manifest] : entry.by_id) entry.dirty.insert(id);
      if (const auto* keys = cluster.live.tracked(entry.app.name); keys != nullptr) {
        for (const auto& key : *keys) entry.dirty.insert(object_id(cluster.live.at(key)->ref));
      }
      set_next_expiry(entry, now);
    }
    for (const auto& id : entry.dirty) judge(entry, cluster, id, context);
    entry.dirty.clear();
    entry.all_dirty = false;
  }

  static void set_next_expiry(AppEntry& entry, WallTime now) {
    entry.next_expiry.reset();
    for (const auto& rule : entry.app.ignore) {
      if (rule.until && *rule.until > now && (!entry.next_expiry || *rule.until < *entry.next_expiry)) entry.next_expiry = rule.until;
    }
  }

  /// Why nothing can be said about the App as a whole, "" when something can.
  std::string obstacle(const AppEntry& entry, const ClusterState& cluster) const {
    if (!entry.failure.empty()) return entry.failure;
    if (!entry.rendered) return "not read from Git yet";
    if (!cluster.reachable) return fmt::format("cluster {} unreachable{}", entry.app.cluster, cluster.why.empty() ? "" : ": " + cluster.why);
    for (const auto& manifest : entry.desired) {
      const auto kind = cluster.kinds.find(kind_of(manifest.ref));
      if (kind == cluster.kinds.end() || (!kind->second.listed && !kind->second.failed)) {
        return fmt::format("waiting for cluster {} to list {}", entry.app.cluster, manifest.ref.kind);
      }
    }
    return {};
  }

  static std::string why_unknown(const ClusterState& cluster, const ObjectDrift& object) {
    const auto kind = cluster.kinds.find(kind_of(object.object));
    if (kind != cluster.kinds.end() && kind->second.failed) return fmt::format("{}: {}", to_string(object.object), kind->second.failed->message);
    return fmt::format("{} can't be judged: {}", to_string(object.object), object.notes.empty() ? "" : object.notes.front());
  }
};

DriftIndex::DriftIndex(const Redactor& redactor) : state_(new State{redactor, {}, {}, {}}) {}
DriftIndex::~DriftIndex() = default;

void DriftIndex::set_app(const App& app) {
  auto& entry = state_->apps[app.name];
  if (entry.app == app) return;
  auto desired = entry.desired;
  if (!entry.app.name.empty()) state_->forget_desired(entry);
  entry.app = app;
  entry.desired = std::move(desired);
  state_->remember_desired(entry);
  state_->touch_all(entry);
}

void DriftIndex::remove_app(const std::string& app) {
  const auto found = state_->apps.find(app);
  if (found == state_->apps.end()) return;
  state_->forget_desired(found->second);
  state_->apps.erase(found);
  state_->changed.erase(app);
}

void DriftIndex::set_desired(const std::string& app, std::string revision, std::vector<Manifest> manifests) {
  const auto found = state_->apps.find(app);
  if (found == state_->apps.end()) return;
  auto& entry = found->second;
  state_->forget_desired(entry);
  entry.desired = std::move(manifests);
  state_->remember_desired(entry);
  entry.revision = std::move(revision);
  entry.rendered = true;
  entry.failure.clear();
  state_->touch_all(entry);
}

void DriftIndex::set_desired_failed(const std::string& app, std::string reason) {
  const auto found = state_->apps.find(app);
  if (found == state_->apps.end() || (found->second.failure == reason && !reason.empty())) return;
  found->second.failure = reason.empty() ? "render failed" : std::move(reason);
  state_->changed.insert(app);
}

void DriftIndex::set_last_synced(const std::string& app, std::vector<Manifest> manifests) {
  const auto found = state_->apps.find(app);
  if (found == state_->apps.end()) return;
  auto& entry = found->second;
  entry.last_synced.clear();
  for (auto& manifest : manifests) {
    auto id = object_id(manifest.ref);
    entry.last_synced.insert_or_assign(std::move(id), std::move(manifest));
  }
  entry.has_last_synced = true;
  // It only tells causes apart, and what is Synced has none.
  if (!entry.verdicts.empty() || entry.all_dirty) state_->touch_all(entry);
}

void DriftIndex::set_schemas(const std::string& cluster, std::shared_ptr<const Schemas> schemas) {
  state_->clusters[cluster].schemas = std::move(schemas);
  state_->touch_cluster(cluster, [](const AppEntry&) { return true; });
}

void DriftIndex::on_object(const std::string& cluster, LiveObject object) {
  if (const auto touched = state_->clusters[cluster].live.put(std::move(object))) state_->touch(cluster, *touched);
}

void DriftIndex::on_deleted(const std::string& cluster, const ObjectRef& ref) {
  if (const auto touched = state_->clusters[cluster].live.erase(ref)) state_->touch(cluster, *touched);
}

void DriftIndex::on_relist(const std::string& cluster, const WatchedKind& kind) { state_->clusters[cluster].live.begin_list(kind); }

void DriftIndex::on_listed(const std::string& cluster, const WatchedKind& kind) {
  auto& state = state_->clusters[cluster];
  for (const auto& touched : state.live.end_list(kind)) state_->touch(cluster, touched);
  auto& known = state.kinds[kind];
  if (known.listed && !known.failed) return;
  known = {true, std::nullopt};
  state_->touch_cluster(cluster, [&](const AppEntry& entry) {
    return std::any_of(entry.desired.begin(), entry.desired.end(), [&](const Manifest& manifest) { return kind_of(manifest.ref) == kind; });
  });
}

void DriftIndex::on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) {
  state_->clusters[cluster].kinds[kind] = {false, why};
  state_->touch_cluster(cluster, [&](const AppEntry& entry) {
    return std::any_of(entry.desired.begin(), entry.desired.end(), [&](const Manifest& manifest) { return kind_of(manifest.ref) == kind; });
  });
}

void DriftIndex::on_reachable(const std::string& cluster, bool reachable, const std::string& why) {
  auto& state = state_->clusters[cluster];
  if (state.reachable == reachable && state.why == why) return;
  state.reachable = reachable;
  state.why = why;
  for (const auto& [name, entry] : state_->apps) {
    if (entry.app.cluster == cluster) state_->changed.insert(name);
  }
}

std::set<WatchedKind> DriftIndex::kinds_of(const std::string& cluster) const {
  std::set<WatchedKind> kinds;
  for (const auto& [name, entry] : state_->apps) {
    if (entry.app.cluster != cluster) continue;
    for (const auto& manifest : entry.desired) kinds.insert(kind_of(manifest.ref));
    // What Git dropped must stay in view, or its leftovers could never be called Extra.
    for (const auto& [id, manifest] : entry.last_synced) kinds.insert(kind_of(manifest.ref));
  }
  return kinds;
}

std::set<std::string> DriftIndex::take_changed() { return std::exchange(state_->changed, {}); }

DriftReport DriftIndex::report(const std::string& app, WallTime now) {
  DriftReport report;
  report.app = app;
  report.as_of = now;
  const auto found = state_->apps.find(app);
  if (found == state_->apps.end()) {
    report.reason = "no such App";
    return report;
  }
  auto& entry = found->second;
  auto& cluster = state_->cluster_of(entry);
  report.revision = entry.revision;
  report.objects_total = entry.desired.size();
  report.reason = state_->obstacle(entry, cluster);
  if (!report.reason.empty()) return report;
  state_->judge_moved(entry, cluster, now);
  bool drifted = false;
  for (const auto& [id, drift] : entry.verdicts) {
    report.objects.push_back(drift);
    report.objects_total += drift.verdict == Verdict::Extra ? 1 : 0;
    drifted |= drift.verdict != Verdict::Unknown;
    if (drift.verdict == Verdict::Unknown && report.reason.empty()) report.reason = State::why_unknown(cluster, drift);
  }
  if (report.objects.empty()) {
    report.state = AppState::Synced;
  } else if (drifted) {
    report.reason.clear();
    report.state = AppState::OutOfSync;
    report.cause = cause_of(report.objects, [&](const ObjectRef& ref) -> std::optional<bool> {
      if (!entry.has_last_synced) return std::nullopt;
      return entry.last_synced.contains(object_id(ref));
    });
  }
  return report;
}

const std::vector<Manifest>* DriftIndex::desired(const std::string& app) const {
  const auto found = state_->apps.find(app);
  return found == state_->apps.end() || !found->second.rendered ? nullptr : &found->second.desired;
}

JsonPtr DriftIndex::live(const std::string& cluster, const ObjectRef& ref) const {
  const auto found = state_->clusters.find(cluster);
  if (found == state_->clusters.end()) return nullptr;
  const auto* entry = found->second.live.find(ref);
  return entry == nullptr ? nullptr : entry->body();
}

}  // namespace driftwarden
