#include "gitops/render/work_tree.hpp"

#include "gitops/base/inner_path.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>

namespace driftwarden {
namespace fs = std::filesystem;

Result<std::unique_ptr<WorkTree>> WorkTree::make(const std::vector<SourceFile>& files) {
  TRY(auto outer, TemporaryDirectory::make("driftwarden-render"));
  std::unique_ptr<WorkTree> tree(new WorkTree(std::move(outer)));
  std::error_code failed;
  fs::create_directory(tree->root_, failed);
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("no temporary directory can be made in {}: {}", tree->outer(), failed.message())};
  for (const auto& file : files) CHECK_OK(write(tree->root_, file));
  return tree;
}

Result<void> WorkTree::write(const std::string& below, const SourceFile& file) {
  const auto shown = ellipsize(without_control_characters(file.path), 200);
  if (!is_inner_path(file.path)) return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" isn't a path inside a repository", shown)};
  const auto path = fs::path(below) / file.path;
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("writing {} for rendering: {}", shown, failed.message())};
  if (fs::exists(path, failed)) return Error{ErrorKind::InvalidInput, fmt::format("{} is there twice", shown)};
  std::ofstream out(path, std::ios::binary);
  out.write(file.content.data(), static_cast<std::streamsize>(file.content.size()));
  out.close();
  if (!out) return Error{ErrorKind::Unavailable, fmt::format("writing {} for rendering failed: is the disk of temporary files full?", shown)};
  return Result<void>{};
}

}  // namespace driftwarden
