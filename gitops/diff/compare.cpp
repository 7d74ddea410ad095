#include "gitops/diff/compare.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/confirm.hpp"
#include "gitops/diff/findings.hpp"
#include "gitops/diff/prepare.hpp"
#include "gitops/diff/rules.hpp"
#include "gitops/diff/shown.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

std::string_view text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>()) : std::string_view();
}

bool is_secret(const json& object) { return text_at(object, "kind") == "Secret" && text_at(object, "apiVersion") == "v1"; }

/// Holds the folded copies that a Pair points to.
struct Prepared {
  Pair pair;
  json desired;
  json live;
  json last_synced;

  Prepared(const json& d, const json& l, const json* s, const CompareContext& context) {
    pair.desired = &d;
    pair.live = &l;
    pair.last_synced = s;
    if (is_secret(d)) {
      fold(pair.desired, desired);
      fold(pair.live, live);
      fold(pair.last_synced, last_synced);
    }
    const auto api_version = text_at(d, "apiVersion");
    const auto slash = api_version.find('/');
    pair.group = slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
    pair.kind = text_at(d, "kind");
    const auto& schemas = context.schemas == nullptr ? built_in_schemas() : *context.schemas;
    pair.schema = schemas.find(std::string(api_version), std::string(pair.kind));
    pair.disabled_rules = &context.disabled_rules;
    pair.entries = managed_entries(l);
    for (const auto& entry : pair.entries) {
      const bool ours = entry.manager_class == ManagerClass::Applier;
      pair.has_applier |= ours;
      pair.has_apply_entry |= ours && entry.apply;
    }
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

 private:
  static void fold(const json*& object, json& place) {
    if (object == nullptr || !object->is_object()) return;
    if (auto folded = with_string_data_folded(*object)) {
      place = *std::move(folded);
      object = &place;
    }
  }
};

Findings find(const Pair& pair) {
  Findings findings;
  walk_desired(pair, findings);
  walk_owners(pair, findings);
  if (!findings.fields.empty()) apply_built_in_rules(pair, findings);
  if (is_encrypted(*pair.desired)) findings.notes.insert("encrypted");
  return findings;
}

/// Tools that make objects without being our appliers: what they wrote says nothing about who is right.
bool is_creator(std::string_view manager) {
  static constexpr std::array<std::string_view, 4> kCreators{"kubectl-create", "kubectl-client-side-apply", "kubectl-run", "kubectl-expose"};
  return std::find(kCreators.begin(), kCreators.end(), manager) != kCreators.end();
}

FieldCause by_last_synced(const Pair& pair, const Finding& finding) {
  if (pair.last_synced == nullptr || !pair.last_synced->is_object()) return FieldCause::Unknown;
  const auto* then = find_at(*pair.last_synced, finding.path);
  if (then == nullptr) return finding.desired == nullptr ? FieldCause::Live : FieldCause::Git;
  if (finding.op == FieldOp::Removed) return FieldCause::Live;
  return finding.desired != nullptr && *then == *finding.desired ? FieldCause::Live : FieldCause::Git;
}

FieldCause cause_of(const Pair& pair, const Finding& finding) {
  if (finding.op == FieldOp::Stale) return FieldCause::Git;
  if (finding.op == FieldOp::Removed || finding.op == FieldOp::Order) return by_last_synced(pair, finding);
  const auto* other = finding.owners.foremost();
  if (finding.owners.applier && finding.op == FieldOp::Changed) return FieldCause::Git;
  if (other == nullptr) return by_last_synced(pair, finding);
  if (!pair.has_applier && is_creator(other->manager)) return by_last_synced(pair, finding);
  return FieldCause::Live;
}

FieldDrift to_field(const Pair& pair, const Finding& finding, const Redactor& redactor) {
  FieldDrift field;
  field.path = to_string(finding.path);
  field.op = finding.op;
  field.cause = cause_of(pair, finding);
  field.desired = shown(finding.desired, finding.path, pair.group.empty() ? pair.kind : std::string_view(), redactor);
  field.live = shown(finding.live, finding.path, pair.group.empty() ? pair.kind : std::string_view(), redactor);
  const auto* other = finding.owners.foremost();
  const bool nameable = finding.op == FieldOp::Added || (finding.op == FieldOp::Changed && !finding.owners.applier);
  if (other == nullptr || !nameable) return field;
  field.by = std::string(other->manager);
  if (const auto time = parse_time(other->time()); time && !other->time().empty()) field.time = *time;
  return field;
}

ObjectDrift unknown(ObjectDrift drift, std::string note) {
  drift.verdict = Verdict::Unknown;
  drift.notes.push_back(std::move(note));
  return drift;
}

/// Git lacks it: ours when its annotation names this very object and an App of ours.
Verdict verdict_without_desired(const json& live, const ObjectRef& ref, const std::string& app) {
  const auto tracking = annotation(live, kTrackingAnnotation);
  const auto colon = tracking.find(':');
  if (colon == std::string_view::npos || has_controller_owner(live)) return Verdict::Untracked;
  if (tracking.substr(colon + 1) != object_id(ref)) return Verdict::Untracked;
  return app.empty() || tracking.substr(0, colon) == app ? Verdict::Extra : Verdict::Untracked;
}

bool is_terminating(const json& live) {
  const auto metadata = live.find("metadata");
  return metadata != live.end() && metadata->is_object() && metadata->contains("deletionTimestamp");
}

/// The answer of an API server that doesn't know the kind at all; a missing namespace reads otherwise.
bool says_not_served(const DryRun* dry_run) {
  return dry_run != nullptr && dry_run->status == 404 && dry_run->message.find("could not find the requested resource") != std::string::npos;
}

bool other_version(const json& desired, const json& live) {
  const auto theirs = text_at(live, "apiVersion");
  return !theirs.empty() && theirs != text_at(desired, "apiVersion");
}

}  // namespace

