// One App's report from its objects' verdicts.
#include "gitops/drift/cause.hpp"
#include "gitops/drift/rule_uses.hpp"
#include "gitops/drift/state.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

using drift_index::AppEntry;
using drift_index::Judged;

namespace {

/// By the object's id, so that a report doesn't depend on the order of events.
std::vector<const Judged*> in_order(const AppEntry& entry) {
  std::vector<std::pair<std::string, const Judged*>> named;
  for (const auto& [object, judged] : entry.judged) named.emplace_back(object_id(judged.drift.object), &judged);
  std::sort(named.begin(), named.end());
  std::vector<const Judged*> all;
  for (const auto& [id, judged] : named) all.push_back(judged);
  return all;
}

std::optional<WallTime> earlier(std::optional<WallTime> a, std::optional<WallTime> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

std::string DriftIndex::State::obstacle(const AppEntry& entry, const Cluster& cluster) const {
  if (!entry.failure.empty()) return entry.failure;
  if (!entry.rendered && !entry.app.orphans) return "not read from Git yet";
  if (!cluster.reachable) return fmt::format("cluster {} unreachable{}", entry.app.cluster, cluster.why.empty() ? "" : ": " + cluster.why);
  const auto is_open = [&](KindKey key) {
    const auto* kind = key == kNoKey ? nullptr : cluster.live.find_kind(key);
    return kind == nullptr || (!kind->listed && !kind->failed);
  };
  const auto waiting = [&](const std::string& kind) { return fmt::format("waiting for cluster {} to list {}", entry.app.cluster, kind); };
  for (const auto& [key, count] : entry.desired.kinds()) {
    if (is_open(key)) return waiting(kinds.at(key).kind);
  }
  if (!entry.app.orphans) return {};
  for (const auto& kind : orphan_kinds()) {
    if (is_open(kinds.find({kind.group, kind.version, kind.kind, {}, {}}))) return waiting(kind.kind);
  }
  return {};
}

std::string DriftIndex::State::why_unknown(const AppEntry& entry, const Cluster& cluster, const ObjectDrift& object) const {
  const auto* item = entry.desired.find(objects.find(object.object));
  const auto* kind = item == nullptr ? nullptr : cluster.live.find_kind(item->kind);
  if (kind != nullptr && kind->failed) return fmt::format("{}: {}", to_string(object.object), kind->failed->message);
  return fmt::format("{} can't be judged: {}", to_string(object.object), object.notes.empty() ? "" : object.notes.front());
}

void DriftIndex::State::add_fights(const AppEntry& entry, WallTime now, DriftReport& report) const {
  for (const auto& fight : entry.fights.fights(now)) {
    const auto* item = entry.desired.find(fight.object);
    if (item == nullptr) continue;
    auto ref = objects.ref(fight.object, kinds.at(item->kind).version);
    report.fights.push_back({ref, fight.field.path, fight.managers, fight.flips, fight.last});
    auto shown = std::find_if(report.objects.begin(), report.objects.end(), [&](const ObjectDrift& drift) { return same_object(drift.object, ref); });
    if (shown == report.objects.end()) {
      const auto id = object_id(ref);
      const auto before = std::find_if(report.objects.begin(), report.objects.end(), [&](const ObjectDrift& drift) { return object_id(drift.object) > id; });
      shown = report.objects.insert(before, ObjectDrift{std::move(ref), Verdict::OutOfSync, {}, {}});
    }
    if (shown->verdict != Verdict::OutOfSync) continue;
    const bool listed = std::any_of(shown->fields.begin(), shown->fields.end(), [&](const FieldDrift& field) { return field.path == fight.field.path; });
    if (!listed) shown->fields.push_back(fight.field);
  }
  std::sort(report.fights.begin(), report.fights.end(), [](const Fight& a, const Fight& b) {
    return std::make_pair(object_id(a.object), a.path) < std::make_pair(object_id(b.object), b.path);
  });
}

void DriftIndex::State::add_rest(const AppEntry& entry, DriftReport& report) const {
  report.warnings = entry.rule_warnings;
  for (const auto& [object, images] : entry.floating) {
    const auto* item = entry.desired.find(object);
    if (item == nullptr) continue;
    for (const auto& image : images) report.floating.push_back({objects.ref(object, kinds.at(item->kind).version), image});
  }
  std::sort(report.floating.begin(), report.floating.end(), [](const FloatingImage& a, const FloatingImage& b) {
    return std::make_pair(object_id(a.object), a.image) < std::make_pair(object_id(b.object), b.image);
  });
}

void DriftIndex::State::fill_report(AppEntry& entry, Cluster& cluster, WallTime now, DriftReport& report) {
  judge_moved(entry, cluster, now);
  entry.fights.expire(now);
  RuleCount rules(entry.ignore);
  std::string stuck;
  bool drifted = false;
  bool unstable = false;
  for (const auto* judged : in_order(entry)) {
    const auto& drift = judged->drift;
    rules.add(drift.object, drift.hits);
    unstable |= has_note(drift, "render-unstable");
    if (has_note(drift, "undeclared-field")) report.warnings.push_back(fmt::format("{}: Git sets a field that the cluster's schema lacks", to_string(drift.object)));
    if (drift.verdict == Verdict::Synced) continue;
    report.objects.push_back(drift);
    report.objects_total += drift.verdict == Verdict::Extra ? 1 : 0;
    drifted |= drift.verdict != Verdict::Unknown;
    if (stuck.empty()) stuck = judged->stuck;
    if (drift.verdict == Verdict::Unknown && report.reason.empty()) report.reason = why_unknown(entry, cluster, drift);
  }
  report.rules = rules.uses();
  add_fights(entry, now, report);
  if (!drifted && report.fights.empty()) {
    if (!report.objects.empty()) return;
    report.state = AppState::Synced;
    report.cause = unstable ? Cause::RenderUnstable : Cause::None;
    return;
  }
  report.state = AppState::OutOfSync;
  report.reason = stuck;
  if (!report.fights.empty()) {
    report.cause = Cause::Fight;
  } else if (!stuck.empty()) {
    report.cause = Cause::Stuck;
  } else {
    const auto was_synced = [&](const ObjectRef& ref) -> std::optional<bool> {
      if (!entry.has_last_synced) return std::nullopt;
      return entry.synced(objects.find(ref)) != nullptr;
    };
    report.cause = cause_of(report.objects, was_synced, options.managers);
  }
}

void DriftIndex::State::fill_orphans(AppEntry& entry, Cluster& cluster, WallTime now, DriftReport& report) {
  RuleCount rules(entry.ignore);
  std::optional<WallTime> expiry;
  for (const auto& rule : entry.ignore) {
    if (rule.until && *rule.until > now) expiry = earlier(expiry, rule.until);
  }
  entry.next_expiry = expiry;
  for (const auto* orphan : cluster.orphans.in(entry.app.namespace_)) {
    if (is_wanted(cluster, objects.find(orphan->ref))) continue;
    std::vector<RuleHit> hits;
    for (std::size_t number = 0; number < entry.ignore.size(); ++number) {
      const auto& rule = entry.ignore[number];
      if (hides_object(rule, orphan->ref)) hits.push_back({number, 1, rule.until && now >= *rule.until});
    }
    rules.add(orphan->ref, hits);
    const bool hidden = std::any_of(hits.begin(), hits.end(), [](const RuleHit& hit) { return !hit.expired; });
    if (!hidden) report.objects.push_back(to_drift(*orphan));
  }
  for (const auto& kind : orphan_kinds()) {
    const auto* known = cluster.live.find_kind(kinds.find({kind.group, kind.version, kind.kind, {}, {}}));
    if (known != nullptr && known->failed) report.warnings.push_back(fmt::format("orphans of kind {} can't be seen: {}", kind.kind, known->failed->message));
  }
  report.rules = rules.uses();
  report.objects_total = report.objects.size();
  report.state = report.objects.empty() ? AppState::Synced : AppState::OutOfSync;
  report.cause = report.objects.empty() ? Cause::None : Cause::Extra;
}

DriftReport DriftIndex::report(const std::string& app, WallTime now) {
  auto& state = *state_;
  state.latest = std::max(state.latest, now);
  DriftReport report;
  report.app = app;
  report.as_of = now;
  auto* entry = state.find_app(app);
  if (entry == nullptr) {
    report.reason = "no such App";
    return report;
  }
  auto& cluster = state.cluster_of(*entry);
  report.revision = entry->revision;
  report.objects_total = entry->desired.items().size();
  state.add_rest(*entry, report);
  report.reason = state.obstacle(*entry, cluster);
  if (!report.reason.empty()) {
    // Nothing can be said until somebody feeds something.
    if (entry->due && *entry->due <= now) state.schedule(*entry, std::nullopt);
    return report;
  }
  if (entry->app.orphans) {
    state.fill_orphans(*entry, cluster, now, report);
  } else {
    state.fill_report(*entry, cluster, now, report);
  }
  state.schedule(*entry, earlier(entry->next_expiry, entry->fights.next_end()));
  return report;
}

}  // namespace driftwarden
