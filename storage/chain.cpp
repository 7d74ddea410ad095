#include "storage/chain.hpp"

#include "storage/schema.hpp"
#include "storage/transaction.hpp"

#include <fmt/core.h>

#include <map>

namespace driftwarden::storage {
namespace {

/// The triggers that protect the log, by name.
std::map<std::string, std::string> triggers_of(Session& session) {
  std::map<std::string, std::string> triggers;
  auto query = session.query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('audit', 'audit_seal')");
  while (query.next()) triggers.emplace(query.text(0), query.text(1));
  return triggers;
}

void check_triggers(Session& session, std::vector<AuditFault>& faults) {
  Session fresh{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  if (const auto made = migrate(fresh, migrations()); !made) throw std::runtime_error(made.error().message);
  const auto here = triggers_of(session);
  for (const auto& [name, sql] : triggers_of(fresh)) {
    const auto found = here.find(name);
    if (found == here.end()) {
      faults.push_back({0, fmt::format("the trigger {} that protects the log is gone", name)});
    } else if (found->second != sql) {
      faults.push_back({0, fmt::format("the trigger {} that protects the log isn't the one that Driftwarden made", name)});
    }
  }
}

void add(std::vector<AuditFault>& faults, std::int64_t seq, std::string what) {
  if (!what.empty() && faults.size() < kMaxFaults) faults.push_back({seq, std::move(what)});
}

struct Walked {
  ChainEnd last;
  std::set<std::string> sealings;  ///< details of the rows that tell of seals
};

Walked check_rows(Session& session, std::vector<AuditFault>& faults) {
  Walked walked{.last = sealed_end(session), .sealings = {}};
  auto query = session.query("SELECT " AUDIT_COLUMNS " FROM audit ORDER BY seq");
  while (query.next()) {
    auto row = read_audit_row(query);
    add(faults, row.seq, fault_of(row, walked.last));
    if (row.entry.action == kSealed) walked.sealings.insert(row.entry.detail);
    walked.last = {.seq = row.seq, .hash = std::move(row.hash)};
  }
  return walked;
}

void check_head(const ChainEnd& last, const ChainEnd& head, std::vector<AuditFault>& faults) {
  if (last.seq < head.seq) {
    add(faults, head.seq, fmt::format("the log ends at row {}, but {} rows were written: the end was cut off", last.seq, head.seq));
  } else if (last.seq > head.seq) {
    add(faults, last.seq, fmt::format("rows after {} weren't written by Driftwarden", head.seq));
  } else if (last.hash != head.hash) {
    add(faults, last.seq, "the last row isn't the one that was written");
  }
}

/// The row that tells of the last seal was written with it and is still here, so rows that were merely deleted and declared sealed show. Those of
/// earlier seals may be in an archive by now.
void check_seals(const std::vector<AuditSeal>& seals, std::set<std::string> sealings, std::vector<AuditFault>& faults) {
  std::int64_t last = 0;
  for (const auto& seal : seals) {
    if (seal.first != last + 1) add(faults, seal.first, fmt::format("the seal before rows {} to {} is missing or was altered", seal.first, seal.last));
    last = seal.last;
    const bool told = sealings.erase(entry_of(seal).detail) > 0;
    if (!told && &seal == &seals.back()) add(faults, seal.last, fmt::format("no row of the log tells that rows {} to {} were sealed", seal.first, seal.last));
  }
  for (const auto& detail : sealings) add(faults, 0, fmt::format("the seal {} is gone or was altered", detail));
}

}  // namespace

ChainEnd read_head(Session& session) {
  auto query = session.query("SELECT seq, hash FROM audit_head");
  if (!query.next()) return {};
  return {.seq = query.integer(0), .hash = query.text(1)};
}

ChainEnd sealed_end(Session& session) {
  auto query = session.query("SELECT last, hash FROM audit_seal ORDER BY last DESC LIMIT 1");
  if (!query.next()) return {};
  return {.seq = query.integer(0), .hash = query.text(1)};
}

std::vector<AuditSeal> read_seals(Session& session) {
  std::vector<AuditSeal> seals;
  auto query = session.query("SELECT first, last, hash, archive, digest, at FROM audit_seal ORDER BY last");
  while (query.next()) {
    seals.push_back(
        {.first = query.integer(0), .last = query.integer(1), .hash = query.text(2), .archive = query.text(3), .digest = query.text(4), .at = query.time(5)});
  }
  return seals;
}

Result<AuditMark> read_mark(Session& session) {
  return guarded("reading the end of the audit log", [&] {
    const auto head = read_head(session);
    auto name = session.query("SELECT value FROM setting WHERE name = 'instance'");
    AuditMark mark{.seq = head.seq, .hash = head.hash, .instance = {}};
    if (name.next()) mark.instance = name.text(0);
    return mark;
  });
}

std::string fault_of(const AuditRow& row, const ChainEnd& last) {
  if (row.seq == last.seq + 2) return fmt::format("row {} is missing", last.seq + 1);
  if (row.seq <= last.seq) return "was sealed away, or is there twice";
  if (row.seq != last.seq + 1) return fmt::format("rows {} to {} are missing", last.seq + 1, row.seq - 1);
  if (row.previous != last.hash) return "doesn't follow the row before it: a row was edited, moved or replaced";
  if (row.hash != audit_hash(row)) return "its content isn't what was written: the row was edited";
  return {};
}

std::vector<AuditFault> verify_chain(Session& session) {
  std::vector<AuditFault> faults;
  check_triggers(session, faults);
  auto walked = check_rows(session, faults);
  check_head(walked.last, read_head(session), faults);
  check_seals(read_seals(session), std::move(walked.sealings), faults);
  return faults;
}

AuditEntry entry_of(const AuditSeal& seal) {
  AuditEntry entry;
  entry.actor = "driftwarden";
  entry.action = kSealed;
  entry.subject = fmt::format("rows {}-{}", seal.first, seal.last);
  entry.detail =
      fmt::format(R"({{"archive":"{}","digest":"{}","first":{},"hash":"{}","last":{}}})", seal.archive, seal.digest, seal.first, seal.hash, seal.last);
  entry.on = seal.digest;
  return entry;
}

}  // namespace driftwarden::storage
