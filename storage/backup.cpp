#include "storage/backup.hpp"

#include "storage/chain.hpp"
#include "storage/schema.hpp"
#include "storage/sqlite_store.hpp"

#include <fmt/core.h>

#include <filesystem>

namespace driftwarden::storage {
namespace {

/// VACUUM INTO writes to a file of its own, which query_only forbids as well.
class MayCopy {
 public:
  explicit MayCopy(Session& session) : session_(session), was_(session.database().execAndGet("PRAGMA query_only").getInt() != 0) {
    if (was_) session_.database().exec("PRAGMA query_only = OFF");
  }
  ~MayCopy() {
    if (was_) session_.database().tryExec("PRAGMA query_only = ON");
  }
  MayCopy(const MayCopy&) = delete;
  MayCopy& operator=(const MayCopy&) = delete;

 private:
  Session& session_;
  bool was_;
};

}  // namespace

Result<void> copy_database(Session& from, const std::string& to, Files& files) {
  CHECK_OK(files.make_private(to));
  CHECK_OK(guarded("copying the database to " + to, [&] {
    const MayCopy may_copy{from};
    SQLite::Statement copy{from.database(), "VACUUM INTO ?"};
    copy.bind(1, std::filesystem::absolute(to).string());
    copy.exec();
  }));
  return files.sync(to);
}

Result<void> check_copy(const std::string& path) {
  return guarded("checking the copy " + path, [&]() -> Result<void> {
    Session copy{path, SQLite::OPEN_READONLY};
    const std::string verdict = copy.database().execAndGet("PRAGMA integrity_check(1)").getString();
    if (verdict != "ok") return Error{ErrorKind::Corrupt, fmt::format("the copy {} is damaged: {}", path, verdict)};
    CHECK_OK(version_of(copy, migrations()));
    const auto faults = verify_chain(copy);
    if (faults.empty()) return {};
    return Error{ErrorKind::Corrupt, fmt::format("the audit log in it isn't whole: row {}: {} (driftwarden audit verify shows all)", faults[0].seq, faults[0].what)};
  });
}

Result<void> SqliteStore::backup(const std::string& to) {
  CHECK_OK(refusal());
  std::error_code failed;
  if (std::filesystem::exists(std::filesystem::symlink_status(to, failed))) {
    return Error{ErrorKind::Conflict, fmt::format("{} exists: a backup never replaces a file", to)};
  }
  const auto part = to + ".part";
  auto lock = FileLock::take(part);
  if (!lock) return wrap(fmt::format("making {} (is another backup to it under way?)", part), lock.error());
  const auto done = [&]() -> Result<void> {
    CHECK_OK(noted(copy_database(*session_, part, *files_)));
    CHECK_OK(check_copy(part));
    CHECK_OK(files_->rename_new(part, to));
    return files_->sync_directory_of(to);
  }();
  if (!done) static_cast<void>(files_->remove(part));
  return done;
}

}  // namespace driftwarden::storage
