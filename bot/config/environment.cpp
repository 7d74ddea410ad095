#include "bot/config/config.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace driftwarden {
namespace {

constexpr std::uintmax_t kMaxBytes = 16U << 20U;

class SystemEnvironment final : public Environment {
 public:
  std::optional<std::string> variable(const std::string& name) const override {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  }

  Result<std::string> read_file(const std::string& path) const override {
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) return Error{ErrorKind::InvalidInput, "it is a directory"};
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    if (!file) return Error{ErrorKind::NotFound, to_lower(std::strerror(errno))};
    const auto size = std::filesystem::file_size(path, failed);
    if (!failed && size > kMaxBytes) return Error{ErrorKind::InvalidInput, "it is too large"};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  }

  std::vector<std::string> list_files(const std::string& pattern) const override {
    const std::filesystem::path path{pattern};
    const auto directory = path.parent_path();
    std::vector<std::string> found;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator{directory.empty() ? "." : directory, failed}) {
      const auto name = entry.path().filename().string();
      if (!name.starts_with('.') && glob_match(path.filename().string(), name) && entry.is_regular_file(failed)) {
        found.push_back((directory / name).string());
      }
    }
    std::ranges::sort(found);
    return found;
  }

  std::string absolute(const std::string& path) const override {
    std::error_code failed;
    const auto absolute = std::filesystem::absolute(path, failed);
    return failed ? path : absolute.lexically_normal().string();
  }
};

}  // namespace

std::unique_ptr<Environment> create_system_environment() { return std::make_unique<SystemEnvironment>(); }

}  // namespace driftwarden
