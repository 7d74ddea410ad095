#include "gitops/diff/compare.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/confirm.hpp"
#include "gitops/diff/deployers.hpp"
#include "gitops/diff/findings.hpp"
#include "gitops/diff/images.hpp"
#include "gitops/diff/prepare.hpp"
#include "gitops/diff/rules.hpp"
#include "gitops/diff/shown.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

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
    pair.marks = &context.marks;
    pair.entries = managed_entries(l, context.managers == nullptr ? ManagerClasses::defaults() : *context.managers);
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

Findings find(const Pair& pair, const CompareContext& context) {
  Findings findings;
  walk_desired(pair, findings);
  walk_owners(pair, findings);
  if (!findings.fields.empty()) apply_built_in_rules(pair, findings);
  if (is_encrypted(*pair.desired)) findings.notes.insert("encrypted");
  if (findings.fields.empty() && findings.doubtful.empty()) return findings;
  if (context.unstable != nullptr && !context.unstable->empty()) apply_unstable(pair, *context.unstable, findings);
  apply_ignore_rules(pair, context, findings);
  return findings;
}

bool is_answer(const DryRun* dry_run) { return dry_run != nullptr && dry_run->status < 300 && dry_run->object != nullptr; }

Confirmation confirmation_of(const Pair& pair, const Findings& findings) {
  // What is encrypted in Git can't be sent.
  if (is_encrypted(*pair.desired)) return Confirmation::NotNeeded;
  const bool can_vanish = std::any_of(findings.fields.begin(), findings.fields.end(),
                                      [](const FieldFinding& finding) { return finding.op != FieldOp::Added && finding.op != FieldOp::Stale; });
  if (can_vanish) return Confirmation::Wanted;
  if (!findings.fields.empty()) return Confirmation::NotNeeded;
  return !findings.doubtful.empty() || pair.schema == nullptr ? Confirmation::Doubtful : Confirmation::NotNeeded;
}

bool is_image_path(const Path& path) {
  if (path.size() < 3 || path.back().kind != StepKind::Field || path.back().name != "image") return false;
  const auto& list = path[path.size() - 3];
  return list.kind == StepKind::Field && (list.name == "containers" || list.name == "initContainers" || list.name == "ephemeralContainers");
}

/// Somebody put an older image in place than Git asks for.
bool is_rolled_back(const FieldFinding& finding, const FieldDrift& field) {
  if (field.op != FieldOp::Changed || field.cause != FieldCause::Live || !is_image_path(finding.path)) return false;
  if (finding.desired == nullptr || finding.live == nullptr || !finding.desired->is_string() || !finding.live->is_string()) return false;
  return is_older_image(finding.live->get_ref<const std::string&>(), finding.desired->get_ref<const std::string&>()).value_or(false);
}

/// Tools that make objects without being our appliers: what they wrote says nothing about who is right.
bool is_creator(std::string_view manager) {
  static constexpr std::array<std::string_view, 4> kCreators{"kubectl-create", "kubectl-client-side-apply", "kubectl-run", "kubectl-expose"};
  return std::find(kCreators.begin(), kCreators.end(), manager) != kCreators.end();
}

FieldCause by_last_synced(const Pair& pair, const FieldFinding& finding) {
  if (pair.last_synced == nullptr || !pair.last_synced->is_object()) return FieldCause::Unknown;
  const auto* then = find_at(*pair.last_synced, finding.path);
  if (then == nullptr) return finding.desired == nullptr ? FieldCause::Live : FieldCause::Git;
  if (finding.op == FieldOp::Removed) return FieldCause::Live;
  return finding.desired != nullptr && *then == *finding.desired ? FieldCause::Live : FieldCause::Git;
}

FieldCause cause_of(const Pair& pair, const FieldFinding& finding) {
  if (finding.op == FieldOp::Stale) return FieldCause::Git;
  if (finding.op == FieldOp::Removed || finding.op == FieldOp::Order) return by_last_synced(pair, finding);
  const auto* other = finding.owners.foremost();
  if (finding.owners.applier && finding.op == FieldOp::Changed) return FieldCause::Git;
  if (other == nullptr) return by_last_synced(pair, finding);
  if (!pair.has_applier && is_creator(other->manager)) return by_last_synced(pair, finding);
  return FieldCause::Live;
}

