// Opening: the lock, the file, its health, its version.
#include "gitops/base/random.hpp"
#include "storage/backup.hpp"
#include "storage/chain.hpp"
#include "storage/schema.hpp"
#include "storage/seize.hpp"
#include "storage/sqlite_store.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/core.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace driftwarden::storage {
namespace {

constexpr const char* kInMemory = ":memory:";
constexpr int kBusyTimeoutMs = 5000;
constexpr int kTakingOverMs = 300;  // whoever held the lead is through with a transaction long before, unless it was frozen

/// SQLite gives the -wal and -shm files the mode of the main one.
Result<void> make_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return Error{ErrorKind::Unavailable,
                 fmt::format("opening the database {}: {}; check the file's and the directory's owner and mode", path, std::strerror(errno))};
  }
  ::close(descriptor);
  return {};
}

void tighten(const std::string& path) {
  struct stat status {};
  const bool loose = ::stat(path.c_str(), &status) == 0 && (status.st_mode & 0077U) != 0;
  if (loose) static_cast<void>(::chmod(path.c_str(), 0600));
}

void configure(Session& session, bool read_only, int busy_timeout_ms = kBusyTimeoutMs) {
  auto& database = session.database();
  database.setBusyTimeout(busy_timeout_ms);
  // Pages that pruning frees are taken by the rows that come next, so the file stops growing; vacuuming it would write it anew while the bot waits.
  database.exec("PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL; "
                "PRAGMA journal_size_limit = 67108864");
  // What people typed doesn't stay in freed pages.
  if (!read_only) database.exec("PRAGMA secure_delete = ON");
  if (read_only) database.exec("PRAGMA query_only = ON");
}

Result<void> check_health(Session& session) {
  const std::string verdict = session.database().execAndGet("PRAGMA quick_check(1)").getString();
  if (verdict == "ok") return {};
  return Error{ErrorKind::Corrupt, fmt::format("the database {} is damaged ({}): put a backup in its place with `driftwarden restore FILE`, which keeps the damaged one beside it; "
                                               "without a backup, `sqlite3 damaged.db .recover | sqlite3 saved.db` saves what is readable",
                                               session.database().getFilename(), verdict)};
}

/// The file that the lock's note speaks of must be there.
Result<void> check_there(const LockNote& note, const std::string& path) {
  std::error_code failed;
  if (note.head.seq == 0 || (std::filesystem::file_size(path, failed) > 0 && !failed)) return {};
  return Error{ErrorKind::Corrupt, fmt::format("the database {0} is gone or empty, but {1} rows of its audit log were written here: put it back with its -wal file, or use "
                                               "`driftwarden restore FILE` to go on with a backup; to begin anew, remove {0}.lock too",
                                               path, note.head.seq)};
}

/// "" when the database still holds the row that was its last.
std::string why_older(Session& session, const AuditMark& mark, const AuditMark& noted) {
  if (!noted.instance.empty() && mark.instance != noted.instance) return fmt::format("it is the database {}, not {}", mark.instance, noted.instance);
  if (mark.seq < noted.seq) return fmt::format("its audit log ends at row {}, and row {} was written here", mark.seq, noted.seq);
  auto row = session.query("SELECT hash FROM audit WHERE seq = ?", noted.seq);
  if (row.next() && row.text(0) != noted.hash) return fmt::format("row {} of its audit log is another than the one that was written here", noted.seq);
  return {};
}

Result<void> check_not_older(Session& session, const LockNote& note, const std::string& path) {
  if (note.head.seq == 0) return {};
  TRY(const auto mark, read_mark(session));
  const auto why = why_older(session, mark, note.head);
  if (why.empty()) return {};
  return Error{ErrorKind::Corrupt, fmt::format("the database {0} isn't the one that was here: {1}. Its -wal file is missing, or an older copy lies in its place. Put back what "
                                               "is missing, or use `driftwarden restore FILE` to go on with a backup; to go on with this one, remove {0}.lock",
                                               path, why)};
}

/// So that going back to the program that wrote it is to restore that file.
Result<void> keep_before_migration(Session& session, const std::string& path, std::size_t version) {
  if (version == 0 || version == migrations().size()) return {};
  auto& files = system_files();
  const auto kept = fmt::format("{}.v{}.backup", path, version);
  const auto part = kept + ".part";
  if (auto copied = copy_database(session, part, files); !copied) return wrap(fmt::format("keeping a copy of {} before the upgrade", path), copied.error());
  CHECK_OK(files.rename(part, kept));
  return files.sync_directory_of(kept);
}

/// WAL keeps its index in memory that only processes of one machine share: two instances could be on two.
Result<void> choose_journal(Session& session, bool shared) {
  const std::string wanted = shared ? "truncate" : "wal";
  const auto got = session.database().execAndGet("PRAGMA journal_mode = " + wanted).getString();
  if (got == wanted || !shared) return {};
  return Error{ErrorKind::Unavailable, fmt::format("the database {} can't be shared (its journal stays \"{}\"): stop the driftwarden that uses it without ha", session.database().getFilename(), got)};
}

void name_database(Session& session, const std::string& instance) {
  const auto name = instance.empty() ? create_system_random()->hex(16) : instance;
  session.run("INSERT INTO setting (name, value) VALUES ('instance', ?) ON CONFLICT (name) DO NOTHING", name);
}

}  // namespace

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

namespace {

Result<std::unique_ptr<Store>> open_once(const std::string& path, Clock& clock, const StoreOptions& options) {
  const bool is_file = path != kInMemory && options.vfs.empty();
  FileLock lock;
  if (is_file) {
    CHECK_OK(make_directories(std::filesystem::path{path}.parent_path().string()));
    TRY(lock, FileLock::take(path + ".lock", options.leads != nullptr));
    CHECK_OK(finish_restore(system_files(), lock, path));
    if (options.leads) CHECK_OK(finish_seizure(system_files(), path, options.leads));
    CHECK_OK(check_there(lock.note(), path));
    CHECK_OK(make_file(path));
  }
  return guarded(fmt::format("opening the database {}", path), [&]() -> Result<std::unique_ptr<Store>> {
    auto session = std::make_unique<Session>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, options.vfs);
    configure(*session, false, options.leads ? kTakingOverMs : kBusyTimeoutMs);
    CHECK_OK(check_health(*session));
    TRY(const auto version, version_of(*session, migrations()));
    if (is_file && version > 0) CHECK_OK(check_not_older(*session, lock.note(), path));
    if (is_file) CHECK_OK(keep_before_migration(*session, path, version));
    CHECK_OK(migrate(*session, migrations()));
    if (is_file) tighten(path);
    CHECK_OK(choose_journal(*session, options.leads != nullptr));
    auto store = std::make_unique<SqliteStore>(std::move(lock), std::move(session), clock, false);
    CHECK_OK(store->begin_term(options.leads, is_file ? path : ""));
    store->session().database().setBusyTimeout(kBusyTimeoutMs);
    name_database(store->session(), options.instance);
    CHECK_OK(store->note_head());
    return store;
  });
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path, Clock& clock, const StoreOptions& options) {
  auto opened = open_once(path, clock, options);
  if (opened || !options.leads || !options.vfs.empty() || !is_locked(opened.error())) return opened;
  CHECK_OK(seize(system_files(), path, options.leads));
  return open_once(path, clock, options);
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