std::string tracking_id(const std::string& app, const ObjectRef& ref) { return app + ":" + object_id(ref); }

ObjectDrift compare(const json* desired, const json* live, const json* last_synced, const DryRun* dry_run, const CompareContext& context) {
  ObjectDrift drift;
  if (desired != nullptr && !desired->is_object()) desired = nullptr;
  if (live != nullptr && !live->is_object()) live = nullptr;
  if (desired == nullptr && live == nullptr) return unknown(std::move(drift), "no-object");
  drift.object = ref_of(desired == nullptr ? *live : *desired);
  if (is_cluster_scoped(drift.object.group_kind())) drift.object.namespace_.clear();
  if (desired == nullptr) {
    drift.verdict = verdict_without_desired(*live, drift.object, context.app);
    return drift;
  }
  if (context.kind_served == false || says_not_served(dry_run)) return unknown(std::move(drift), "kind-not-served");
  if (live == nullptr) {
    drift.verdict = Verdict::Missing;
    return drift;
  }
  if (annotation(*desired, "driftwarden.io/compare") == "disabled") {
    drift.verdict = Verdict::Synced;
    drift.notes.emplace_back("compare-disabled");
    return drift;
  }
  if (other_version(*desired, *live)) return unknown(std::move(drift), "other-version");
  const Prepared prepared(*desired, *live, last_synced, context);
  const auto& pair = prepared.pair;
  auto findings = find(pair);
  apply_ignore_rules(pair, context, findings);
  if (dry_run != nullptr && (!findings.fields.empty() || !findings.doubtful.empty())) confirm(pair, *dry_run, findings);
  if (is_terminating(*live)) findings.notes.insert("terminating");
  for (const auto& finding : findings.fields) drift.fields.push_back(to_field(pair, finding, *context.redactor));
  drift.verdict = !drift.fields.empty() || findings.notes.contains("terminating") ? Verdict::OutOfSync : Verdict::Synced;
  if (drift.verdict == Verdict::Synced && pair.schema == nullptr && dry_run == nullptr) {
    drift.verdict = Verdict::Unknown;
    findings.notes.insert("no-schema");
  }
  drift.notes.assign(findings.notes.begin(), findings.notes.end());
  return drift;
}

bool drifted(const json& desired, const json& live, const CompareContext& context) {
  const Prepared prepared(desired, live, nullptr, context);
  auto findings = find(prepared.pair);
  apply_ignore_rules(prepared.pair, context, findings);
  return !findings.fields.empty() || is_terminating(live);
}

}  // namespace driftwarden
