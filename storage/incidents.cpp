// Incidents, and what is known of each App.
#include "storage/json.hpp"
#include "storage/transaction.hpp"
#include "storage/words.hpp"

#include <fmt/core.h>

namespace driftwarden::storage {
namespace {

#define INCIDENT_COLUMNS                                                                                                                  \
  "id, app, state, fingerprint, opened_at, updated_at, resolved_at, resolved_by, message_channel, message_ts, channel, acknowledged_by, " \
  "snoozed_until, report, group_id, root_cause, muted_by, details, told_at"
// Reports are what is large: who only looks around leaves them where they are.
#define INCIDENT_HEAD_COLUMNS                                                                                                             \
  "id, app, state, fingerprint, opened_at, updated_at, resolved_at, resolved_by, message_channel, message_ts, channel, acknowledged_by, " \
  "snoozed_until, '', group_id, root_cause, muted_by, details, told_at"

Incident read_incident(const Query& row) {
  Incident incident;
  incident.id = row.integer(0);
  incident.app = row.text(1);
  incident.state = from_word<IncidentState>(row.text(2));
  incident.fingerprint = row.text(3);
  incident.opened_at = row.time(4);
  incident.updated_at = row.time(5);
  incident.resolved_at = row.optional_time(6);
  incident.resolved_by = row.text(7);
  if (!row.is_null(9)) incident.message = MessageRef{row.text(8), row.text(9)};
  incident.channel = row.text(10);
  incident.acknowledged_by = row.text(11);
  incident.snoozed_until = row.optional_time(12);
  incident.group = row.integer(14);
  incident.root_cause = row.text(15);
  incident.muted_by = row.text(16);
  read_details(row.text(17), incident);
  incident.told_at = row.optional_time(18);
  if (const auto report = row.text(13); !report.empty()) incident.report = report_from_json(report);
  return incident;
}

std::vector<Incident> read_all(Query query) {
  std::vector<Incident> incidents;
  while (query.next()) incidents.push_back(read_incident(query));
  return incidents;
}

std::optional<Incident> read_one(Query query) {
  if (!query.next()) return std::nullopt;
  return read_incident(query);
}

std::optional<std::string> channel_of(const std::optional<MessageRef>& message) { return message ? std::optional{message->channel} : std::nullopt; }
std::optional<std::string> ts_of(const std::optional<MessageRef>& message) { return message ? std::optional{message->ts} : std::nullopt; }

}  // namespace

Result<Incident> SqliteTransaction::add_incident(Incident incident) {
  return step(fmt::format("opening an incident of {}", incident.app), [&] {
    session_.run(
        "INSERT INTO incident (app, state, fingerprint, opened_at, updated_at, resolved_at, resolved_by, message_channel, message_ts, channel, "
        "acknowledged_by, snoozed_until, report, group_id, root_cause, muted_by, details, told_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        incident.app, to_string(incident.state), incident.fingerprint, incident.opened_at, incident.updated_at, incident.resolved_at, incident.resolved_by,
        channel_of(incident.message), ts_of(incident.message), incident.channel, incident.acknowledged_by, incident.snoozed_until,
        to_json_text(incident.report), incident.group, incident.root_cause, incident.muted_by, details_json_text(incident), incident.told_at);
    incident.id = session_.last_id();
    return incident;
  });
}

Result<void> SqliteTransaction::save_incident(const Incident& incident) {
  return step(fmt::format("saving incident {}", incident.id), [&] {
    const int changed = session_.run(
        "UPDATE incident SET app = ?, state = ?, fingerprint = ?, opened_at = ?, updated_at = ?, resolved_at = ?, resolved_by = ?, "
        "message_channel = ?, message_ts = ?, channel = ?, acknowledged_by = ?, snoozed_until = ?, report = ?, group_id = ?, root_cause = ?, muted_by = ?, details = ?, told_at = ? WHERE id = ?",
        incident.app, to_string(incident.state), incident.fingerprint, incident.opened_at, incident.updated_at, incident.resolved_at, incident.resolved_by,
        channel_of(incident.message), ts_of(incident.message), incident.channel, incident.acknowledged_by, incident.snoozed_until,
        to_json_text(incident.report), incident.group, incident.root_cause, incident.muted_by, details_json_text(incident), incident.told_at, incident.id);
    return expect_one(changed, "incident", incident.id);
  });
}

Result<std::optional<Incident>> SqliteTransaction::find_incident(std::int64_t id) {
  return step("reading an incident", [&] { return read_one(session_.query("SELECT " INCIDENT_COLUMNS " FROM incident WHERE id = ?", id)); });
}

Result<std::optional<Incident>> SqliteTransaction::find_incident_by_message(const MessageRef& message) {
  return step("reading an incident", [&] {
    return read_one(session_.query("SELECT " INCIDENT_COLUMNS
                                   " FROM incident WHERE message_ts IS NOT NULL AND message_ts = ? AND message_channel = ? ORDER BY id DESC LIMIT 1",
                                   message.ts, message.channel));
  });
}

Result<std::vector<Incident>> SqliteTransaction::open_incidents() {
  return step("reading the open incidents",
              [&] { return read_all(session_.query("SELECT " INCIDENT_COLUMNS " FROM incident WHERE state <> 'resolved' ORDER BY id")); });
}

Result<std::vector<Incident>> SqliteTransaction::open_incident_heads() {
  return step("reading the open incidents",
              [&] { return read_all(session_.query("SELECT " INCIDENT_HEAD_COLUMNS " FROM incident WHERE state <> 'resolved' ORDER BY id")); });
}

Result<std::optional<Incident>> SqliteTransaction::open_incident(const std::string& app) {
  return step("reading the open incident", [&] {
    return read_one(session_.query("SELECT " INCIDENT_COLUMNS " FROM incident WHERE app = ? AND state <> 'resolved'", app));
  });
}

Result<std::vector<Incident>> SqliteTransaction::incidents_since(WallTime since, std::size_t limit) {
  return step("reading incidents", [&] {
    return read_all(session_.query("SELECT " INCIDENT_COLUMNS " FROM incident WHERE state <> 'resolved' OR resolved_at >= ? ORDER BY id DESC LIMIT ?", since,
                                   to_limit(limit)));
  });
}

Result<std::vector<Incident>> SqliteTransaction::incidents_of(const std::string& app, std::size_t limit) {
  return step("reading incidents", [&] {
    return read_all(session_.query("SELECT " INCIDENT_COLUMNS " FROM incident WHERE app = ? ORDER BY id DESC LIMIT ?", app, to_limit(limit)));
  });
}

Result<std::vector<Incident>> SqliteTransaction::incidents_of_group(std::int64_t leader) {
  return step("reading the incidents of a group", [&] {
    return read_all(session_.query("SELECT " INCIDENT_COLUMNS " FROM incident WHERE group_id <> 0 AND group_id = ? ORDER BY id", leader));
  });
}

Result<std::vector<Incident>> SqliteTransaction::group_heads(std::int64_t leader) {
  return step("reading the incidents of a group", [&] {
    return read_all(session_.query("SELECT " INCIDENT_HEAD_COLUMNS " FROM incident WHERE group_id <> 0 AND group_id = ? ORDER BY id", leader));
  });
}

Result<std::size_t> SqliteTransaction::count_group(std::int64_t leader, bool open_only) {
  return step("counting the incidents of a group", [&] {
    auto query = session_.query("SELECT count(*) FROM (SELECT 1 FROM incident WHERE group_id <> 0 AND group_id = ? AND muted_by = '' AND (? = 0 OR state <> 'resolved') LIMIT 2)",
                                leader, open_only ? std::int64_t{1} : std::int64_t{0});
    query.next();
    return static_cast<std::size_t>(query.integer(0));
  });
}

Result<std::vector<Incident>> SqliteTransaction::leaders_with(const std::string& channel, const std::string& root_cause, std::size_t limit) {
  return step("looking for incidents with the same cause", [&]() -> std::vector<Incident> {
    if (root_cause.empty()) return {};
    return read_all(session_.query("SELECT " INCIDENT_COLUMNS " FROM incident WHERE root_cause <> '' AND root_cause = ? AND channel = ? AND muted_by = '' "
                                   "AND (group_id = 0 OR group_id = id) AND (state <> 'resolved' OR group_id = id) ORDER BY id DESC LIMIT ?",
                                   root_cause, channel, to_limit(limit)));
  });
}

Result<std::vector<Incident>> SqliteTransaction::told_in_channel(const std::string& channel, WallTime since) {
  return step("reading what was told in a channel", [&] {
    return read_all(session_.query("SELECT " INCIDENT_COLUMNS " FROM incident WHERE channel = ? AND told_at >= ? AND muted_by = '' AND (group_id = 0 OR group_id = id) ORDER BY id",
                                   channel, since));
  });
}

Result<void> SqliteTransaction::save_app(const AppRow& row) {
  return step("saving an App", [&] {
    session_.run(
        "INSERT INTO app (app, last_synced_revision, last_synced_at) VALUES (?, ?, ?) ON CONFLICT (app) DO UPDATE SET "
        "last_synced_revision = excluded.last_synced_revision, last_synced_at = excluded.last_synced_at",
        row.app, row.last_synced_revision, row.last_synced_at);
  });
}

Result<std::optional<AppRow>> SqliteTransaction::find_app(const std::string& app) {
  return step("reading an App", [&]() -> std::optional<AppRow> {
    auto query = session_.query("SELECT app, last_synced_revision, last_synced_at FROM app WHERE app = ?", app);
    if (!query.next()) return std::nullopt;
    return AppRow{.app = query.text(0), .last_synced_revision = query.text(1), .last_synced_at = query.time(2)};
  });
}

Result<std::vector<AppRow>> SqliteTransaction::app_rows() {
  return step("reading the Apps", [&] {
    std::vector<AppRow> rows;
    auto query = session_.query("SELECT app, last_synced_revision, last_synced_at FROM app ORDER BY app");
    while (query.next()) rows.push_back({query.text(0), query.text(1), query.time(2)});
    return rows;
  });
}

Result<void> SqliteTransaction::set_setting(const std::string& name, const std::string& value) {
  return step("saving a setting",
              [&] { session_.run("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value); });
}

Result<std::optional<std::string>> SqliteTransaction::setting(const std::string& name) {
  return step("reading a setting", [&]() -> std::optional<std::string> {
    auto query = session_.query("SELECT value FROM setting WHERE name = ?", name);
    if (!query.next()) return std::nullopt;
    return query.text(0);
  });
}

}  // namespace driftwarden::storage
