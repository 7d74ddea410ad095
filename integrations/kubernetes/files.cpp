#include "integrations/kubernetes/files.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace driftwarden::kubernetes {

Result<std::string> read_small_file(const std::string& path) {
  constexpr std::size_t kLimit = 4U << 20U;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const auto kind = errno == EACCES ? ErrorKind::Denied : ErrorKind::NotFound;
    return Error{kind, path + ": " + std::strerror(errno == 0 ? ENOENT : errno)};
  }
  std::string text;
  char block[16384];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kLimit) return Error{ErrorKind::Corrupt, path + ": longer than 4 MiB"};
  }
  if (file.bad()) return Error{ErrorKind::Corrupt, path + ": can't be read (a directory?)"};
  return text;
}

}  // namespace driftwarden::kubernetes
