#include "storage/files.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace driftwarden::storage {
namespace {

Error failed(std::string_view step, const std::string& path) {
  const int code = errno;
  const auto kind = code == EEXIST ? ErrorKind::Conflict : code == ENOENT ? ErrorKind::NotFound : ErrorKind::Unavailable;
  const auto* advice = code == ENOSPC || code == EDQUOT ? "; free some space, nothing was lost" : code == EACCES || code == EPERM || code == EROFS ? "; check owner, mode and mount" : "";
  return {kind, fmt::format("{} {}: {}{}", step, path, std::strerror(code), advice)};
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

Result<void> write_all(const Descriptor& file, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(file.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("writing", path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

class SystemFiles final : public Files {};

}  // namespace

Files& system_files() {
  static SystemFiles files;
  return files;
}

Result<void> Files::before(std::string_view, const std::string&) { return {}; }

Result<void> Files::write(const std::string& path, std::string_view content) {
  CHECK_OK(make_private(path));
  CHECK_OK(before("writing", path));
  const Descriptor file{path, O_WRONLY};
  if (!file) return failed("opening", path);
  CHECK_OK(write_all(file, path, content));
  CHECK_OK(before("syncing", path));
  if (::fsync(file.number()) != 0) return failed("syncing", path);
  return {};
}

Result<void> Files::make_private(const std::string& path) {
  CHECK_OK(before("creating", path));
  const Descriptor file{path, O_WRONLY | O_CREAT | O_TRUNC};
  if (!file || ::fchmod(file.number(), 0600) != 0) return failed("creating", path);
  return {};
}

Result<void> Files::sync(const std::string& path) {
  CHECK_OK(before("syncing", path));
  const Descriptor file{path, O_RDONLY};
  if (!file || ::fsync(file.number()) != 0) return failed("syncing", path);
  return {};
}

Result<void> Files::sync_directory_of(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  const auto directory = parent.empty() ? std::string{"."} : parent.string();
  CHECK_OK(before("syncing", directory));
  const Descriptor opened{directory, O_RDONLY | O_DIRECTORY};
  if (!opened || ::fsync(opened.number()) != 0) return failed("syncing", directory);
  return {};
}

Result<void> Files::rename(const std::string& from, const std::string& to) {
  CHECK_OK(before("renaming", from));
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("renaming to", to);
  return {};
}

Result<void> Files::rename_new(const std::string& from, const std::string& to) {
  CHECK_OK(before("renaming", from));
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return failed("renaming to", to);
  // A file system that can't rename like that; a link refuses an existing name, too.
  if (::link(from.c_str(), to.c_str()) != 0) return failed("renaming to", to);
  return remove(from);
}

Result<void> Files::link(const std::string& from, const std::string& to) {
  CHECK_OK(before("linking", from));
  if (::link(from.c_str(), to.c_str()) == 0) return {};
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return failed("linking to", to);
  std::error_code error;
  std::filesystem::copy_file(from, to, error);
  if (error) return Error{ErrorKind::Unavailable, fmt::format("copying {} to {}: {}", from, to, error.message())};
  return sync(to);
}

Result<void> Files::remove(const std::string& path) {
  CHECK_OK(before("removing", path));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("removing", path);
  return {};
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return failed("opening", path);
  std::string content{std::istreambuf_iterator<char>{file}, {}};
  if (file.bad()) return failed("reading", path);
  return content;
}

Result<void> make_directories(const std::string& directory) {
  std::error_code error;
  if (directory.empty() || std::filesystem::is_directory(directory, error)) return {};
  std::filesystem::create_directories(directory, error);
  if (error) return Error{ErrorKind::Unavailable, fmt::format("creating {}: {}; create it for the bot's user", directory, error.message())};
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  return {};
}

}  // namespace driftwarden::storage
