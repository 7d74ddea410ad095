// Whether the archives are the ones that were sealed, and whether the log goes on where they end.
#include "gitops/base/crypto.hpp"
#include "storage/archive.hpp"
#include "storage/chain.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/transaction.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace driftwarden::storage {
namespace {

class ArchiveCheck {
 public:
  ArchiveCheck(Session& session, const std::string& directory, const std::function<void(const AuditRow&)>& each) : session_(session), directory_(directory), each_(each) {}

  Result<std::vector<AuditFault>> run() {
    const auto seals = read_seals(session_);
    for (const auto& seal : seals) check(seal);
    check_tellings(seals);
    CHECK_OK(check_others(seals));
    return std::move(faults_);
  }

 private:
  void add(std::int64_t seq, std::string what) {
    if (faults_.size() < kMaxFaults) faults_.push_back({seq, std::move(what)});
  }
  std::string path_of(const std::string& name) const { return (std::filesystem::path{directory_} / name).string(); }

  /// Goes on behind it as if it were whole, so that one bad archive is one finding.
  void check(const AuditSeal& seal) {
    const auto last = std::exchange(last_, ChainEnd{.seq = seal.last, .hash = seal.hash});
    const auto text = read_file(path_of(seal.archive));
    if (!text) {
      add(seal.first, fmt::format("the archive of rows {} to {} is missing: {}", seal.first, seal.last, text.error().message));
      return;
    }
    if (sha256_hex(*text) != seal.digest) add(seal.first, fmt::format("{} isn't the file that was sealed: it was edited, or another lies in its place", seal.archive));
    const auto rows = parse_archive(*text);
    if (!rows) {
      add(seal.first, fmt::format("{}: {}", seal.archive, rows.error().message));
      return;
    }
    check_rows(*rows, last, seal);
  }

  void check_rows(const std::vector<AuditRow>& rows, ChainEnd last, const AuditSeal& seal) {
    for (const auto& row : rows) {
      if (const auto fault = fault_of(row, last); !fault.empty()) add(row.seq, fmt::format("in {}: {}", seal.archive, fault));
      if (row.entry.action == kSealed) tellings_.insert(row.entry.detail);
      if (each_) each_(row);
      last = {.seq = row.seq, .hash = row.hash};
    }
    if (last.seq != seal.last || last.hash != seal.hash) add(seal.last, fmt::format("{} doesn't end in the row that was sealed last", seal.archive));
  }

  /// Every seal was told by a row, here or in a later archive.
  void check_tellings(const std::vector<AuditSeal>& seals) {
    auto query = session_.query("SELECT detail FROM audit WHERE action = ?", kSealed);
    while (query.next()) tellings_.insert(query.text(0));
    for (const auto& seal : seals) {
      if (!tellings_.contains(entry_of(seal).detail)) add(seal.last, fmt::format("no row of the log tells that rows {} to {} were sealed", seal.first, seal.last));
    }
  }

  /// Archives that no seal names: a turn that was cut short left rows that are still here; anything else was made with another database.
  Result<void> check_others(const std::vector<AuditSeal>& seals) {
    std::set<std::string> sealed;
    for (const auto& seal : seals) sealed.insert(seal.archive);
    TRY(const auto names, archives_in(directory_));
    for (const auto& name : names) {
      if (sealed.contains(name)) continue;
      const auto rows = read_archive(path_of(name));
      const bool known = rows && std::ranges::all_of(*rows, [this](const AuditRow& row) { return has(row); });
      if (!known) add(archive_range(name)->first, fmt::format("{} belongs to no seal of this database: was an older copy of the database put back?", name));
    }
    return {};
  }

  bool has(const AuditRow& row) {
    auto query = session_.query("SELECT hash FROM audit WHERE seq = ?", row.seq);
    return query.next() && query.text(0) == row.hash;
  }

  Session& session_;
  const std::string& directory_;
  const std::function<void(const AuditRow&)>& each_;
  std::vector<AuditFault> faults_;
  ChainEnd last_;
  std::set<std::string> tellings_;
};

}  // namespace

Result<std::vector<AuditFault>> SqliteStore::verify_archives(const std::string& directory, const std::function<void(const AuditRow&)>& each) {
  CHECK_OK(refusal());
  return noted(in_snapshot("verifying the archives", [&] { return ArchiveCheck{*session_, directory, each}.run(); }));
}

}  // namespace driftwarden::storage
