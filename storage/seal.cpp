// Rows go from the database to an archive:
//
//   choose them, and check that they are a chain
//   write the archive, durably, and read it back
//   in one transaction: the seal, the row that tells of it, and the deletion, which the triggers allow behind a seal only
//
// Whatever is cut short in between leaves at most an archive of rows that the database still has; the next turn writes it anew.
#include "gitops/base/crypto.hpp"
#include "gitops/model/change.hpp"
#include "storage/archive.hpp"
#include "storage/chain.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/transaction.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

namespace driftwarden::storage {
namespace {

constexpr std::int64_t kRowsPerTurn = 5000;
constexpr std::size_t kBytesPerTurn = 16U << 20U;
constexpr const char* kPart = ".part";

struct Batch {
  std::vector<AuditRow> rows{};
  std::string text{};
  bool more = false;
  std::string waits_for{};
};

struct OldestOpen {
  std::int64_t change = 0;
  WallTime since{};
};

std::optional<OldestOpen> oldest_open_change(Session& session) {
  auto query = session.query("SELECT id, requested_at FROM change WHERE " CHANGE_IS_OPEN " ORDER BY requested_at LIMIT 1");
  if (!query.next()) return std::nullopt;
  return OldestOpen{query.integer(0), query.time(1)};
}

/// The last row of the log always stays: the next one follows it.
Result<Batch> choose_rows(Session& session, WallTime before) {
  Batch batch;
  auto last = sealed_end(session);
  const auto open = oldest_open_change(session);
  auto query = session.query("SELECT " AUDIT_COLUMNS " FROM audit WHERE seq > ? AND seq < (SELECT max(seq) FROM audit) ORDER BY seq LIMIT ?", last.seq, kRowsPerTurn + 1);
  while (query.next()) {
    auto row = read_audit_row(query);
    if (row.at >= before) break;
    // An approval asks the log whether its Change moved since it was proposed.
    if (open && row.at >= open->since) {
      batch.waits_for = change_name(open->change);
      break;
    }
    batch.more = std::cmp_greater_equal(batch.rows.size(), kRowsPerTurn) || batch.text.size() >= kBytesPerTurn;
    if (batch.more) break;
    if (const auto fault = fault_of(row, last); !fault.empty()) {
      return Error{ErrorKind::Corrupt, fmt::format("row {} of the audit log: {}; nothing is sealed (driftwarden audit verify shows all)", row.seq, fault)};
    }
    last = {.seq = row.seq, .hash = row.hash};
    batch.text += archive_line(row);
    batch.rows.push_back(std::move(row));
  }
  // Else sealing would go on for ever about nothing but itself.
  if (std::ranges::all_of(batch.rows, [](const AuditRow& row) { return row.entry.action == kSealed; })) return Batch{.waits_for = batch.waits_for};
  return batch;
}

bool has_row(Session& session, const AuditRow& row) {
  auto query = session.query("SELECT hash FROM audit WHERE seq = ?", row.seq);
  return query.next() && query.text(0) == row.hash;
}

/// What a turn that was cut short left: archives of rows that are still here.
Result<void> clear_leftovers(Session& session, Files& files, const std::string& directory) {
  const auto sealed = sealed_end(session);
  TRY(const auto names, archives_in(directory));
  for (const auto& name : names) {
    if (archive_range(name)->last <= sealed.seq) continue;
    const auto path = (std::filesystem::path{directory} / name).string();
    TRY(const auto rows, read_archive(path));
    if (!std::ranges::all_of(rows, [&](const AuditRow& row) { return has_row(session, row); })) {
      return Error{ErrorKind::Conflict, fmt::format("{} holds rows that this database never had: is it of another database, or was an older copy of this one put back? "
                                                    "Keep it elsewhere, then sealing goes on",
                                                    path)};
    }
    CHECK_OK(files.remove(path));
  }
  return {};
}

Result<void> write_archive(Files& files, const std::string& path, const Batch& batch) {
  const auto part = path + kPart;
  CHECK_OK(files.write(part, batch.text));
  CHECK_OK(files.rename_new(part, path));
  CHECK_OK(files.sync_directory_of(path));
  TRY(const auto rows, read_archive(path));
  if (rows == batch.rows) return {};
  return Error{ErrorKind::Corrupt, fmt::format("{} doesn't hold what was written to it: look at the disk", path)};
}

void insert_seal(Session& session, const AuditSeal& seal) {
  session.run("INSERT INTO audit_seal (last, first, hash, archive, digest, at) VALUES (?, ?, ?, ?, ?, ?)", seal.last, seal.first, seal.hash, seal.archive, seal.digest, seal.at);
}

}  // namespace

Result<SealReport> SqliteStore::seal_audit(WallTime before, const std::string& directory) {
  CHECK_OK(refusal());
  TRY(const auto batch, noted(guarded("choosing the rows to seal", [&] { return choose_rows(*session_, before); })));
  SealReport report{.rows = batch.rows.size(), .seal = {}, .more = batch.more, .waits_for = batch.waits_for};
  if (batch.rows.empty()) return report;
  const RowRange range{batch.rows.front().seq, batch.rows.back().seq};
  report.seal = {.first = range.first, .last = range.last, .hash = batch.rows.back().hash, .archive = archive_name(range), .digest = sha256_hex(batch.text), .at = clock_.wall_now()};
  CHECK_OK(make_directories(directory));
  CHECK_OK(noted(guarded("looking for archives of an earlier turn", [&] { return clear_leftovers(*session_, *files_, directory); })));
  CHECK_OK(write_archive(*files_, (std::filesystem::path{directory} / report.seal.archive).string(), batch));
  CHECK_OK(transact([&](Transaction& transaction) -> Result<void> {
    CHECK_OK(guarded("sealing the audit log", [&] { insert_seal(*session_, report.seal); }));
    CHECK_OK(transaction.append_audit(entry_of(report.seal)));
    return guarded("removing sealed rows", [&]() -> Result<void> {
      const auto removed = session_->run("DELETE FROM audit WHERE seq <= ?", range.last);
      if (std::cmp_equal(removed, batch.rows.size())) return {};
      return Error{ErrorKind::Conflict, fmt::format("{} rows would go, {} were written to {}", removed, batch.rows.size(), report.seal.archive)};
    });
  }));
  return report;
}

}  // namespace driftwarden::storage
