#include "storage/session.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/core.h>
#include <sqlite3.h>

namespace driftwarden::storage {
namespace {

constexpr std::string_view kRestore =
    "stop the bot, move the .db, .db-wal and .db-shm files aside and put a backup in their place (driftwarden restore); without one, "
    "`sqlite3 damaged.db .recover | sqlite3 driftwarden.db` saves what is readable";

class SqliteCategory final : public boost::system::error_category {
  const char* name() const noexcept override { return "sqlite"; }
  std::string message(int code) const override { return sqlite3_errstr(code); }
};

Error from_sqlite(std::string_view step, const SQLite::Exception& thrown) {
  const int code = thrown.getExtendedErrorCode() > 0 ? thrown.getExtendedErrorCode() : thrown.getErrorCode();
  const auto with = [&](ErrorKind kind, std::string_view advice) {
    return Error{kind, fmt::format("{}: {}{}{}", step, thrown.what(), advice.empty() ? "" : "; ", advice), {code, sqlite_category()}};
  };
  switch (thrown.getErrorCode() & 0xff) {
    case SQLITE_FULL: return with(ErrorKind::Unavailable, "free some space on the database's disk, nothing was lost");
    case SQLITE_READONLY: return with(ErrorKind::Unavailable, "the database can only be read: check the file's owner, its mode and the mount");
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return with(ErrorKind::Unavailable, "another process is using the database");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: return with(ErrorKind::Unavailable, "check that the directory exists and that this user may write to it");
    case SQLITE_IOERR: return with(ErrorKind::Unavailable, "the disk under the database fails: look at the system's log");
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT: return with(ErrorKind::Unavailable, "");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return with(ErrorKind::Corrupt, kRestore);
    case SQLITE_CONSTRAINT: return with(ErrorKind::Conflict, "");
    case SQLITE_TOOBIG: return with(ErrorKind::InvalidInput, "");
    default: return with(ErrorKind::Corrupt, "");
  }
}

}  // namespace

const boost::system::error_category& sqlite_category() {
  static const SqliteCategory category;
  return category;
}

bool is_damage(const Error& error) {
  if (error.cause.category() != sqlite_category()) return false;
  const int code = error.cause.value();
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return true;
    // Memory and locks run short without the file being any worse for it.
    case SQLITE_IOERR: return code != SQLITE_IOERR_NOMEM && code != SQLITE_IOERR_BLOCKED && code != SQLITE_IOERR_SHMSIZE;
    case SQLITE_READONLY: return code == SQLITE_READONLY_DBMOVED;
    default: return false;
  }
}

bool is_locked(const Error& error) { return error.cause.category() == sqlite_category() && (error.cause.value() & 0xff) == SQLITE_BUSY; }

bool Session::in_transaction() const { return sqlite3_get_autocommit(database_.getHandle()) == 0; }

Error to_error(std::string_view step, const std::exception& thrown) {
  if (const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&thrown)) return from_sqlite(step, *sqlite);
  return {ErrorKind::Corrupt, fmt::format("{}: a stored row can't be read: {}", step, thrown.what())};
}

}  // namespace driftwarden::storage
