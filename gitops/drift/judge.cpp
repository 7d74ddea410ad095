// One object's verdict: what the comparator says, what the server plans, and what a fight makes of it.
#include "gitops/drift/cause.hpp"
#include "gitops/drift/state.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

using drift_index::AppEntry;
using drift_index::Judged;
using drift_index::Moved;
using nlohmann::json;

namespace drift_index {

std::string_view note_for(const Error& why) {
  if (why.kind == ErrorKind::NotFound) return "kind-not-served";
  return why.kind == ErrorKind::Denied ? "forbidden" : "not-watched";
}

}  // namespace drift_index

namespace {

void add_note(ObjectDrift& drift, std::string_view note) {
  if (!has_note(drift, note)) drift.notes.emplace_back(note);
}

/// Synced, and yet there is something to tell of it.
bool is_worth_keeping(const Judged& judged) {
  const auto& drift = judged.drift;
  return drift.verdict != Verdict::Synced || !drift.hits.empty() || drift.confirmation != Confirmation::NotNeeded || has_note(drift, "undeclared-field") ||
         has_note(drift, "render-unstable");
}

bool is_settled(Verdict verdict) { return verdict == Verdict::Synced || verdict == Verdict::OutOfSync; }

}  // namespace

CompareContext DriftIndex::State::context_of(const AppEntry& entry, const Cluster& cluster, WallTime now) const {
  CompareContext context;
  context.schemas = cluster.schemas.get();
  context.redactor = &redactor;
  context.managers = &options.managers;
  context.app = entry.app.name;
  if (entry.compiled) context.compiled = &*entry.compiled;
  context.now = now;
  context.disabled_rules = options.disabled_rules;
  context.marks = own_marks(entry, cluster);
  return context;
}

Judged DriftIndex::State::judge_desired(AppEntry& entry, Cluster& cluster, const DesiredItem& item, CompareContext& context, JsonPtr& live_body) {
  Judged judged;
  judged.drift.object = objects.ref(item.object, kinds.at(item.kind).version);
  auto* plan = entry.plans.find(item.object);
  const auto* kind = cluster.live.find_kind(item.kind);
  const auto* live = find_live(cluster, item.kind, item.object);
  const bool failed = kind != nullptr && kind->failed;
  if (failed || (live == nullptr && look_up(cluster, item.kind, item.object))) {
    if (plan != nullptr) entry.plans.relax(item.object, *plan);
    judged.drift.verdict = Verdict::Unknown;
    judged.drift.notes.emplace_back(failed ? drift_index::note_for(*kind->failed) : "not-read-yet");
    return judged;
  }
  if (live == nullptr) {
    if (plan != nullptr) entry.plans.relax(item.object, *plan);
    judged.drift.verdict = Verdict::Missing;
    return judged;
  }
  live_body = this->live_body(cluster, item.kind, item.object, *live);
  const auto desired = packer.unpack(item.body->packed);
  const auto* synced = entry.synced(item.object);
  const bool same_before = synced != nullptr && synced->body->digest == item.body->digest;
  const auto before = synced == nullptr || same_before ? json() : packer.unpack(synced->body->packed);
  const auto* last = same_before ? &desired : synced == nullptr ? nullptr : &before;
  context.unstable = nullptr;
  if (!entry.unstable.empty()) {
    const auto paths = entry.unstable.find(objects.id(item.object));
    if (paths != entry.unstable.end()) context.unstable = &paths->second;
  }
  auto object = judged.drift.object;
  judged.drift = compare(&desired, live_body.get(), last, nullptr, context);
  const auto refusal = confirm(entry, cluster, item, *live, {desired, *live_body, last}, context, judged.drift);
  judged.drift.object = std::move(object);
  if (!cluster.derived.empty() && is_settled(judged.drift.verdict) && !has_note(judged.drift, "compare-disabled") && cluster.derived.has(objects.id(item.object))) {
    add_note(judged.drift, "derived-edited");
    judged.drift.verdict = Verdict::OutOfSync;
  }
  if (judged.drift.verdict == Verdict::OutOfSync) judged.stuck = stuck_reason(judged.drift, live_body.get(), refusal ? &*refusal : nullptr);
  return judged;
}

