#include "bot/incident/incident_steps.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

AuditEntry audit_of(const Incident& incident, std::string actor, std::string action, std::string detail) {
  return {std::move(actor), std::move(action), incident.app, fmt::format("incident {}", incident.id), std::move(detail)};
}

std::string drift_detail(const DriftReport& report, const std::string& digest) {
  return fmt::format(R"({{"cause":"{}","objects":{},"revision":"{}","fingerprint":"{}"}})", to_string(report.cause), report.objects.size(), report.revision, digest);
}

/// Without the fields that are fought over: which of the two won last is nobody's news.
DriftReport without_flips(DriftReport report, const std::vector<Fight>& fights) {
  for (auto& drift : report.objects) {
    const auto had = drift.fields.size();
    std::erase_if(drift.fields, [&](const FieldDrift& field) { return std::ranges::any_of(fights, [&](const Fight& fight) { return same_object(fight.object, drift.object) && fight.path == field.path; }); });
    const bool more_to_say = std::ranges::any_of(drift.notes, [](const std::string& note) { return note == "terminating" || note == "derived-edited"; });
    if (had > 0 && drift.fields.empty() && drift.verdict == Verdict::OutOfSync && !more_to_say) drift.verdict = Verdict::Synced;
  }
  std::erase_if(report.objects, [](const ObjectDrift& drift) { return drift.verdict == Verdict::Synced; });
  return report;
}

/// Of the drift as it is news: equal while a fight goes on between the same managers.
std::string digest_of(const DriftReport& report) { return fingerprint(without_flips(report, report.fights)); }

IncidentStep open_incident(const DriftReport& report, const std::string& channel, WallTime now) {
  IncidentStep step;
  step.next.app = report.app;
  step.next.report = report;
  step.next.fingerprint = digest_of(report);
  step.next.opened_at = now;
  step.next.updated_at = now;
  step.next.channel = channel;
  step.is_new = true;
  step.show = true;
  step.audit = audit_of(step.next, "driftwarden", "incident.opened", drift_detail(report, step.next.fingerprint));
  return step;
}

bool same_fight(const Fight& a, const Fight& b) { return same_object(a.object, b.object) && a.path == b.path; }

bool has_fight(const DriftReport& report, const Fight& fight) {
  return std::ranges::any_of(report.fights, [&](const Fight& other) { return same_fight(fight, other) && fight.managers == other.managers; });
}

/// What is news in a field: not when it was written last.
bool same_fields(const std::vector<FieldDrift>& a, const std::vector<FieldDrift>& b) {
  return std::ranges::equal(a, b, [](const FieldDrift& x, const FieldDrift& y) { return x.path == y.path && x.op == y.op && x.desired == y.desired && x.live == y.live; });
}

void add_fights(const DriftReport& before, const DriftReport& after, std::vector<std::string>& lines) {
  for (const auto& fight : after.fights) {
    if (!has_fight(before, fight)) lines.push_back(fmt::format("{} now fight over {} of {}", join(fight.managers, " and "), fight.path, to_string(fight.object)));
  }
  for (const auto& fight : before.fights) {
    const bool goes_on = std::ranges::any_of(after.fights, [&](const Fight& other) { return same_fight(fight, other); });
    if (!goes_on) lines.push_back(fmt::format("the fight over {} of {} is over", fight.path, to_string(fight.object)));
  }
}

