// A backup takes the place of a database:
//
//   copy the backup beside it, check, upgrade, append to its audit log  - nothing has happened to the database yet
//   give what is there a second name (.before-restore-...)
//   note in the lock's file which copy it will be                       - from here on it is finished, now or when next opened
//   remove the old -wal, rename the copy over the old file, forget the note
#include "gitops/base/text.hpp"
#include "storage/backup.hpp"
#include "storage/chain.hpp"
#include "storage/schema.hpp"
#include "storage/transaction.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace driftwarden::storage {
namespace {

constexpr std::array kCompanions{"-wal", "-shm", "-journal"};

bool exists(const std::string& path) {
  std::error_code failed;
  return std::filesystem::exists(path, failed);
}

Result<void> remove_whole(Files& files, const std::string& path) {
  for (const auto* suffix : kCompanions) CHECK_OK(files.remove(path + suffix));
  return files.remove(path);
}

Result<void> check_names(const std::string& from, const std::string& to) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(from, failed)) return Error{ErrorKind::NotFound, fmt::format("there is no backup {}", from)};
  if (std::filesystem::equivalent(from, to, failed)) return Error{ErrorKind::InvalidInput, fmt::format("{} is the database itself", from)};
  return {};
}

Result<void> take_copy(Files& files, const std::string& from, const std::string& copy) {
  CHECK_OK(remove_whole(files, copy));
  return guarded("reading the backup " + from, [&]() -> Result<void> {
    auto backup = open_for_reading(from);
    TRY(const auto version, version_of(*backup, migrations()));
    if (version == 0) return Error{ErrorKind::InvalidInput, fmt::format("{} is empty", from)};
    return copy_database(*backup, copy, files);
  });
}

/// The end of what lies there now, when that can be read at all.
std::optional<AuditMark> read_lost(const std::string& path, const LockNote& note) {
  if (exists(path)) {
    const auto mark = guarded("reading the database", [&]() -> Result<AuditMark> { return read_mark(*open_for_reading(path)); });
    if (mark && mark->seq > 0) return *mark;
  }
  if (note.head.seq > 0) return note.head;
  return std::nullopt;
}

AuditEntry entry_of(const AuditMark& head, const std::optional<AuditMark>& lost) {
  AuditEntry entry;
  entry.actor = "driftwarden";
  entry.action = "storage.restored";
  entry.detail = fmt::format(R"({{"backup":{},"lost":{}}})", json_quoted(to_text(head)), lost ? json_quoted(to_text(*lost)) : "null");
  return entry;
}

struct Prepared {
  AuditMark before{};  ///< the end of the backup's chain
  AuditMark now{};     ///< with the row that tells of the restore
};

/// Upgrades and checks the copy, and notes in it what happens.
Result<Prepared> prepare(const std::string& copy, const std::optional<AuditMark>& lost, Clock& clock) {
  return guarded("preparing the backup", [&]() -> Result<Prepared> {
    Session session{copy, SQLite::OPEN_READWRITE};
    session.database().exec("PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE");
    CHECK_OK(migrate(session, migrations()));
    if (const auto faults = verify_chain(session); !faults.empty()) {
      return Error{ErrorKind::Corrupt, fmt::format("its audit log isn't whole: row {}: {}", faults[0].seq, faults[0].what)};
    }
    TRY(const auto before, read_mark(session));
    session.database().exec("BEGIN IMMEDIATE");
    SqliteTransaction transaction{session, clock};
    CHECK_OK(transaction.append_audit(entry_of(before, lost)));
    session.database().exec("COMMIT");
    TRY(const auto now, read_mark(session));
    return Prepared{before, now};
  });
}

/// A second name for what is there: the first goes over to the backup.
Result<std::string> set_aside(Files& files, const std::string& path, WallTime now) {
  if (!exists(path)) return std::string{};
  auto stamp = format_time(std::chrono::floor<std::chrono::seconds>(now));
  std::erase_if(stamp, [](char c) { return c == ':' || c == '-'; });
  const auto name = fmt::format("{}.before-restore-{}", path, stamp);
  auto aside = name;
  for (int more = 2; exists(aside) || exists(aside + "-wal") || exists(aside + "-journal"); ++more) aside = fmt::format("{}-{}", name, more);
  for (const auto* suffix : {"-wal", "-journal"}) {
    if (exists(path + suffix)) CHECK_OK(files.link(path + suffix, aside + suffix));
  }
  CHECK_OK(files.link(path, aside));
  CHECK_OK(files.sync_directory_of(path));
  return aside;
}

}  // namespace

Result<void> finish_restore(Files& files, FileLock& lock, const std::string& path) {
  const auto note = lock.note();
  if (note.restoring.empty()) return {};
  const auto copy = (std::filesystem::path{path}.parent_path() / note.restoring).string();
  if (exists(copy)) {
    for (const auto* suffix : kCompanions) CHECK_OK(files.remove(path + suffix));
    CHECK_OK(files.sync_directory_of(path));
    CHECK_OK(files.rename(copy, path));
    CHECK_OK(files.sync_directory_of(path));
  }
  return lock.set_note({.head = note.head, .restoring = {}}, true);
}

Result<RestoreReport> restore_with(Files& files, const std::string& from, const std::string& to, Clock& clock) {
  CHECK_OK(check_names(from, to));
  CHECK_OK(make_directories(std::filesystem::path{to}.parent_path().string()));
  TRY(auto lock, FileLock::take(to + ".lock"));
  CHECK_OK(finish_restore(files, lock, to));
  const auto copy = to + ".restoring";
  RestoreReport report;
  report.lost_head = read_lost(to, lock.note());
  const auto made = [&]() -> Result<Prepared> {
    CHECK_OK(take_copy(files, from, copy));
    TRY(const auto prepared, prepare(copy, report.lost_head, clock));
    CHECK_OK(check_copy(copy));
    CHECK_OK(files.sync(copy));
    return prepared;
  }();
  if (!made) {
    static_cast<void>(remove_whole(files, copy));
    return wrap(fmt::format("the backup {} can't be used, nothing was altered", from), made.error());
  }
  report.head = made->before;
  TRY(report.aside, set_aside(files, to, clock.wall_now()));
  CHECK_OK(files.sync_directory_of(to));
  CHECK_OK(lock.set_note({.head = made->now, .restoring = std::filesystem::path{copy}.filename().string()}, true));
  CHECK_OK(finish_restore(files, lock, to));
  return report;
}

Result<RestoreReport> restore(const std::string& from, const std::string& to, Clock& clock) { return restore_with(system_files(), from, to, clock); }

}  // namespace driftwarden::storage
