#include "gitops/base/text.hpp"
#include "integrations/sandbox/forge/forge_core.hpp"
#include "integrations/sandbox/forge/merge_commit.hpp"
#include "integrations/sandbox/forge/protection.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::forge {

namespace {

/// Keeps a pull request from being merged twice at once, and from following its branch meanwhile.
class Merging {
 public:
  Merging(std::set<std::string>& all, std::string key) : all_(all), key_(std::move(key)) { all_.insert(key_); }
  ~Merging() { all_.erase(key_); }
  Merging(const Merging&) = delete;
  Merging& operator=(const Merging&) = delete;

 private:
  std::set<std::string>& all_;
  std::string key_;
};

std::string merge_message(const Repository& repository, const Pull& pull, const MergeOrder& order) {
  std::string title = order.title;
  if (title.empty() && order.method == "squash") title = fmt::format("{} (#{})", pull.title, pull.number);
  if (title.empty()) title = fmt::format("Merge pull request '{}' (#{}) from {} into {}", pull.title, pull.number, pull.head, pull.base);
  std::string message = order.message;
  if (message.empty() && order.title.empty() && order.method != "squash") message = "Reviewed-on: " + repository.full_name();
  return message.empty() ? title : title + "\n\n" + message;
}

bool is_method(const std::string& word) {
  return word == "merge" || word == "squash" || word == "rebase" || word == "rebase-merge" || word == "fast-forward-only";
}

}  // namespace

asio::awaitable<Result<std::string>> Core::make_merge(GitProgram program, Pull pull, std::string base_sha, std::string user, MergeOrder order) {
  MergePlan plan;
  plan.base_sha = std::move(base_sha);
  plan.head_sha = pull.head_sha;
  plan.at = now();
  plan.message = order.message;
  const auto* merger = find_user(user);
  const auto* author = find_user(pull.author);
  plan.committer = merger != nullptr ? to_person(*merger) : GitPerson{user, user + "@sandbox.test"};
  plan.author = author != nullptr ? to_person(*author) : plan.committer;
  if (order.method == "squash") co_return co_await make_squash_commit(std::move(program), std::move(plan));
  if (order.method == "rebase") co_return co_await make_rebased_commits(std::move(program), std::move(plan));
  if (order.method == "fast-forward-only") co_return co_await check_fast_forward(std::move(program), std::move(plan));
  if (order.method == "rebase-merge") {
    CO_TRY(plan.head_sha, co_await make_rebased_commits(program, plan));
  }
  co_return co_await make_merge_commit(std::move(program), std::move(plan));
}

asio::awaitable<Answer<std::string>> Core::merge_into_base(Repository repository, Pull pull, std::string user, MergeOrder order) {
  auto program = git(repository);
  const std::string base_ref = "refs/heads/" + pull.base;
  CO_TRY(const auto base_sha, co_await program.resolve(base_ref));
  order.message = merge_message(repository, pull, order);
  auto made = co_await make_merge(program, pull, base_sha, user, order);
  // Gitea gives these words for a conflict too.
  if (!made && made.error().kind == ErrorKind::Conflict) co_return Refused{405, "Please try again later"};
  if (!made) co_return made.error();
  CO_TRY(const bool moved, co_await program.move_ref(base_ref, *made, base_sha));
  if (!moved) co_return Refused{405, "Please try again later"};
  notify_push(repository, user, base_ref, base_sha, *made);
  if (order.delete_branch && pull.head != pull.base) {
    CO_CHECK_OK(co_await program.move_ref("refs/heads/" + pull.head, "", pull.head_sha));
  }
  co_return *made;
}

asio::awaitable<Answer<Pull>> Core::merge(std::string name, std::int64_t number, std::string user, MergeOrder order) {
  CO_CHECK_OK(co_await follow(name));
  auto* repository = find(name);
  auto* pull = repository->find_pull(number);
  const std::string key = name + "#" + std::to_string(number);
  if (pull == nullptr) co_return Refused{404, "not found"};
  if (pull->state == PullState::Merged) co_return Refused{405, "The PR is already merged"};
  if (!pull->open()) co_return Refused{404, "not found"};
  if (!is_method(order.method)) co_return Refused{422, "[Do]: In"};
  if (is_draft(*pull)) co_return Refused{405, "Work in progress PRs cannot be merged"};
  CO_TRY(const bool fits, co_await mergeable(name, *pull));
  if (!fits) co_return Refused{405, "Please try again later"};
  repository = find(name);
  pull = repository->find_pull(number);
  if (const auto obstacles = find_obstacles(*repository, *pull); !obstacles.empty()) co_return Refused{405, obstacles.front().refusal};
  if (!order.expected_head.empty() && order.expected_head != pull->head_sha) co_return Refused{409, "head out of date"};
  if (merging_.contains(key)) co_return Refused{405, "Please try again later"};
  Merging guard(merging_, key);
  CO_TRY(auto merged, co_await merge_into_base(*repository, *pull, user, std::move(order)));
  repository = find(name);
  pull = repository->find_pull(number);
  pull->state = PullState::Merged;
  pull->merged_sha = merged;
  pull->base_sha = std::move(merged);
  pull->merged_by = user;
  pull->ended = pull->updated = now();
  save();
  notify_pull(*repository, *pull, user, "closed");
  co_return *pull;
}

}  // namespace driftwarden::sandbox::forge
