#include "storage/seize.hpp"

#include "storage/session.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <charconv>
#include <cstring>
#include <filesystem>

namespace driftwarden::storage {
namespace {

constexpr int kCopies = 5;

/// What changes when a file is written to.
struct Stamp {
  bool there = false;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const std::string& path) {
  struct stat status {};
  Stamp stamp;
  if (::stat(path.c_str(), &status) != 0) return stamp;
  stamp.there = true;
  stamp.inode = status.st_ino;
  stamp.size = status.st_size;
  stamp.seconds = status.st_mtim.tv_sec;
  stamp.nanoseconds = status.st_mtim.tv_nsec;
  return stamp;
}

Result<void> copy(const std::string& from, const std::string& to) {
  std::error_code failed;
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, failed);
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("copying {} to {}: {}", from, to, failed.message())};
  return {};
}

Error not_the_leader(const std::string& path) { return {ErrorKind::Unavailable, fmt::format("this instance leads no more, so it leaves {} alone", path)}; }

/// The two files as they were at one moment.
Result<void> copy_together(Files& files, const std::string& path, const std::string& to) {
  const auto journal = path + "-journal";
  for (int attempt = 0; attempt < kCopies; ++attempt) {
    const auto file_before = stamp_of(path);
    const auto journal_before = stamp_of(journal);
    CHECK_OK(files.remove(to + "-journal"));
    CHECK_OK(copy(path, to));
    if (journal_before.there) CHECK_OK(copy(journal, to + "-journal"));
    if (stamp_of(path) == file_before && stamp_of(journal) == journal_before) return {};
  }
  return Error{ErrorKind::Unavailable, fmt::format("{} is being written by another instance", path)};
}

/// Rolls back what was under way.
Result<void> recover(const std::string& path) {
  return guarded("rolling back what a frozen instance had begun", [&]() -> Result<void> {
    Session session(path, SQLite::OPEN_READWRITE, "");
    const std::string verdict = session.database().execAndGet("PRAGMA quick_check(1)").getString();
    if (verdict != "ok") return Error{ErrorKind::Corrupt, fmt::format("a copy of the database that a frozen instance holds is damaged ({})", verdict)};
    session.database().execAndGet("PRAGMA journal_mode = DELETE");
    return Result<void>{};
  });
}

}  // namespace

std::int64_t seizures_of(const std::string& path) {
  std::int64_t count = 0;
  if (const auto text = read_file(path + ".term")) std::from_chars(text->data(), text->data() + text->size(), count);
  return count;
}

Result<void> seize(Files& files, const std::string& path, const std::function<bool()>& leads) {
  if (!leads()) return not_the_leader(path);
  const auto term = path + ".term";
  const auto seizing = path + ".seizing";
  CHECK_OK(files.write(term + ".part", std::to_string(seizures_of(path) + 1)));
  CHECK_OK(files.rename(term + ".part", term));
  CHECK_OK(files.sync_directory_of(term));
  CHECK_OK(copy_together(files, path, seizing));
  CHECK_OK(recover(seizing));
  CHECK_OK(files.remove(seizing + "-journal"));
  CHECK_OK(files.sync(seizing));
  if (!leads()) return not_the_leader(path);
  CHECK_OK(files.rename(seizing, path + ".seized"));
  CHECK_OK(files.sync_directory_of(path));
  return finish_seizure(files, path, leads);
}

Result<void> finish_seizure(Files& files, const std::string& path, const std::function<bool()>& leads) {
  if (!stamp_of(path + ".seized").there) return {};
  if (!leads()) return not_the_leader(path);
  // Its journal is of the old file: the new one must never meet it.
  CHECK_OK(files.remove(path + "-journal"));
  CHECK_OK(files.sync_directory_of(path));
  CHECK_OK(files.rename(path + ".seized", path));
  return files.sync_directory_of(path);
}

}  // namespace driftwarden::storage
