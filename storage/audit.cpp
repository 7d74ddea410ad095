// The chain: each row's hash covers the hash before it, and audit_head remembers the last one.
#include "gitops/base/crypto.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/transaction.hpp"

#include <fmt/core.h>

#include <array>

namespace driftwarden::storage {
namespace {

constexpr std::size_t kMaxFaults = 20;
#define AUDIT_COLUMNS "seq, at, actor, action, app, subject, detail, previous, hash"

/// "<length>:<bytes>", so that no two rows share an encoding.
void add(std::string& out, std::string_view field) { out += fmt::format("{}:{}", field.size(), field); }

struct Head {
  std::int64_t seq = 0;
  std::string hash = std::string(64, '0');
};

Head read_head(Session& session) {
  auto query = session.query("SELECT seq, hash FROM audit_head");
  if (!query.next()) return {};
  return {.seq = query.integer(0), .hash = query.text(1)};
}

std::vector<AuditRow> read_all(Query query) {
  std::vector<AuditRow> rows;
  while (query.next()) rows.push_back(read_audit_row(query));
  return rows;
}

void check_triggers(Session& session, std::vector<AuditFault>& faults) {
  for (const char* name : {"audit_no_update", "audit_no_delete", "audit_in_order"}) {
    auto query = session.query("SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit' AND name = ?", name);
    if (!query.next()) faults.push_back({0, fmt::format("the trigger {} that protects the log is gone", name)});
  }
}

/// What is wrong with `row`, which follows `last`; "" when nothing is.
std::string fault_of(const AuditRow& row, const Head& last) {
  if (row.seq == last.seq + 2) return fmt::format("row {} is missing", last.seq + 1);
  if (row.seq != last.seq + 1) return fmt::format("rows {} to {} are missing", last.seq + 1, row.seq - 1);
  if (row.previous != last.hash) return "doesn't follow the row before it: a row was edited, moved or replaced";
  if (row.hash != audit_hash(row)) return "its content isn't what was written: the row was edited";
  return {};
}

Head check_rows(Session& session, std::vector<AuditFault>& faults) {
  Head last;
  auto query = session.query("SELECT " AUDIT_COLUMNS " FROM audit ORDER BY seq");
  while (query.next()) {
    const auto row = read_audit_row(query);
    auto fault = fault_of(row, last);
    if (!fault.empty() && faults.size() < kMaxFaults) faults.push_back({row.seq, std::move(fault)});
    last = {.seq = row.seq, .hash = row.hash};
  }
  return last;
}

void check_head(const Head& last, const Head& head, std::vector<AuditFault>& faults) {
  if (faults.size() >= kMaxFaults) return;
  if (last.seq < head.seq) {
    faults.push_back({head.seq, fmt::format("the log ends at row {}, but {} rows were written: the end was cut off", last.seq, head.seq)});
  } else if (last.seq > head.seq) {
    faults.push_back({last.seq, fmt::format("rows after {} weren't written by Driftwarden", head.seq)});
  } else if (last.hash != head.hash) {
    faults.push_back({last.seq, "the last row isn't the one that was written"});
  }
}

}  // namespace

AuditRow read_audit_row(const Query& row) {
  return {.seq = row.integer(0),
          .at = row.time(1),
          .entry = {.actor = row.text(2), .action = row.text(3), .app = row.text(4), .subject = row.text(5), .detail = row.text(6)},
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
  return sha256_hex(bytes);
}

Result<AuditRow> SqliteTransaction::append_audit(const AuditEntry& entry) {
  return step("writing the audit log", [&] {
    const auto head = read_head(session_);
    AuditRow row{.seq = head.seq + 1, .at = clock_.wall_now(), .entry = entry, .previous = head.hash, .hash = {}};
    row.hash = audit_hash(row);
    session_.run("INSERT INTO audit (" AUDIT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row.seq, row.at, entry.actor, entry.action, entry.app,
                 entry.subject, entry.detail, row.previous, row.hash);
    session_.run("INSERT INTO audit_head (one, seq, hash) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash", row.seq,
                 row.hash);
    return row;
  });
}

Result<std::vector<AuditRow>> SqliteTransaction::audit(const AuditQuery& query) {
  return step("reading the audit log", [&] {
    const auto limit = to_limit(query.limit);
    if (query.newest_first) {
      return read_all(session_.query("SELECT " AUDIT_COLUMNS " FROM audit WHERE (?1 = '' OR app = ?1) AND (?2 IS NULL OR at >= ?2) ORDER BY seq DESC LIMIT ?3",
                                     query.app, query.since, limit));
    }
    return read_all(session_.query("SELECT " AUDIT_COLUMNS " FROM audit WHERE (?1 = '' OR app = ?1) AND (?2 IS NULL OR at >= ?2) ORDER BY seq LIMIT ?3",
                                   query.app, query.since, limit));
  });
}

Result<std::vector<AuditFault>> SqliteStore::verify_audit() {
  return in_snapshot("verifying the audit log", [this] {
    std::vector<AuditFault> faults;
    check_triggers(*session_, faults);
    const auto last = check_rows(*session_, faults);
    check_head(last, read_head(*session_), faults);
    return faults;
  });
}

}  // namespace driftwarden::storage
