#pragma once
// One bare repository, spoken to through the `git` program. No setting of whoever runs the sandbox gets in.
#include "gitops/base/clock.hpp"
#include "integrations/process/process.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace driftwarden::sandbox::forge {

struct GitPerson {
  std::string name;
  std::string email;
};

/// A commit's header lines for `git commit-tree`.
struct CommitHead {
  GitPerson author;
  std::string author_date;  ///< "1763715600 +0000"
  GitPerson committer;
  std::string committer_date;
};

struct LogEntry {
  std::string sha;
  std::vector<std::string> parents;
  GitPerson author;
  WallTime author_time{};
  GitPerson committer;
  WallTime committer_time{};
  std::string message;

  std::string title() const { return message.substr(0, message.find('\n')); }
};

struct TreeItem {
  bool is_tree = false;
  std::string sha;
  std::size_t size = 0;
  std::string name;
};

using Refs = std::map<std::string, std::string>;  ///< full ref name -> commit

class GitProgram {
 public:
  GitProgram(Clock& clock, std::string directory) : clock_(&clock), directory_(std::move(directory)) {}
  const std::string& directory() const { return directory_; }

  /// Any exit code is an outcome.
  asio::awaitable<Result<process::Outcome>> run(std::vector<std::string> arguments, std::string input = {}, std::map<std::string, std::string> environment = {}) const;
  /// Standard output; a failure is an Error with Git's words.
  asio::awaitable<Result<std::string>> output(std::vector<std::string> arguments, std::string input = {}, std::map<std::string, std::string> environment = {}) const;

  asio::awaitable<Result<Refs>> refs() const;
  /// NotFound when there is no such commit.
  asio::awaitable<Result<std::string>> resolve(std::string revision) const;
  /// Whatever the name stands for: "main:path" is a file's blob.
  asio::awaitable<Result<std::string>> resolve_object(std::string name) const;
  asio::awaitable<Result<std::string>> merge_base(std::string a, std::string b) const;
  /// "" when `ours` and `theirs` can't be merged without a person.
  asio::awaitable<Result<std::string>> merged_tree(std::string ours, std::string theirs) const;
  asio::awaitable<Result<std::string>> commit_tree(std::string tree, std::vector<std::string> parents, CommitHead head, std::string message) const;
  /// False when the ref isn't at `before` any more. `after` "" deletes.
  asio::awaitable<Result<bool>> move_ref(std::string ref, std::string after, std::string before) const;
  /// `range` as for git log ("main", "a..b"); newest first.
  asio::awaitable<Result<std::vector<LogEntry>>> log(std::string range, std::string path, std::size_t limit) const;
  asio::awaitable<Result<std::string>> diff(std::string from, std::string to) const;
  asio::awaitable<Result<std::vector<TreeItem>>> list(std::string revision, std::string path) const;
  asio::awaitable<Result<std::string>> read_file(std::string revision, std::string path) const;

 private:
  Clock* clock_;
  std::string directory_;
};

/// A relative path without "..", empty parts or control characters.
Result<void> check_path(const std::string& path);
/// Input for `git fast-import`: one commit on `branch` with these files. `parent` "" = the first commit.
std::string fast_import(const std::vector<std::pair<std::string, std::string>>& files, const GitPerson& author, WallTime at, const std::string& message,
                        const std::string& parent, const std::string& branch = "main");
std::string git_date(WallTime time);

}  // namespace driftwarden::sandbox::forge
