#pragma once
// Reading and writing objects of a bare repository. Not thread-safe: the mirror locks around each call.
#include "gitops/repository/libgit.hpp"
#include "gitops/repository/mirror.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::libgit {

struct PathEntry {
  std::string id;
  unsigned mode = 0;
  bool is_tree() const { return mode == 0040000; }
  bool is_link() const { return mode == 0120000; }
  bool is_submodule() const { return mode == 0160000; }
  bool operator==(const PathEntry&) const = default;
};

/// Without slashes at either end; "." is "".
std::string normal_path(std::string_view path);

/// `revision` is a full id.
Result<Handle<git_commit>> find_commit(git_repository* repository, const std::string& revision);
/// What stands at `path` in `commit`; "" is the root. Nothing when there is nothing.
Result<std::optional<PathEntry>> entry_at(git_commit* commit, const std::string& path);
/// The same, NotFound with a message for people.
Result<PathEntry> require_entry(git_commit* commit, const std::string& path);

/// Regular files below `path`. A symbolic link is read as the file it names; one that leads elsewhere is InvalidInput, since
/// leaving it out would look like a deletion. Submodules are left out.
Result<std::vector<TreeEntry>> read_tree(git_repository* repository, git_commit* commit, const std::string& path);
Result<std::string> read_file(git_repository* repository, git_commit* commit, const std::string& path);
Result<std::vector<DirectoryEntry>> list_tree(git_repository* repository, const std::string& tree_id);

/// Where symbolic links at or below `path` lead, through other links, too, when that lies outside of it; also where nothing is. Sorted. No file is read but links.
Result<std::vector<std::string>> link_targets(git_repository* repository, git_commit* commit, const std::string& path);

CommitInfo to_info(git_commit* commit);
CommitPerson committer(git_commit* commit);
Result<std::vector<CommitInfo>> history(git_repository* repository, git_commit* from, const std::string& path, std::size_t limit);
/// Full id, HEAD, a branch, a unique prefix of four characters or more; each also with ~N. HEAD is `branch` as last fetched.
Result<std::string> resolve(git_repository* repository, const std::string& branch, const std::string& text);
std::string tracking_ref(const std::string& branch);  ///< refs/remotes/origin/<branch>
std::optional<std::string> read_ref(git_repository* repository, const std::string& name);

Result<std::vector<FileDiff>> diff(git_repository* repository, git_commit* from, git_commit* to, const std::string& path);

// Trees and commits by their ids, as hex.
/// `tree` with `path` as it was in `commit`, or without it where the commit has none. `commit` null: without it.
Result<std::string> tree_with_path_of(git_repository* repository, const std::string& tree, const std::string& path, git_commit* commit);
/// The tree of `onto` with what `revision` did below `path` taken back. Conflict names the files where that doesn't apply.
Result<std::string> undone_tree(git_repository* repository, git_commit* onto, const std::string& revision, const std::string& path);

/// A commit's own bytes: what a signer signs, meanwhile nobody need hold the repository.
struct UnsignedCommit {
  std::string bytes;
  std::string branch;  ///< that is to point at it
};
struct NewCommit {
  std::string tree;
  std::vector<const git_commit*> parents;
  std::string branch;
  CommitPerson author;
  CommitPerson committer;
  WallTime at{};
  std::string message;
};
Result<UnsignedCommit> compose(git_repository* repository, const NewCommit& wanted);
Result<UnsignedCommit> compose_commit(git_repository* repository, const CommitRequest& request);
Result<UnsignedCommit> compose_merge(git_repository* repository, const MergeRequest& request);
/// The signed commit of these bytes that the branch points at: the same again is the commit that is there already, as no signer need sign the same way twice.
std::optional<std::string> find_signed(git_repository* repository, const UnsignedCommit& commit);
/// Stores it, with the armored signature or "" without, and points the branch at it.
Result<std::string> store_commit(git_repository* repository, const UnsignedCommit& commit, const std::string& signature);

Result<std::string> merge_base(git_repository* repository, git_commit* a, git_commit* b);
Result<std::vector<CommitInfo>> commits_between(git_repository* repository, git_commit* from, git_commit* to, std::size_t limit);

}  // namespace driftwarden::libgit