FieldDrift to_field(const Pair& pair, const FieldFinding& finding, const Redactor& redactor) {
  FieldDrift field;
  field.path = to_string(finding.path);
  field.op = finding.op;
  field.cause = cause_of(pair, finding);
  field.desired = shown(finding.desired, finding.path, *pair.desired, pair.group.empty() ? pair.kind : std::string_view(), redactor);
  field.live = shown(finding.live, finding.path, *pair.live, pair.group.empty() ? pair.kind : std::string_view(), redactor);
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

/// Who deploys the App says that the object is its own.
bool is_marked(const json& live, const ObjectRef& ref, const CompareContext& context) {
  if (context.marks.empty()) return false;
  const auto mark = deployer_mark(live, ref, context.managers == nullptr ? ManagerClasses::defaults() : *context.managers);
  return std::find(context.marks.begin(), context.marks.end(), mark) != context.marks.end();
}

/// Git lacks it: ours when its annotation names this very object and an App of ours.
Verdict verdict_without_desired(const json& live, const ObjectRef& ref, const CompareContext& context) {
  if (is_marked(live, ref, context)) return Verdict::Extra;
  const auto& app = context.app;
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

CompiledRules::CompiledRules(const std::vector<IgnoreRule>& rules) {
  std::vector<CompiledRule> compiled;
  compiled.reserve(rules.size());
  for (const auto& rule : rules) compiled.push_back(compile(rule));
  rules_ = std::make_shared<const std::vector<CompiledRule>>(std::move(compiled));
}

ObjectDrift compare(const json* desired, const json* live, const json* last_synced, const DryRun* dry_run, const CompareContext& context) {
  ObjectDrift drift;
  if (desired != nullptr && !desired->is_object()) desired = nullptr;
  if (live != nullptr && !live->is_object()) live = nullptr;
  if (desired == nullptr && live == nullptr) return unknown(std::move(drift), "no-object");
  drift.object = ref_of(desired == nullptr ? *live : *desired);
  if (is_cluster_scoped(drift.object.group_kind())) drift.object.namespace_.clear();
  if (desired == nullptr) {
    drift.verdict = verdict_without_desired(*live, drift.object, context);
    return drift;
  }
  if (context.kind_served == false || says_not_served(dry_run)) return unknown(std::move(drift), "kind-not-served");
  if (live == nullptr) {
    drift.verdict = Verdict::Missing;
    // An object of a generated name: no render ever names the one that is live.
    if (context.unstable != nullptr && is_unstable_as_a_whole(*context.unstable)) {
      drift.verdict = Verdict::Synced;
      drift.notes.emplace_back("render-unstable");
    }
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
  auto findings = find(pair, context);
  const bool asked = dry_run != nullptr;
  if (asked && (!findings.fields.empty() || !findings.doubtful.empty())) confirm(pair, *dry_run, findings);
  if (is_terminating(*live)) findings.notes.insert("terminating");
  for (const auto& finding : findings.fields) {
    drift.fields.push_back(to_field(pair, finding, *context.redactor));
    if (is_rolled_back(finding, drift.fields.back())) findings.notes.insert("rolled-back");
  }
  drift.verdict = !drift.fields.empty() || findings.notes.contains("terminating") ? Verdict::OutOfSync : Verdict::Synced;
  drift.hits = std::move(findings.hits);
  if (!asked) drift.confirmation = confirmation_of(pair, findings);
  if (drift.verdict == Verdict::Synced && pair.schema == nullptr && !is_answer(dry_run)) {
    drift.verdict = Verdict::Unknown;
    findings.notes.insert("no-schema");
  }
  drift.notes.assign(findings.notes.begin(), findings.notes.end());
  return drift;
}

bool drifted(const json& desired, const json& live, const CompareContext& context) {
  const Prepared prepared(desired, live, nullptr, context);
  return !find(prepared.pair, context).fields.empty() || is_terminating(live);
}

}  // namespace driftwarden
