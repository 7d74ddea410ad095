#include "bot/terminal/local_files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace driftwarden {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxBytes = 64U << 20U;

/// Who can write a directory may link from it to whatever we can read.
Result<void> stays_inside(const fs::path& root, const fs::path& file) {
  std::error_code failed;
  const auto inside = fs::weakly_canonical(file, failed).lexically_relative(fs::weakly_canonical(root, failed));
  if (!failed && !inside.empty() && *inside.begin() != "..") return Result<void>{};
  return Error{ErrorKind::InvalidInput, fmt::format("{} is a link that leads outside of the repository", file.lexically_relative(root).generic_string())};
}

class LocalReader final : public SourceReader {
 public:
  explicit LocalReader(std::string root) : root_(std::move(root)) {}

  Result<EntryKind> kind(const std::string& path) override {
    std::error_code failed;
    const auto status = fs::status(fs::path(root_) / path, failed);
    if (fs::is_directory(status)) return EntryKind::Directory;
    return fs::is_regular_file(status) ? EntryKind::File : EntryKind::None;
  }
  Result<std::string> read(const std::string& path) override {
    const auto file = fs::path(root_) / path;
    CHECK_OK(stays_inside(root_, file));
    return read_local_file(file.string());
  }
  Result<std::vector<std::string>> files_below(const std::string& directory) override {
    std::vector<std::string> files;
    std::error_code failed;
    for (fs::recursive_directory_iterator entry(fs::path(root_) / directory, failed), end; !failed && entry != end; entry.increment(failed)) {
      std::error_code ignored;
      if (entry->path().filename() == ".git") {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file(ignored)) {
        files.push_back(entry->path().lexically_relative(root_).generic_string());
      }
    }
    if (failed) return Error{ErrorKind::Unavailable, fmt::format("{}: {}", directory.empty() ? "." : directory, failed.message())};
    std::ranges::sort(files);
    return files;
  }

 private:
  std::string root_;
};

/// What is read so far, bounded.
struct Collected {
  std::vector<SourceFile> files;
  std::size_t bytes = 0;

  Result<void> add(const std::string& root, const fs::path& file) {
    CHECK_OK(stays_inside(root, file));
    TRY(auto content, read_local_file(file.string()));
    bytes += content.size();
    if (bytes > kMaxBytes) return Error{ErrorKind::InvalidInput, fmt::format("{}: more than {} MiB of files", root, kMaxBytes >> 20U)};
    files.push_back({file.lexically_relative(root).generic_string(), std::move(content)});
    return Result<void>{};
  }
};

}  // namespace

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
    CHECK_OK(stays_inside(path, entry->path()));
    TRY(auto content, read_local_file(entry->path().string()));
    files.push_back({fs::relative(entry->path(), path).generic_string(), std::move(content)});
  }
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("{}: {}", path, failed.message())};
  return files;
}

Result<LocalPlace> local_place(const std::string& directory) {
  std::error_code failed;
  const auto absolute = fs::canonical(directory, failed);
  if (failed || !fs::is_directory(absolute, failed)) return Error{ErrorKind::NotFound, fmt::format("{}: no such directory", directory)};
  auto root = absolute;
  while (root.has_relative_path() && !fs::exists(root / ".git", failed)) root = root.parent_path();
  const auto path = absolute.lexically_relative(root).generic_string();
  return LocalPlace{root.string(), path == "." ? "" : path};
}

std::unique_ptr<SourceReader> create_local_reader(std::string root) { return std::make_unique<LocalReader>(std::move(root)); }

Result<std::vector<SourceFile>> read_all_files(const std::string& root, const std::vector<std::string>& paths) {
  Collected collected;
  for (const auto& path : paths) {
    const auto top = path.empty() ? fs::path(root) : fs::path(root) / path;
    std::error_code failed;
    if (fs::is_regular_file(top, failed)) {
      CHECK_OK(collected.add(root, top));
      continue;
    }
    for (auto entry = fs::recursive_directory_iterator(top, failed); !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
      if (entry->path().filename() == ".git") {
        if (entry->is_directory(failed)) entry.disable_recursion_pending();
        continue;
      }
      if (entry->is_regular_file(failed)) CHECK_OK(collected.add(root, entry->path()));
    }
    if (failed) return Error{ErrorKind::Unavailable, fmt::format("{}: {}", top.string(), failed.message())};
  }
  return std::move(collected.files);
}

}  // namespace driftwarden
