#include "bot/reload/git_texts.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace driftwarden {
namespace {

constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kMaxBytes = 8U << 20U;

bool is_config_file(const std::string& path) {
  for (const auto& part : split(path, '/')) {
    if (part.starts_with('.')) return false;
  }
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

Result<void> check_size(const std::vector<ConfigText>& texts) {
  std::size_t bytes = 0;
  for (const auto& text : texts) bytes += text.text.size();
  if (texts.size() > kMaxFiles || bytes > kMaxBytes) {
    return Error{ErrorKind::InvalidInput, fmt::format("the configuration is too large: {} files, {} bytes; at most {} and {}", texts.size(), bytes, kMaxFiles, kMaxBytes)};
  }
  return Result<void>{};
}

Error gone(const ConfigFromGit& place) {
  return Error{ErrorKind::NotFound, fmt::format("the configuration is gone from Git: there is no *.yaml below \"{}\"", place.path.empty() ? "." : place.path)};
}

}  // namespace

std::string origin_of(const ConfigFromGit& place, const std::string& head) { return fmt::format("{}@{}", place.repository, head.substr(0, 7)); }

Result<GitTexts> read_git_texts(Mirror& mirror, const ConfigFromGit& place, const std::string& head, const std::string& known_tree) {
  auto tree = mirror.tree_id(head, place.path);
  if (!tree) return tree.error().kind == ErrorKind::NotFound ? gone(place) : tree.error();
  GitTexts read{.tree = std::move(*tree), .texts = {}};
  if (read.tree == known_tree) return read;
  auto entries = mirror.read_tree(head, place.path);
  if (!entries) return entries.error().kind == ErrorKind::NotFound ? gone(place) : entries.error();
  const auto prefix = origin_of(place, head) + ":" + (place.path.empty() ? "" : place.path + "/");
  for (auto& entry : *entries) {
    if (is_config_file(entry.path)) read.texts.push_back({.name = prefix + entry.path, .text = std::move(entry.content)});
  }
  if (read.texts.empty()) return gone(place);
  CHECK_OK(check_size(read.texts));
  return read;
}

Result<std::vector<ConfigText>> read_directory_texts(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code failed;
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->is_regular_file(failed) && is_config_file(at->path().lexically_relative(directory).generic_string())) found.push_back(at->path());
  }
  if (failed) return Error{ErrorKind::NotFound, fmt::format("{} can't be read: {}", directory, failed.message())};
  std::ranges::sort(found);
  std::vector<ConfigText> texts;
  for (const auto& path : found) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return Error{ErrorKind::NotFound, fmt::format("{} can't be read", path.string())};
    texts.push_back({.name = path.string(), .text = std::string{std::istreambuf_iterator<char>{file}, {}}});
  }
  if (texts.empty()) return Error{ErrorKind::NotFound, fmt::format("there is no *.yaml below {}", directory)};
  CHECK_OK(check_size(texts));
  return texts;
}

}  // namespace driftwarden
