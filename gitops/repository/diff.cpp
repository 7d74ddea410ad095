#include "gitops/repository/objects.hpp"

#include <fmt/core.h>
#include <git2.h>

namespace driftwarden::libgit {

namespace {

constexpr git_off_t kMaxDiffedFile = 16 << 20;  ///< larger files are shown as binary

Result<Handle<git_tree>> tree_of(git_commit* commit) {
  Handle<git_tree> tree;
  if (int code = git_commit_tree(into(tree), commit); code < 0) {
    return last_error("reading the tree of " + short_id(to_hex(*git_commit_id(commit))), code);
  }
  return tree;
}

Result<FileDiff> file_diff(git_diff* diff, std::size_t index) {
  const git_diff_delta* delta = git_diff_get_delta(diff, index);
  const bool removed = delta->status == GIT_DELTA_DELETED;
  FileDiff file;
  file.path = removed ? delta->old_file.path : delta->new_file.path;
  Handle<git_patch> patch;
  if (int code = git_patch_from_diff(into(patch), diff, index); code < 0) return last_error("comparing " + file.path, code);
  if (!patch) return file;
  git_patch_line_stats(nullptr, &file.added, &file.removed, patch.get());
  git_buf text = {};
  if (int code = git_patch_to_buf(&text, patch.get()); code < 0) return last_error("comparing " + file.path, code);
  file.patch.assign(text.ptr, text.size);
  git_buf_dispose(&text);
  return file;
}

}  // namespace

Result<std::vector<FileDiff>> diff(git_repository* repository, git_commit* from, git_commit* to, const std::string& path) {
  TRY(auto old_tree, tree_of(from));
  TRY(auto new_tree, tree_of(to));
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_DISABLE_PATHSPEC_MATCH;
  options.max_size = kMaxDiffedFile;
  std::string prefix = path;
  char* only[] = {prefix.data()};
  if (!path.empty()) options.pathspec = {only, 1};
  Handle<git_diff> changes;
  if (int code = git_diff_tree_to_tree(into(changes), repository, old_tree.get(), new_tree.get(), &options); code < 0) {
    return last_error("comparing two commits", code);
  }
  std::vector<FileDiff> files;
  for (std::size_t i = 0; i < git_diff_num_deltas(changes.get()); ++i) {
    TRY(auto file, file_diff(changes.get(), i));
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace driftwarden::libgit