/// One line per object that is new in the drift, that left it, or whose fields changed.
std::vector<std::string> changes_between(const DriftReport& told, const DriftReport& now) {
  const auto find = [](const DriftReport& report, const ObjectRef& ref) {
    return std::ranges::find_if(report.objects, [&](const ObjectDrift& drift) { return same_object(drift.object, ref); });
  };
  std::vector<std::string> lines;
  // An App that can't be judged says nothing of its objects.
  if (told.state == AppState::Unknown || now.state == AppState::Unknown) return lines;
  add_fights(told, now, lines);
  auto fights = told.fights;
  fights.insert(fights.end(), now.fights.begin(), now.fights.end());
  const auto before = without_flips(told, fights);
  const auto after = without_flips(now, fights);
  for (const auto& drift : after.objects) {
    const auto earlier = find(before, drift.object);
    if (earlier == before.objects.end()) {
      lines.push_back(drift.verdict == Verdict::Untracked ? fmt::format("now also {}", to_string(drift.object))
                                                          : fmt::format("now also {} ({})", to_string(drift.object), to_string(drift.verdict)));
    } else if (earlier->verdict != drift.verdict || !same_fields(earlier->fields, drift.fields)) {
      lines.push_back(fmt::format("{} changed again", to_string(drift.object)));
    }
  }
  for (const auto& drift : before.objects) {
    if (find(after, drift.object) == after.objects.end()) lines.push_back(fmt::format("{} is {}", to_string(drift.object), drift.verdict == Verdict::Untracked ? "gone or known to Git" : "in sync again"));
  }
  return lines;
}

IncidentStep resolve(Incident incident, const std::string& resolved_by, const DriftReport& report, WallTime now) {
  incident.state = IncidentState::Resolved;
  incident.resolved_at = now;
  incident.updated_at = now;
  incident.resolved_by = resolved_by;
  incident.snoozed_until.reset();
  incident.calm_since.reset();
  IncidentStep step{std::move(incident), false, true, {}, {}};
  step.thread_notes.push_back(fmt::format(":white_check_mark: In sync again after {}: {}.", format_age(now - step.next.opened_at), resolved_by));
  step.audit = audit_of(step.next, "driftwarden", "incident.resolved", fmt::format(R"({{"revision":{},"by":{}}})", json_quoted(report.revision), json_quoted(resolved_by)));
  return step;
}

IncidentStep update(Incident incident, const DriftReport& report, const std::string& digest, WallTime now) {
  IncidentStep step{std::move(incident), false, true, {}, {}};
  const bool asleep = step.next.state == IncidentState::Snoozed;
  for (const auto& line : asleep ? std::vector<std::string>{} : changes_between(step.next.report, report)) step.thread_notes.push_back(":arrows_counterclockwise: " + line);
  step.next.report = report;
  step.next.fingerprint = digest;
  step.next.updated_at = now;
  step.audit = audit_of(step.next, "driftwarden", "incident.updated", drift_detail(report, digest));
  return step;
}

/// It is back before it was calm for long enough.
IncidentStep come_back(Incident incident, const DriftReport& report, WallTime now) {
  IncidentStep step{std::move(incident), false, true, {}, {}};
  step.next.report = report;
  step.next.fingerprint = digest_of(report);
  step.next.calm_since.reset();
  ++step.next.flaps;
  step.next.updated_at = now;
  step.audit = audit_of(step.next, "driftwarden", "incident.reopened", drift_detail(report, step.next.fingerprint));
  return step;
}

/// Each coming and going edits the message, and the thread stays quiet.
std::optional<IncidentStep> on_flapping(const Incident& open, const DriftReport& report, const std::string& resolved_by, WallTime now, const FlapRules& rules) {
  if (report.state == AppState::Synced) {
    if (now - open.calm_since.value_or(now) >= rules.calm) return resolve(open, resolved_by, report, now);
    if (open.calm_since) return std::nullopt;
    IncidentStep step{open, false, true, {}, {}};
    step.next.calm_since = now;
    step.next.updated_at = now;
    return step;
  }
  if (!needs_attention(report)) return std::nullopt;
  if (open.calm_since) return come_back(open, report, now);
  const auto digest = digest_of(report);
  if (digest == open.fingerprint && report.cause == open.report.cause && report.reason == open.report.reason) return std::nullopt;
  auto step = update(open, report, digest, now);
  step.thread_notes.clear();
  return step;
}

bool is_sync(const Change& change) { return change.verb != ChangeVerb::Ignore; }

}  // namespace

bool needs_attention(const DriftReport& report) { return report.state == AppState::OutOfSync || (report.state == AppState::Unknown && report.cause == Cause::Unknown); }

