#include "bot/app/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>

namespace driftwarden {

Result<std::unique_ptr<TemporaryDirectory>> TemporaryDirectory::make() {
  std::error_code failed;
  const auto parent = std::filesystem::temp_directory_path(failed);
  if (failed) return Error{ErrorKind::Unavailable, "there is no directory for temporary files: " + failed.message()};
  auto pattern = (parent / "driftwarden-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return Error{ErrorKind::Unavailable, "no temporary directory can be made in " + parent.string()};
  return std::unique_ptr<TemporaryDirectory>(new TemporaryDirectory(pattern));
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace driftwarden
