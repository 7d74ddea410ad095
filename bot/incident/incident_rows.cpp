#include "bot/audit/details.hpp"
#include "bot/incident/grouping.hpp"
#include "bot/incident/incidents.hpp"
#include "gitops/base/crypto.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

storage::OutboxRow row_for(std::int64_t shown, std::string kind, std::string key, json payload, WallTime now) {
  storage::OutboxRow row;
  row.key = std::move(key);
  row.kind = std::move(kind);
  row.lane = fmt::format("incident:{}", shown);
  row.payload = payload.dump(-1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = now;
  return row;
}

Result<void> put(storage::Transaction& tx, const storage::OutboxRow& row) {
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

Result<void> enqueue_alert_at(storage::Transaction& tx, const Incident& incident, WallTime now, WallTime when, std::string_view mark) {
  if (!incident.muted_by.empty()) return Result<void>{};
  const auto shown = shown_by(incident);
  // The row only says which message: whoever carries it out shows the newest state.
  auto row = row_for(shown, "slack.alert", fmt::format("alert:{}:{}:{}:{}:{}", shown, incident.id, to_string(incident.state), now.time_since_epoch().count(), mark), {{"incident", shown}}, now);
  row.coalesce = fmt::format("alert:{}", shown);
  row.not_before = when;
  return put(tx, row);
}

/// People see at once what they did, and that all is over; what a crowd of Apps does is shown together.
Result<WallTime> time_to_show(storage::Transaction& tx, const Incident& incident, bool by_person, WallTime now) {
  const bool of_a_crowd = incident.group != 0 && (incident.group != incident.id || incident.message);
  if (!of_a_crowd || by_person) return now;
  if (incident.state == IncidentState::Resolved) {
    TRY(const auto open, tx.count_group(incident.group, true));
    if (open == 0) return now;
  }
  return now + kGroupEditedEvery;
}

/// Nobody joined it, or nobody that may be told.
Result<bool> is_by_itself(storage::Transaction& tx, const Incident& incident) {
  if (incident.group == 0) return true;
  if (incident.group != incident.id) return false;
  TRY(const auto members, tx.count_group(incident.group, false));
  return members < 2;
}

/// The thread of a group hears what people do, once for all members; what single Apps do is told by whoever shows the group (see deliver_alert).
Result<void> enqueue_notes(storage::Transaction& tx, const Incident& incident, const std::vector<std::string>& notes, std::int64_t mark, bool by_person, WallTime now) {
  if (!incident.muted_by.empty() || notes.empty()) return Result<void>{};
  TRY(const auto alone, is_by_itself(tx, incident));
  if (!alone && !by_person) return Result<void>{};
  for (std::size_t i = 0; i < notes.size(); ++i) {
    if (alone) {
      CHECK_OK(enqueue_note(tx, incident, notes[i], fmt::format("{}:{}", mark, i), now));
      continue;
    }
    // Whoever carries it out knows whether all of the group were meant.
    const auto key = fmt::format("note:{}:{}:{}", incident.group, now.time_since_epoch().count(), sha256_hex(notes[i]).substr(0, 12));
    CHECK_OK(put(tx, row_for(incident.group, "slack.note", key, {{"incident", incident.group}, {"text", notes[i]}, {"stepped", incident.id}}, now)));
  }
  return Result<void>{};
}

}  // namespace

Result<std::optional<Incident>> open_incident_of(storage::Transaction& tx, const std::string& app) {
  return tx.open_incident(app);
}

Result<std::vector<Incident>> group_members(storage::Transaction& tx, const Incident& incident) {
  std::vector<Incident> members;
  if (incident.group == 0) {
    if (incident.state != IncidentState::Resolved) members.push_back(incident);
    return members;
  }
  TRY(members, tx.incidents_of_group(incident.group));
  std::erase_if(members, [](const Incident& member) { return member.state == IncidentState::Resolved; });
  return members;
}

Result<void> enqueue_alert(storage::Transaction& tx, const Incident& incident, WallTime now) {
  TRY(const auto when, time_to_show(tx, incident, false, now));
  return enqueue_alert_at(tx, incident, now, when, "");
}

Result<void> enqueue_note(storage::Transaction& tx, const Incident& incident, const std::string& text, const std::string& mark, WallTime now) {
  const auto shown = shown_by(incident);
  return put(tx, row_for(shown, "slack.note", fmt::format("note:{}:{}", shown, mark), {{"incident", shown}, {"text", text}}, now));
}

Result<void> enqueue_repeat(storage::Transaction& tx, const Incident& leader, const std::string& text, WallTime now) {
  const json payload{{"incident", leader.id}, {"text", text}, {"broadcast", true}, {"repeat", leader.reminders}};
  auto row = row_for(leader.id, "slack.note", fmt::format("note:{}:repeat:{}", leader.id, leader.reminders), payload, now);
  row.coalesce = fmt::format("repeat:{}", leader.id);
  return put(tx, row);
}

Result<void> enqueue_rise(storage::Transaction& tx, const Incident& incident, const std::string& text, WallTime now) {
  const auto shown = shown_by(incident);
  const json payload{{"incident", shown}, {"text", text}, {"broadcast", true}, {"of", incident.id}};
  return put(tx, row_for(shown, "slack.note", fmt::format("note:{}:rise-{}:{}", shown, incident.id, now.time_since_epoch().count()), payload, now));
}

Result<void> enqueue_critical(storage::Transaction& tx, Incident leader, WallTime now) {
  if (leader.critical_at && *leader.critical_at > now) return Result<void>{};  // that line will name it
  const auto when = std::max(now + kGroupEditedEvery, leader.critical_at.value_or(WallTime{}) + kCriticalToldEvery);
  leader.critical_at = when;
  CHECK_OK(tx.save_incident(leader));
  const json payload{{"incident", leader.id}, {"critical", true}, {"broadcast", true}};
  auto row = row_for(leader.id, "slack.note", fmt::format("note:{}:critical-{}", leader.id, when.time_since_epoch().count()), payload, now);
  row.lane += ":critical";  // it waits without holding up the message
  row.not_before = when;
  return put(tx, row);
}

Result<void> enqueue_member_note(storage::Transaction& tx, const Incident& leader, const Incident& member, const std::string& text, const std::string& mark, WallTime now) {
  const json payload{{"incident", leader.id}, {"text", text}, {"member", member.id}};
  auto row = row_for(leader.id, "slack.note", fmt::format("note:{}:{}:{}", leader.id, member.id, mark), payload, now);
  // Others may be coming: a crowd is told by the message alone.
  row.lane += ":members";
  row.not_before = now + kMembersToldAfter;
  return put(tx, row);
}

Result<Incident> commit_step(storage::Transaction& tx, IncidentStep step, WallTime now) {
  auto incident = std::move(step.next);
  auto mark = now.time_since_epoch().count();  // what makes the keys of this step's rows its own
  if (step.is_new) {
    TRY(incident, tx.add_incident(std::move(incident)));
  } else {
    CHECK_OK(tx.save_incident(incident));
  }
  // Who wakes from a snooze does so because a person once said when.
  const bool by_person = !step.audit || step.audit->actor != "driftwarden" || step.audit->action == kWoken;
  if (step.audit) {
    step.audit->subject = fmt::format("incident {}", incident.id);
    complete(*step.audit, incident);
    TRY(const auto row, tx.append_audit(*step.audit));
    mark = row.seq;
  }
  if (step.show) {
    TRY(const auto when, time_to_show(tx, incident, by_person, now));
    CHECK_OK(enqueue_alert_at(tx, incident, now, when, std::to_string(mark)));
  }
  CHECK_OK(enqueue_notes(tx, incident, step.thread_notes, mark, by_person, now));
  return incident;
}

}  // namespace driftwarden
