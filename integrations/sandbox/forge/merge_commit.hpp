#pragma once
// The commits that a merge makes, by Git's plumbing in a bare repository. Nothing here moves a ref.
#include "integrations/sandbox/forge/git_program.hpp"

#include <string>

namespace driftwarden::sandbox::forge {

struct MergePlan {
  std::string base_sha;
  std::string head_sha;
  std::string message;
  GitPerson author;     ///< of a squash: whoever opened the pull request
  GitPerson committer;  ///< whoever merges
  WallTime at{};
};

/// Each returns the base branch's next head, or Conflict.
asio::awaitable<Result<std::string>> make_merge_commit(GitProgram git, MergePlan plan);
asio::awaitable<Result<std::string>> make_squash_commit(GitProgram git, MergePlan plan);
/// Replays the branch's commits one by one; their authors, dates and messages stay.
asio::awaitable<Result<std::string>> make_rebased_commits(GitProgram git, MergePlan plan);
asio::awaitable<Result<std::string>> check_fast_forward(GitProgram git, MergePlan plan);

}  // namespace driftwarden::sandbox::forge