DriftReport as_told(DriftReport report, const std::vector<Change>& changes) {
  if (report.state == AppState::Unknown) return report;
  if (!report.fights.empty() && report.state == AppState::Synced) {
    report.state = AppState::OutOfSync;
    report.cause = Cause::Fight;
  }
  const auto newest = std::ranges::find_if(changes, is_sync);
  const bool waits_for_sync = report.cause == Cause::GitAhead || report.cause == Cause::Both;
  if (waits_for_sync && newest != changes.end() && newest->state == ChangeState::Failed && !newest->merged_sha.empty()) {
    report.cause = Cause::Stuck;
    report.reason = fmt::format("{} failed: {}", change_name(newest->id), newest->failure);
  }
  return report;
}

std::optional<IncidentStep> on_report(const std::optional<Incident>& open, const DriftReport& report, const std::string& channel,
                                      const std::string& resolved_by, WallTime now, const FlapRules& flapping) {
  if (open && open->flaps > 0) return on_flapping(*open, report, resolved_by, now, flapping);
  if (!open) {
    if (!needs_attention(report)) return std::nullopt;
    return open_incident(report, channel, now);
  }
  if (report.state == AppState::Synced) return resolve(*open, resolved_by, report, now);
  if (!needs_attention(report)) return std::nullopt;
  const auto digest = digest_of(report);
  if (digest != open->fingerprint || report.cause != open->report.cause || report.reason != open->report.reason) return update(*open, report, digest, now);
  return std::nullopt;
}

bool comes_back_too_often(const std::vector<Incident>& incidents, const FlapRules& rules, WallTime now) {
  if (rules.times <= 0 || incidents.empty()) return false;
  const auto& last = incidents.front();
  if (last.state != IncidentState::Resolved || !last.resolved_at || now - *last.resolved_at > rules.window) return false;
  // The newest one's flaps are openings, too, though nobody knows when each was.
  auto openings = last.flaps;
  for (const auto& incident : incidents) openings += now - incident.opened_at <= rules.window ? 1 : 0;
  return openings >= rules.times;
}

IncidentStep reopen(Incident resolved, const DriftReport& report, WallTime now) {
  resolved.state = IncidentState::Open;
  resolved.resolved_at.reset();
  resolved.resolved_by.clear();
  resolved.acknowledged_by.clear();
  resolved.snoozed_until.reset();
  return come_back(std::move(resolved), report, now);
}

IncidentStep acknowledge(Incident incident, const PersonId& who, WallTime now) {
  incident.state = IncidentState::Acknowledged;
  incident.acknowledged_by = who;
  incident.snoozed_until.reset();
  incident.updated_at = now;
  IncidentStep step{std::move(incident), false, true, {}, {}};
  step.thread_notes.push_back(fmt::format(":eyes: {} is on it.", who));
  step.audit = audit_of(step.next, who, "incident.acknowledged", "{}");
  return step;
}

IncidentStep snooze(Incident incident, const PersonId& who, WallTime until, WallTime now) {
  incident.state = IncidentState::Snoozed;
  incident.snoozed_until = until;
  incident.updated_at = now;
  IncidentStep step{std::move(incident), false, true, {}, {}};
  step.thread_notes.push_back(fmt::format(":zzz: {} snoozed this for {}.", who, format_duration(until - now)));
  step.audit = audit_of(step.next, who, "incident.snoozed", fmt::format(R"({{"until":"{}"}})", format_time(until)));
  return step;
}

std::optional<IncidentStep> wake(Incident incident, WallTime now) {
  if (incident.state != IncidentState::Snoozed || !incident.snoozed_until || *incident.snoozed_until > now) return std::nullopt;
  incident.state = IncidentState::Open;
  incident.snoozed_until.reset();
  incident.updated_at = now;
  incident.reminded_at = now;
  IncidentStep step{std::move(incident), false, true, {":alarm_clock: The snooze is over and the drift is still there."}, {}};
  step.audit = audit_of(step.next, "driftwarden", std::string(kWoken), "{}");
  return step;
}

std::optional<WallTime> HoldOff::due(const DriftReport& report, Duration patience, WallTime now) {
  if (!needs_attention(report)) {
    since_.erase(report.app);
    return std::nullopt;
  }
  return since_.try_emplace(report.app, now).first->second + patience;
}

}  // namespace driftwarden
