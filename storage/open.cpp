// Opening: the lock, the file, its health, its version.
#include "storage/schema.hpp"
#include "storage/sqlite_store.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace driftwarden::storage {
namespace {

constexpr const char* kInMemory = ":memory:";
constexpr int kBusyTimeoutMs = 5000;

Error system_error(std::string_view step, const std::string& path, std::string_view advice) {
  return {ErrorKind::Unavailable, fmt::format("{} {}: {}; {}", step, path, std::strerror(errno), advice)};
}

Result<void> make_directory(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  std::error_code failed;
  if (parent.empty() || std::filesystem::exists(parent, failed)) return {};
  std::filesystem::create_directories(parent, failed);
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("creating {}: {}; create it for the bot's user", parent.string(), failed.message())};
  std::filesystem::permissions(parent, std::filesystem::perms::owner_all, failed);
  return {};
}

/// SQLite gives the -wal and -shm files the mode of the main one.
Result<void> make_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return system_error("opening the database", path, "check the file's and the directory's owner and mode");
  ::close(descriptor);
  return {};
}

void tighten(const std::string& path) {
  struct stat status {};
  const bool loose = ::stat(path.c_str(), &status) == 0 && (status.st_mode & 0077U) != 0;
  if (loose) static_cast<void>(::chmod(path.c_str(), 0600));
}

void configure(Session& session, bool read_only) {
  auto& database = session.database();
  database.setBusyTimeout(kBusyTimeoutMs);
  database.exec("PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL");
  if (read_only) database.exec("PRAGMA query_only = ON");
}

Result<void> check_health(Session& session) {
  const std::string verdict = session.database().execAndGet("PRAGMA quick_check(1)").getString();
  if (verdict == "ok") return {};
  return Error{ErrorKind::Corrupt, fmt::format("the database {} is damaged ({}): stop the bot, move it aside with its -wal and -shm files and put a "
                                               "backup in its place (driftwarden restore); without one, `sqlite3 damaged.db .recover | sqlite3 "
                                               "driftwarden.db` saves what is readable",
                                               session.database().getFilename(), verdict)};
}

/// A read-only WAL database needs its -shm file, which can't be made in a read-only directory. With no -wal the file alone is whole.
std::unique_ptr<Session> open_for_reading(const std::string& path) {
  try {
    auto session = std::make_unique<Session>(path, SQLite::OPEN_READONLY);
    session->database().setBusyTimeout(kBusyTimeoutMs);
    session->database().execAndGet("SELECT count(*) FROM sqlite_schema");
    return session;
  } catch (const SQLite::Exception&) {
    std::error_code failed;
    if (std::filesystem::file_size(path + "-wal", failed) > 0 && !failed) throw;
    if (!std::filesystem::exists(path, failed)) throw;
    std::string escaped;
    for (const char c : std::filesystem::absolute(path).string()) {
      escaped += (c == '%' || c == '?' || c == '#') ? fmt::format("%{:02x}", static_cast<unsigned char>(c)) : std::string{c};
    }
    return std::make_unique<Session>("file:" + escaped + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  }
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return system_error("opening", path, "check the directory's owner and mode");
  FileLock lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorKind::Unavailable, fmt::format("another driftwarden is using this database (it holds {}): stop it first, or give this one "
                                                     "another storage.path",
                                                     path)};
  }
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path, Clock& clock) {
  FileLock lock;
  if (path != kInMemory) {
    CHECK_OK(make_directory(path));
    TRY(lock, FileLock::take(path + ".lock"));
    CHECK_OK(make_file(path));
  }
  return guarded(fmt::format("opening the database {}", path), [&]() -> Result<std::unique_ptr<Store>> {
    auto session = std::make_unique<Session>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    configure(*session, false);
    CHECK_OK(check_health(*session));
    CHECK_OK(migrate(*session, migrations()));
    if (path != kInMemory) tighten(path);
    session->database().exec("PRAGMA journal_mode = WAL");
    return std::make_unique<SqliteStore>(std::move(lock), std::move(session), clock, false);
  });
}

Result<std::unique_ptr<Store>> Store::open_read_only(const std::string& path, Clock& clock) {
  return guarded(fmt::format("opening the database {}", path), [&]() -> Result<std::unique_ptr<Store>> {
    std::error_code failed;
    if (!std::filesystem::exists(path, failed)) return Error{ErrorKind::Unavailable, fmt::format("there is no database {}", path)};
    auto session = open_for_reading(path);
    configure(*session, true);
    auto& database = session->database();
    if (database.execAndGet("PRAGMA application_id").getInt64() != kApplicationId) {
      return Error{ErrorKind::InvalidInput, fmt::format("{} is no database of Driftwarden", path)};
    }
    const auto version = database.execAndGet("PRAGMA user_version").getInt64();
    if (version != static_cast<std::int64_t>(migrations().size())) {
      return Error{ErrorKind::InvalidInput,
                   fmt::format("{} has version {}, this program reads version {}: use the program that wrote it", path, version, migrations().size())};
    }
    return std::make_unique<SqliteStore>(FileLock{}, std::move(session), clock, true);
  });
}

}  // namespace driftwarden::storage
