// Three-way merges in memory: two branches into one, and a commit taken back.
#include "gitops/base/text.hpp"
#include "gitops/repository/objects.hpp"

#include <fmt/core.h>
#include <git2.h>

#include <algorithm>
#include <set>

namespace driftwarden::libgit {

namespace {

constexpr std::size_t kNamedConflicts = 10;

/// The files that don't merge, in order.
Result<std::vector<std::string>> conflicts_of(git_index* index) {
  git_index_conflict_iterator* iterator = nullptr;
  if (int code = git_index_conflict_iterator_new(&iterator, index); code < 0) return last_error("reading the conflicts", code);
  std::set<std::string> paths;
  const git_index_entry* ancestor = nullptr;
  const git_index_entry* ours = nullptr;
  const git_index_entry* theirs = nullptr;
  while (git_index_conflict_next(&ancestor, &ours, &theirs, iterator) == 0) {
    const auto* named = ours != nullptr ? ours : theirs != nullptr ? theirs : ancestor;
    if (named != nullptr) paths.insert(valid_utf8(without_control_characters(named->path)));
  }
  git_index_conflict_iterator_free(iterator);
  return std::vector<std::string>(paths.begin(), paths.end());
}

/// The merge's tree, or Conflict with the files that are in the way.
Result<std::string> clean_tree(git_repository* repository, git_index* index, std::string_view step) {
  if (git_index_has_conflicts(index) != 0) {
    TRY(auto paths, conflicts_of(index));
    const auto more = paths.size() - std::min(paths.size(), kNamedConflicts);
    paths.resize(paths.size() - more);
    return Error{ErrorKind::Conflict, fmt::format("{} conflicts in {}{}", step, join(paths, ", "), more == 0 ? "" : fmt::format(" and {} more", more))};
  }
  git_oid id;
  if (int code = git_index_write_tree_to(&id, index, repository); code < 0) return last_error(step, code);
  return to_hex(id);
}

Result<Handle<git_tree>> tree_of(git_repository* repository, const std::string& id) {
  git_oid oid;
  git_oid_fromstr(&oid, id.c_str());
  Handle<git_tree> tree;
  if (int code = git_tree_lookup(into(tree), repository, &oid); code < 0) return last_error("reading tree " + short_id(id), code);
  return tree;
}

/// A merge commit is taken back as what it brought to its first parent; the first commit of all had nothing before it.
Result<Handle<git_commit>> parent_of(git_commit* commit) {
  Handle<git_commit> parent;
  if (git_commit_parentcount(commit) == 0) return parent;
  if (int code = git_commit_parent(into(parent), commit, 0); code < 0) return last_error("reading a parent", code);
  return parent;
}

}  // namespace

Result<std::string> undone_tree(git_repository* repository, git_commit* onto, const std::string& revision, const std::string& path) {
  TRY(auto commit, find_commit(repository, revision));
  TRY(auto parent, parent_of(commit.get()));
  // Both sides are today's tree but for the path, so that nothing outside of it can change or conflict.
  const auto today = to_hex(*git_commit_tree_id(onto));
  TRY(const auto with, tree_with_path_of(repository, today, path, commit.get()));
  TRY(const auto without, tree_with_path_of(repository, today, path, parent.get()));
  if (with == without) return Error{ErrorKind::InvalidInput, fmt::format("commit {} changed nothing below {}", short_id(revision), path.empty() ? "the root" : path)};
  TRY(auto ancestor, tree_of(repository, with));
  TRY(auto ours, tree_of(repository, today));
  TRY(auto theirs, tree_of(repository, without));
  const auto step = fmt::format("taking back commit {}", short_id(revision));
  Handle<git_index> index;
  if (int code = git_merge_trees(into(index), repository, ancestor.get(), ours.get(), theirs.get(), nullptr); code < 0) return last_error(step, code);
  return clean_tree(repository, index.get(), step);
}

Result<UnsignedCommit> compose_merge(git_repository* repository, const MergeRequest& request) {
  TRY(auto base, find_commit(repository, request.base));
  TRY(auto head, find_commit(repository, request.head));
  const auto step = fmt::format("merging {} into {}", short_id(request.head), short_id(request.base));
  TRY(const auto common, merge_base(repository, base.get(), head.get()));
  if (common == request.head) return Error{ErrorKind::InvalidInput, fmt::format("{}: it is contained already", step)};
  Handle<git_index> index;
  if (int code = git_merge_commits(into(index), repository, base.get(), head.get(), nullptr); code < 0) return last_error(step, code);
  TRY(const auto tree, clean_tree(repository, index.get(), step));
  NewCommit wanted{tree, {base.get(), head.get()}, request.branch, request.author, request.committer, request.at, request.message};
  return compose(repository, wanted);
}

Result<std::string> merge_base(git_repository* repository, git_commit* a, git_commit* b) {
  git_oid id;
  const auto step = [&] { return fmt::format("what {} and {} share", short_id(to_hex(*git_commit_id(a))), short_id(to_hex(*git_commit_id(b)))); };
  const int code = git_merge_base(&id, repository, git_commit_id(a), git_commit_id(b));
  if (code == GIT_ENOTFOUND) return Error{ErrorKind::NotFound, step() + ": no commit, their histories are unrelated"};
  if (code < 0) return last_error(step(), code);
  return to_hex(id);
}

Result<std::vector<CommitInfo>> commits_between(git_repository* repository, git_commit* from, git_commit* to, std::size_t limit) {
  Handle<git_revwalk> walk;
  int code = git_revwalk_new(into(walk), repository);
  if (code == 0) code = git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME);
  if (code == 0) code = git_revwalk_push(walk.get(), git_commit_id(to));
  if (code == 0) code = git_revwalk_hide(walk.get(), git_commit_id(from));
  if (code < 0) return last_error("listing commits", code);
  std::vector<CommitInfo> found;
  git_oid id;
  while (found.size() < limit && git_revwalk_next(&id, walk.get()) == 0) {
    TRY(auto commit, find_commit(repository, to_hex(id)));
    found.push_back(to_info(commit.get()));
  }
  return found;
}

}  // namespace driftwarden::libgit
