#include "storage/session.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/core.h>
#include <sqlite3.h>

namespace driftwarden::storage {
namespace {

constexpr std::string_view kRestore =
    "stop the bot, move the .db, .db-wal and .db-shm files aside and put a backup in their place (driftwarden restore); without one, "
    "`sqlite3 damaged.db .recover | sqlite3 driftwarden.db` saves what is readable";

Error from_sqlite(std::string_view step, const SQLite::Exception& thrown) {
  const auto with = [&](ErrorKind kind, std::string_view advice) {
    return Error{kind, fmt::format("{}: {}{}{}", step, thrown.what(), advice.empty() ? "" : "; ", advice)};
  };
  switch (thrown.getErrorCode() & 0xff) {
    case SQLITE_FULL: return with(ErrorKind::Unavailable, "free some space on the database's disk, nothing was lost");
    case SQLITE_READONLY: return with(ErrorKind::Unavailable, "the database can only be read: check the file's owner, its mode and the mount");
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return with(ErrorKind::Unavailable, "another process is using the database");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: return with(ErrorKind::Unavailable, "check that the directory exists and that this user may write to it");
    case SQLITE_IOERR:
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

bool Session::in_transaction() const { return sqlite3_get_autocommit(database_.getHandle()) == 0; }

Error to_error(std::string_view step, const std::exception& thrown) {
  if (const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&thrown)) return from_sqlite(step, *sqlite);
  return {ErrorKind::Corrupt, fmt::format("{}: a stored row can't be read: {}", step, thrown.what())};
}

}  // namespace driftwarden::storage
