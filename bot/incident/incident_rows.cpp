#include "bot/incident/incidents.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

storage::OutboxRow row_for(const Incident& incident, std::string kind, std::string key, json payload, WallTime now) {
  storage::OutboxRow row;
  row.key = std::move(key);
  row.kind = std::move(kind);
  row.lane = fmt::format("incident:{}", incident.id);
  row.payload = payload.dump(-1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = now;
  return row;
}

}  // namespace

Result<std::optional<Incident>> open_incident_of(storage::Transaction& tx, const std::string& app) {
  return tx.open_incident(app);
}

Result<void> enqueue_alert(storage::Transaction& tx, const Incident& incident, WallTime now) {
  // The row only says which incident: whoever carries it out shows the newest state.
  auto row = row_for(incident, "slack.alert", fmt::format("alert:{}:{}:{}", incident.id, to_string(incident.state), now.time_since_epoch().count()), {{"incident", incident.id}}, now);
  row.coalesce = fmt::format("alert:{}", incident.id);
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

Result<void> enqueue_note(storage::Transaction& tx, const Incident& incident, const std::string& text, const std::string& mark, WallTime now) {
  const auto key = fmt::format("note:{}:{}", incident.id, mark);
  auto queued = tx.enqueue(row_for(incident, "slack.note", key, {{"incident", incident.id}, {"text", text}}, now));
  if (!queued) return queued.error();
  return Result<void>{};
}

Result<Incident> commit_step(storage::Transaction& tx, IncidentStep step, WallTime now) {
  auto incident = std::move(step.next);
  auto mark = now.time_since_epoch().count();  // what makes the keys of this step's rows its own
  if (step.is_new) {
    TRY(incident, tx.add_incident(std::move(incident)));
  } else {
    CHECK_OK(tx.save_incident(incident));
  }
  if (step.audit) {
    step.audit->subject = fmt::format("incident {}", incident.id);
    TRY(const auto row, tx.append_audit(*step.audit));
    mark = row.seq;
  }
  if (step.show) CHECK_OK(enqueue_alert(tx, incident, now));
  for (std::size_t i = 0; i < step.thread_notes.size(); ++i) CHECK_OK(enqueue_note(tx, incident, step.thread_notes[i], fmt::format("{}:{}", mark, i), now));
  return incident;
}

}  // namespace driftwarden
