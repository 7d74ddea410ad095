#include "bot/app/local_files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace driftwarden {
namespace fs = std::filesystem;

Result<std::string> read_local_file(const std::string& path) {
  std::error_code failed;
  if (fs::is_directory(path, failed)) return Error{ErrorKind::InvalidInput, fmt::format("{}: is a directory, expected a file", path)};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorKind::NotFound, fmt::format("{}: can't be opened", path)};
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) return Error{ErrorKind::Unavailable, fmt::format("{}: reading failed", path)};
  return text;
}

Result<std::vector<SourceFile>> read_source_files(const std::string& path) {
  std::error_code failed;
  std::vector<SourceFile> files;
  if (fs::is_regular_file(path, failed)) {
    TRY(auto content, read_local_file(path));
    files.push_back({fs::path(path).filename().string(), std::move(content)});
    return files;
  }
  if (!fs::is_directory(path, failed)) return Error{ErrorKind::NotFound, fmt::format("{}: no such file or directory", path)};
  for (auto entry = fs::recursive_directory_iterator(path, failed); !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    const auto name = entry->path().filename().string();
    if (name.starts_with('.')) {
      if (entry->is_directory(failed)) entry.disable_recursion_pending();
      continue;
    }
    static constexpr std::array<std::string_view, 3> kExtensions{".yaml", ".yml", ".json"};
    const auto extension = entry->path().extension().string();
    const bool wanted = name == "Kustomization" || std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
    if (!wanted || !entry->is_regular_file(failed)) continue;
    TRY(auto content, read_local_file(entry->path().string()));
    files.push_back({fs::relative(entry->path(), path).generic_string(), std::move(content)});
  }
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("{}: {}", path, failed.message())};
  return files;
}

}  // namespace driftwarden
