#include "gitops/base/temporary_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace driftwarden {
namespace fs = std::filesystem;

Result<std::unique_ptr<TemporaryDirectory>> TemporaryDirectory::make(const std::string& name, const std::string& parent) {
  std::error_code failed;
  const auto below = parent.empty() ? fs::temp_directory_path(failed) : fs::path(parent);
  if (failed) return Error{ErrorKind::Unavailable, "there is no directory for temporary files: " + failed.message()};
  auto pattern = (below / (name + "-XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) return Error{ErrorKind::Unavailable, "no temporary directory can be made in " + below.string() + ": " + std::strerror(errno)};
  auto path = fs::canonical(pattern, failed).string();
  return std::unique_ptr<TemporaryDirectory>(new TemporaryDirectory(failed ? std::move(pattern) : std::move(path)));
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace driftwarden
