#include "integrations/sandbox/forge/merge_commit.hpp"

#include <ranges>

namespace driftwarden::sandbox::forge {

namespace {

constexpr std::size_t kReplayMax = 1000;

Error conflict() { return Error{ErrorKind::Conflict, "the branch conflicts with its base"}; }

CommitHead head_of(const MergePlan& plan, const GitPerson& author) { return {author, git_date(plan.at), plan.committer, git_date(plan.at)}; }

/// The tree of `entry`'s change on top of `onto`. A commit with onto's tree and entry's parent makes that parent the merge's base.
asio::awaitable<Result<std::string>> picked_tree(GitProgram git, LogEntry entry, std::string onto, CommitHead head) {
  std::vector<std::string> parents{entry.parents.front()};
  std::string tree = onto + "^{tree}";
  CO_TRY(auto stand_in, co_await git.commit_tree(std::move(tree), std::move(parents), std::move(head), "stand-in"));
  CO_TRY(auto picked, co_await git.merged_tree(std::move(stand_in), entry.sha));
  if (picked.empty()) co_return conflict();
  co_return picked;
}

}  // namespace

asio::awaitable<Result<std::string>> make_merge_commit(GitProgram git, MergePlan plan) {
  CO_TRY(auto tree, co_await git.merged_tree(plan.base_sha, plan.head_sha));
  if (tree.empty()) co_return conflict();
  std::vector<std::string> parents{plan.base_sha, plan.head_sha};
  auto head = head_of(plan, plan.committer);
  co_return co_await git.commit_tree(std::move(tree), std::move(parents), std::move(head), plan.message);
}

asio::awaitable<Result<std::string>> make_squash_commit(GitProgram git, MergePlan plan) {
  CO_TRY(auto tree, co_await git.merged_tree(plan.base_sha, plan.head_sha));
  if (tree.empty()) co_return conflict();
  std::vector<std::string> parents{plan.base_sha};
  auto head = head_of(plan, plan.author);
  co_return co_await git.commit_tree(std::move(tree), std::move(parents), std::move(head), plan.message);
}

asio::awaitable<Result<std::string>> make_rebased_commits(GitProgram git, MergePlan plan) {
  CO_TRY(const auto start, co_await git.merge_base(plan.base_sha, plan.head_sha));
  if (start == plan.base_sha) co_return plan.head_sha;
  CO_TRY(auto commits, co_await git.log(start + ".." + plan.head_sha, "", kReplayMax));
  std::string tip = plan.base_sha;
  for (auto& entry : commits | std::views::reverse) {
    if (entry.parents.size() != 1) continue;
    CommitHead head{entry.author, git_date(entry.author_time), plan.committer, git_date(plan.at)};
    CO_TRY(auto tree, co_await picked_tree(git, entry, tip, head));
    std::vector<std::string> parents{tip};
    CO_TRY(tip, co_await git.commit_tree(std::move(tree), std::move(parents), std::move(head), entry.message));
  }
  co_return tip;
}

asio::awaitable<Result<std::string>> check_fast_forward(GitProgram git, MergePlan plan) {
  CO_TRY(const auto start, co_await git.merge_base(plan.base_sha, plan.head_sha));
  if (start != plan.base_sha) co_return Error{ErrorKind::Conflict, "the base branch has commits that this branch doesn't"};
  co_return plan.head_sha;
}

}  // namespace driftwarden::sandbox::forge
