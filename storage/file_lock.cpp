#include "storage/file_lock.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>

namespace driftwarden::storage {
namespace {

/// A fixed size, so that a shorter note leaves nothing of a longer one and the file never needs to be cut.
constexpr std::size_t kNoteSize = 512;
constexpr std::string_view kHead = "head ";
constexpr std::string_view kRestoring = "restoring ";
constexpr std::string_view kEnd = "end";

}  // namespace

Result<FileLock> FileLock::take(const std::string& path, bool shared) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return Error{ErrorKind::Unavailable, fmt::format("opening {}: {}; check the directory's owner and mode", path, std::strerror(errno))};
  }
  FileLock lock{descriptor};
  if (::flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    return Error{ErrorKind::Unavailable, fmt::format("another driftwarden is using this database (it holds {}): stop it first, or give this one "
                                                     "another storage.path",
                                                     path)};
  }
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

LockNote FileLock::note() const {
  std::array<char, kNoteSize> bytes{};
  if (descriptor_ < 0) return {};
  const auto size = ::pread(descriptor_, bytes.data(), bytes.size(), 0);
  if (size <= 0) return {};
  LockNote note;
  bool whole = false;
  for (const auto& line : split(std::string_view{bytes.data(), static_cast<std::size_t>(size)}, '\n')) {
    if (line.starts_with(kHead)) note.head = read_audit_mark(line.substr(kHead.size()));
    if (line.starts_with(kRestoring)) note.restoring = line.substr(kRestoring.size());
    if (line == kEnd) {
      whole = true;
      break;
    }
  }
  return whole ? note : LockNote{};
}

Result<void> FileLock::set_note(const LockNote& note, bool durable) const {
  if (descriptor_ < 0) return {};
  std::string text;
  if (note.head.seq > 0) text += fmt::format("{}{}\n", kHead, to_text(note.head));
  if (!note.restoring.empty()) text += fmt::format("{}{}\n", kRestoring, note.restoring);
  text += fmt::format("{}\n", kEnd);
  if (text.size() > kNoteSize) return Error{ErrorKind::InvalidInput, fmt::format("the file name {} is too long", note.restoring)};
  text.resize(kNoteSize, ' ');
  const bool written = ::pwrite(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (!written || (durable && ::fsync(descriptor_) != 0)) {
    return Error{ErrorKind::Unavailable, fmt::format("writing the database's lock file: {}", std::strerror(errno))};
  }
  return {};
}

}  // namespace driftwarden::storage