std::optional<DryRun> DriftIndex::State::confirm(AppEntry& entry, Cluster& cluster, const DesiredItem& item, const LiveEntry& live, const Sides& sides,
                                                 const CompareContext& context, ObjectDrift& drift) {
  if (!cluster.confirms) {
    if (drift.confirmation == Confirmation::Wanted && !drift.fields.empty()) add_note(drift, "unconfirmed");
    return std::nullopt;
  }
  auto& plan = entry.plans.of(item.object, item.body->digest);
  const bool wanted = drift.confirmation == Confirmation::Wanted;
  const bool no_schema = drift.verdict == Verdict::Unknown && has_note(drift, "no-schema");
  const auto again = [&](const DryRun& dry_run) {
    entry.plans.relax(item.object, plan);
    drift = compare(&sides.desired, &sides.live, sides.last_synced, &dry_run, context);
    drift.confirmation = Confirmation::NotNeeded;
  };
  if (drift.confirmation == Confirmation::NotNeeded && !no_schema) {
    entry.plans.relax(item.object, plan);
    const bool known = plan.stands || !plan.planned.empty() || plan.asked_early;
    if (drift.verdict == Verdict::Synced && !known) ask(entry, cluster, item.object, plan, Urgency::Early, live.content);
    return std::nullopt;
  }
  if (!plan.planned.empty()) {
    again({200, packer.unpack_shared(plan.planned), {}});
    return std::nullopt;
  }
  if (plan.stands && wanted) {
    entry.plans.relax(item.object, plan);
    // The verdict is told at once; whether admission has changed since is asked quietly, once for what is live now.
    if (plan.asked_of != live.content) ask(entry, cluster, item.object, plan, Urgency::Doubt, live.content);
    drift.confirmation = Confirmation::NotNeeded;
    return std::nullopt;
  }
  if (plan.stands && no_schema) {
    again({200, std::make_shared<const json>(sides.desired), {}});
    return std::nullopt;
  }
  if (plan.refusal && plan.refusal->live == live.content) {
    DryRun refusal{plan.refusal->status, nullptr, plan.refusal->message};
    if (refusal.status == 0 || refusal.status == 403) {
      entry.plans.relax(item.object, plan);
      if (wanted) add_note(drift, "unconfirmed");
      drift.confirmation = Confirmation::NotNeeded;
      return std::nullopt;
    }
    again(refusal);
    // What only the server could have told is not known then: not Synced.
    if (!wanted && drift.verdict == Verdict::Synced) drift.verdict = Verdict::Unknown;
    return refusal;
  }
  if (wanted) {
    ask(entry, cluster, item.object, plan, Urgency::Urgent, live.content);
  } else if (!plan.asked_in_doubt) {
    ask(entry, cluster, item.object, plan, Urgency::Doubt, live.content);
  }
  return std::nullopt;
}

std::optional<ObjectDrift> DriftIndex::State::judge_tracked(const AppEntry& entry, const Cluster& cluster, ObjectKey object,
                                                            const CompareContext& context) const {
  // Another App of ours wants it: it has moved, nothing is left over.
  if (is_wanted(cluster, object)) return std::nullopt;
  for (const auto& name : tracked_as(entry, cluster)) {
    const auto* places = cluster.live.tracked(name);
    if (places == nullptr) continue;
    for (const auto& [kind, place] : *places) {
      if (place != object) continue;
      const auto body = cluster.live.body(*cluster.live.find(kind, object));
      auto drift = compare(nullptr, body.get(), nullptr, nullptr, context);
      drift.object = objects.ref(object, kinds.at(kind).version);
      if (drift.verdict == Verdict::Extra) return drift;
    }
  }
  return std::nullopt;
}

void DriftIndex::State::see_flips(AppEntry& entry, ObjectKey object, const std::vector<FieldDrift>& before, const std::vector<FieldDrift>& after,
                                  const json& live, WallTime now) {
  for (const auto& field : flips_between(before, after)) entry.fights.flip(object, field, manager_at(live, field.path, options.managers), now);
}

void DriftIndex::State::judge(AppEntry& entry, Cluster& cluster, ObjectKey object, Moved why, CompareContext& context) {
  const auto known = entry.judged.extract(object);
  const auto* item = entry.desired.find(object);
  if (item == nullptr) {
    if (auto drift = judge_tracked(entry, cluster, object, context)) entry.judged.emplace(object, Judged{*std::move(drift), {}});
    return;
  }
  JsonPtr live;
  auto judged = judge_desired(entry, cluster, *item, context, live);
  const bool was_settled = known.empty() || is_settled(known.mapped().drift.verdict);
  if (why == Moved::Live && live != nullptr && was_settled && is_settled(judged.drift.verdict)) {
    static const std::vector<FieldDrift> kNone;
    see_flips(entry, object, known.empty() ? kNone : known.mapped().drift.fields, judged.drift.fields, *live, context.now);
  }
  if (is_worth_keeping(judged)) entry.judged.emplace(object, std::move(judged));
}

void DriftIndex::State::judge_moved(AppEntry& entry, Cluster& cluster, WallTime now) {
  if (entry.next_expiry && now >= *entry.next_expiry) entry.all_dirty = true;
  if (!entry.all_dirty && entry.dirty.empty()) return;
  auto context = context_of(entry, cluster, now);
  auto dirty = std::exchange(entry.dirty, {});
  if (std::exchange(entry.all_dirty, false)) {
    entry.desired.each([&](const DesiredItem& item) { dirty[item.object] = Moved::Else; });
    for (const auto& [object, judged] : entry.judged) dirty[object] = Moved::Else;
    for (const auto& name : tracked_as(entry, cluster)) {
      const auto* places = cluster.live.tracked(name);
      if (places == nullptr) continue;
      for (const auto& [kind, object] : *places) dirty[object] = Moved::Else;
    }
    entry.next_expiry.reset();
    for (const auto& rule : entry.ignore) {
      if (rule.until && *rule.until > now && (!entry.next_expiry || *rule.until < *entry.next_expiry)) entry.next_expiry = rule.until;
    }
  }
  for (const auto& [object, why] : dirty) judge(entry, cluster, object, why, context);
}

}  // namespace driftwarden
