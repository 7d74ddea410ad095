#pragma once
// A bare mirror of one branch of one remote. No work tree: trees are read in place and commits are written as objects.
#include "gitops/base/clock.hpp"
#include "gitops/model/file_edit.hpp"
#include "gitops/repository/transport.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct MirrorOptions {
  std::string directory;  ///< made when missing; the same remote finds its objects again
  std::string url;        ///< https://, http:// (loopback), ssh://, git@host:path, file:///path, /path
  std::string branch = "main";
  GitCredentials credentials;
  TransportFactory transport;
};

struct CommitPerson {
  std::string name;
  std::string email;
};

struct CommitInfo {
  std::string sha;
  CommitPerson author;
  WallTime time{};
  std::string summary;
  std::string message;
  std::vector<std::string> parents{};
};

struct TreeEntry {
  std::string path;  ///< relative to the path that was read
  std::string content;
};

enum class DirectoryEntryKind { File, Directory, Link, Submodule };
struct DirectoryEntry {
  std::string name;
  std::string id;
  DirectoryEntryKind kind = DirectoryEntryKind::File;
};

/// The armored signature of a commit's bytes, for its gpgsig header. Blocking; meanwhile others may use the mirror.
using Signer = std::function<Result<std::string>(const std::string& commit)>;

struct CommitRequest {
  std::string base;                  ///< parent commit; "" = none: the first of a branch that shares nothing with any other
  std::string branch;                ///< "driftwarden/c-12"; created or moved
  std::vector<FileEdit> edits;
  std::string restore_path;          ///< when set: this path's tree becomes what it was at `restore_revision`
  std::string restore_revision;
  std::string undo_revision;         ///< when set: what this commit did below `restore_path` is taken back, by a three-way merge; Conflict when that doesn't apply cleanly
  CommitPerson author;
  CommitPerson committer;
  WallTime at{};
  std::string message;
  Signer sign{};                     ///< absent = unsigned
};

/// A merge commit of `head` into `base`, for a remote without a forge.
struct MergeRequest {
  std::string base;
  std::string head;
  std::string branch;  ///< local branch that is pointed at the merge
  CommitPerson author;
  CommitPerson committer;
  WallTime at{};
  std::string message;
  Signer sign{};
};

struct FileDiff {
  std::string path;
  std::size_t added = 0;
  std::size_t removed = 0;
  std::string patch;  ///< unified, this file only
};

/// Blocking; safe to call from any one thread at a time (it locks). Revisions are full commit ids unless said otherwise.
/// Errors: Denied (credentials), Unavailable / Timeout (remote), NotFound (revision or path), Conflict (push refused, branch moved), Corrupt.
class Mirror {
 public:
  static Result<std::unique_ptr<Mirror>> open(MirrorOptions options);
  virtual ~Mirror() = default;

  /// Fetches the branch and returns its head.
  virtual Result<std::string> fetch() = 0;
  /// The branch's head as last fetched; NotFound before the first fetch.
  virtual Result<std::string> head() = 0;
  /// A full or unique short id, "HEAD", "HEAD~2" -> full id of a commit that the branch's head contains or that was fetched.
  virtual Result<std::string> resolve(const std::string& text) = 0;
  /// Id of the tree (or blob) at `path`; NotFound when there is none. Equal id = equal content. "" = the root.
  virtual Result<std::string> tree_id(const std::string& revision, const std::string& path) = 0;
  /// All files below `path`, in path order. NotFound when the path isn't there; InvalidInput beyond 64 MiB.
  virtual Result<std::vector<TreeEntry>> read_tree(const std::string& revision, const std::string& path) = 0;
  virtual Result<std::string> read_file(const std::string& revision, const std::string& path) = 0;
  /// What stands in the directory with this tree id (of tree_id, or of a listing), by name. Reads that one tree and no file.
  virtual Result<std::vector<DirectoryEntry>> list_tree(const std::string& tree) {
    return Error{ErrorKind::NotFound, "no tree " + tree};
  }
  /// Where symbolic links at or below `path` lead, through other links, too, when that lies outside of it; also where nothing is. Reads no other file.
  virtual Result<std::vector<std::string>> link_targets(const std::string& revision, const std::string& path) = 0;
  /// Commits that changed `path`, newest first, following first parents.
  virtual Result<std::vector<CommitInfo>> history(const std::string& from, const std::string& path, std::size_t limit) = 0;
  virtual Result<CommitInfo> commit_info(const std::string& revision) = 0;
  virtual Result<bool> is_ancestor(const std::string& ancestor, const std::string& descendant) = 0;
  /// Files that differ below `path` ("" = everywhere).
  virtual Result<std::vector<FileDiff>> diff(const std::string& from, const std::string& to, const std::string& path) = 0;
  /// Fetches one more ref of the remote ("refs/pull/7/head", "refs/heads/topic") and returns its commit, which can then be read like any other. The
  /// newest 200 of them stay known by name, as do as many branches of ours.
  virtual Result<std::string> fetch_ref(const std::string& remote_ref) = 0;
  /// The branch that is mirrored.
  virtual std::string branch() const { return {}; }
  /// The commit that a tag (first), a branch or a full commit id stands for. A name is fetched when it is first asked for and by each fetch() from then on.
  /// InvalidInput says what the remote has instead.
  virtual Result<std::string> revision_of(const std::string& name) { return resolve(name); }
  /// All names that revision_of will be asked for: those that are new are fetched over one connection, and others are followed no longer.
  virtual Result<void> follow(const std::vector<std::string>& names) {
    static_cast<void>(names);
    return Result<void>{};
  }
  /// Another text when a name stands for something else than before.
  virtual std::string followed_id() { return {}; }
  /// The newest commit that both contain; NotFound when they share none.
  virtual Result<std::string> merge_base(const std::string& a, const std::string& b) = 0;
  /// Commits that `to` has and `from` has not, newest first.
  virtual Result<std::vector<CommitInfo>> commits_between(const std::string& from, const std::string& to, std::size_t limit) = 0;
  /// Id of the tree that `head` would have with what `revision` did below `path` taken back; errors as of a commit with `undo_revision`. Writes no commit.
  virtual Result<std::string> try_undo(const std::string& head, const std::string& revision, const std::string& path) = 0;
  /// Writes the merge and points the local branch at it; `head` may be ahead of base or beside it. Conflict when it isn't clean. The same request gives the same id.
  virtual Result<std::string> merge(const MergeRequest& request) = 0;
  /// Writes the commit and points the local branch at it. The same request gives the same id. InvalidInput when it would change nothing.
  virtual Result<std::string> commit(const CommitRequest& request) = 0;
  /// Pushes local `branch` to the remote's `remote_branch`. `expected` is the id the remote must have there ("" = must not exist or be the
  /// same commit already), else Conflict. A refused ref is Denied or Conflict with the server's own words.
  virtual Result<void> push(const std::string& branch, const std::string& remote_branch, const std::string& expected) = 0;
  virtual Result<void> delete_remote_branch(const std::string& remote_branch) = 0;
};

}  // namespace driftwarden
