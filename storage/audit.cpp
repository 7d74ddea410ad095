// The chain: each row's hash covers the hash before it, and audit_head remembers the last one.
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "storage/chain.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/transaction.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace driftwarden::storage {
namespace {

/// "<length>:<bytes>", so that no two rows share an encoding.
void add(std::string& out, std::string_view field) { out += fmt::format("{}:{}", field.size(), field); }

/// One condition of a query and what is bound to it.
struct Condition {
  std::string sql;
  std::vector<std::string> texts{};
  std::optional<std::int64_t> number{};
};

std::int64_t count_of(WallTime time) { return time.time_since_epoch().count(); }

/// "change." is the range from there to "change/", the next byte after the dot, so that the index serves.
Condition condition_of_action(const std::string& action) {
  if (!action.ends_with('.')) return {"action = ?", {action}};
  return {"action >= ? AND action < ?", {action, action.substr(0, action.size() - 1) + "/"}};
}

/// A commit that touches several Apps has one row of no App, which lists them.
Condition condition_of_shared(const std::string& app) {
  return {"app = '' AND action >= 'commit.' AND action < 'commit/' AND instr(detail, ?) > 0 AND EXISTS (SELECT 1 FROM json_each(detail, '$.apps') WHERE value = ?)",
          {json_quoted(app), app}};
}

std::vector<Condition> conditions_of(const AuditQuery& query) {
  std::vector<Condition> conditions;
  if (query.since) conditions.push_back({.sql = "at >= ?", .texts = {}, .number = count_of(*query.since)});
  if (query.until) conditions.push_back({.sql = "at < ?", .texts = {}, .number = count_of(*query.until)});
  if (!query.actor.empty()) conditions.push_back({"actor = ?", {query.actor}});
  if (!query.action.empty()) conditions.push_back(condition_of_action(query.action));
  if (!query.subject.empty()) conditions.push_back({"subject = ?", {query.subject}});
  if (!query.about.empty()) {
    conditions.push_back({"(subject = ? OR where_ = ? OR on_ = ? OR instr(detail, ?) > 0)", {query.about, query.about, query.about, json_quoted(query.about)}});
  }
  if (query.after_seq > 0) conditions.push_back({.sql = "seq > ?", .texts = {}, .number = query.after_seq});
  return conditions;
}

std::vector<AuditRow> read_rows(Session& session, const AuditQuery& query, const std::vector<Condition>& conditions) {
  std::string sql = "SELECT " AUDIT_COLUMNS " FROM audit";
  for (std::size_t at = 0; at < conditions.size(); ++at) sql += (at == 0 ? " WHERE " : " AND ") + conditions[at].sql;
  sql += query.newest_first ? " ORDER BY seq DESC LIMIT ?" : " ORDER BY seq LIMIT ?";
  SQLite::Statement statement{session.database(), sql};
  int index = 0;
  for (const auto& condition : conditions) {
    for (const auto& text : condition.texts) statement.bind(++index, text);
    if (condition.number) statement.bind(++index, *condition.number);
  }
  statement.bind(++index, to_limit(query.limit));
  std::vector<AuditRow> rows;
  Query reading{statement};
  while (reading.next()) rows.push_back(read_audit_row(reading));
  return rows;
}

/// An App's rows are read in two halves: with an OR between them, all of its rows and all of commits would be sorted for the few that are asked for.
std::vector<AuditRow> read_rows(Session& session, const AuditQuery& query) {
  auto conditions = conditions_of(query);
  if (query.app.empty()) return read_rows(session, query, conditions);
  conditions.insert(conditions.begin(), Condition{"app = ?", {query.app}});
  auto rows = read_rows(session, query, conditions);
  conditions.front() = condition_of_shared(query.app);
  std::ranges::move(read_rows(session, query, conditions), std::back_inserter(rows));
  std::ranges::sort(rows, [&](const AuditRow& a, const AuditRow& b) { return query.newest_first ? a.seq > b.seq : a.seq < b.seq; });
  if (rows.size() > query.limit) rows.resize(query.limit);
  return rows;
}

}  // namespace

AuditRow read_audit_row(const Query& row) {
  return {.seq = row.integer(0),
          .at = row.time(1),
          .entry = {.actor = row.text(2), .action = row.text(3), .app = row.text(4), .subject = row.text(5), .detail = row.text(6),
                    .where = row.text(9), .on = row.text(10)},
          .previous = row.text(7),
          .hash = row.text(8)};
}

std::string audit_hash(const AuditRow& row) {
  std::string bytes;
  add(bytes, std::to_string(row.seq));
  add(bytes, std::to_string(row.at.time_since_epoch().count()));
  for (const auto* field : {&row.entry.actor, &row.entry.action, &row.entry.app, &row.entry.subject, &row.entry.detail, &row.previous}) {
    add(bytes, *field);
  }
  // Rows of before these two existed keep their hash.
  if (!row.entry.where.empty() || !row.entry.on.empty()) {
    add(bytes, row.entry.where);
    add(bytes, row.entry.on);
  }
  return sha256_hex(bytes);
}

std::string audit_mark(const AuditRow& row, const std::string& instance) { return to_text({.seq = row.seq, .hash = row.hash, .instance = instance}); }

std::string to_text(const AuditMark& mark) {
  auto text = fmt::format("{}:{}", mark.seq, mark.hash);
  if (!mark.instance.empty()) text += ":" + mark.instance;
  return text;
}

AuditMark read_audit_mark(std::string_view text) {
  const auto parts = split(trim(text), ':');
  if (parts.size() < 2 || parts.size() > 3) return {};
  const auto& number = parts[0];
  AuditMark mark;
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), mark.seq);
  if (failed != std::errc{} || end != number.data() + number.size() || mark.seq < 1) return {};
  mark.hash = parts[1];
  if (parts.size() == 3) mark.instance = parts[2];
  return mark;
}

Result<AuditRow> SqliteTransaction::append_audit(const AuditEntry& entry) {
  return step("writing the audit log", [&] {
    const auto head = read_head(session_);
    AuditRow row{.seq = head.seq + 1, .at = clock_.wall_now(), .entry = entry, .previous = head.hash, .hash = {}};
    row.hash = audit_hash(row);
    session_.run("INSERT INTO audit (" AUDIT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row.seq, row.at, entry.actor, entry.action, entry.app,
                 entry.subject, entry.detail, row.previous, row.hash, entry.where, entry.on);
    session_.run("INSERT INTO audit_head (one, seq, hash) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash", row.seq,
                 row.hash);
    appended_ = AuditMark{.seq = row.seq, .hash = row.hash, .instance = {}};
    return row;
  });
}

Result<std::vector<AuditRow>> SqliteTransaction::audit(const AuditQuery& query) {
  return step("reading the audit log", [&] { return read_rows(session_, query); });
}

Result<std::vector<AuditFault>> SqliteStore::verify_audit() {
  CHECK_OK(refusal());
  return noted(in_snapshot("verifying the audit log", [this] { return verify_chain(*session_); }));
}

Result<AuditMark> SqliteStore::audit_head() {
  CHECK_OK(refusal());
  return noted(in_snapshot("reading the end of the audit log", [this] { return read_mark(*session_); }));
}

Result<std::string> SqliteStore::instance() {
  TRY(auto mark, audit_head());
  return mark.instance;
}

Result<std::vector<AuditSeal>> SqliteStore::audit_seals() {
  CHECK_OK(refusal());
  return noted(in_snapshot("reading the seals of the audit log", [this] { return read_seals(*session_); }));
}

}  // namespace driftwarden::storage
