#pragma once
// A forge in memory: one project's pull requests. Merging moves the bare repository's branch, as a real one does.
#include "integrations/forge/forge.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace driftwarden::test {

class FakeForge final : public forge::Forge {
 public:
  struct Entry {
    forge::PullRequest pull_request;
    std::string body;
    std::vector<forge::Review> reviews;
    std::vector<forge::Comment> comments;  ///< oldest first
    std::vector<std::string> reviewers;    ///< asked for a review
    int edits = 0;                         ///< of comments by upsert_comment
    std::vector<std::string> labels{};
  };
  std::vector<Entry> entries;
  std::vector<std::pair<std::string, forge::CommitStatus>> statuses;
  int merges = 0;
  bool unreachable = false;
  forge::MergeGate gate;  ///< what the forge wants of every pull request; merge refuses while it isn't open
  std::vector<forge::Check> ci;  ///< what checks() answers for every pull request
  forge::Account whose{"driftwarden"};
  std::optional<bool> demands_status = true;
  std::vector<std::string> strangers;  ///< logins that can't be asked for a review
  std::function<WallTime()> now = [] { return WallTime{}; };
  std::size_t listed_at_most = 1'000'000;  ///< the newest
  int gets = 0;                   ///< one asked for by its number
  bool lose_next_answer = false;  ///< the next write takes effect, and its answer is lost
  /// Id of a branch in the repository behind the forge, "" when there is none.
  std::function<std::string(const std::string& branch)> head_of;
  /// Puts the branch onto its base in the repository; the id of the base afterwards.
  std::function<std::string(const forge::PullRequest&)> merge_in_repository;

  asio::awaitable<Result<std::optional<forge::PullRequest>>> find_open(std::string branch, std::string base) override;
  asio::awaitable<Result<forge::PullRequest>> open(forge::PullRequestDraft draft) override;
  asio::awaitable<Result<forge::PullRequest>> get(std::int64_t number) override;
  asio::awaitable<Result<std::vector<forge::Review>>> reviews(std::int64_t number) override;
  asio::awaitable<Result<forge::PullRequest>> merge(std::int64_t number, std::string head_sha, forge::MergeMethod, std::string) override;
  asio::awaitable<Result<void>> update(std::int64_t number, std::string title, std::string body) override;
  asio::awaitable<Result<void>> close(std::int64_t number) override;
  asio::awaitable<Result<void>> comment(std::int64_t number, std::string text) override;
  asio::awaitable<Result<void>> set_status(std::string sha, forge::CommitStatus status) override;
  asio::awaitable<Result<std::vector<forge::Check>>> checks(std::int64_t number) override;
  asio::awaitable<Result<std::vector<forge::PullRequest>>> open_pull_requests(std::string base) override;
  asio::awaitable<Result<forge::MergeGate>> merge_gate(std::int64_t number) override;
  asio::awaitable<Result<void>> upsert_comment(std::int64_t number, std::string marker, std::string text) override;
  asio::awaitable<Result<void>> request_reviewers(std::int64_t number, std::vector<std::string> logins) override;
  asio::awaitable<Result<std::vector<forge::Comment>>> comments_since(WallTime since) override;
  asio::awaitable<Result<forge::Account>> account() override;
  asio::awaitable<Result<std::optional<bool>>> requires_status(std::string, std::string) override;
  asio::awaitable<Result<Secret<std::string>>> git_token() override { co_return Secret<std::string>("fake-token"); }

  /// Somebody writes below a pull request.
  void say(std::int64_t number, std::string login, std::string body);
  /// Somebody reviews what the head is now.
  void review(std::int64_t number, const std::string& login, forge::ReviewState state, const std::string& body = "");
  /// A person's own pull request from `branch`; its number.
  std::int64_t open_by_hand(const std::string& login, const std::string& branch, const std::string& title, const std::string& base = "main");
  std::vector<forge::Comment> elsewhere;  ///< comments on issues

  /// Somebody presses merge on the forge.
  void merge_by_hand(std::int64_t number);
  Entry* find(std::int64_t number);

 private:
  static Error down() { return {ErrorKind::Unavailable, "the forge can't be reached"}; }
  static Error missing() { return {ErrorKind::NotFound, "no such pull request"}; }
  static Error lost() { return {ErrorKind::Timeout, "no answer in time"}; }
  void refresh(Entry& entry) const;

  std::int64_t last_comment_ = 0;
};

/// What the bot may own of a forge that outlives it.
class FakeForgeView final : public forge::Forge {
 public:
  explicit FakeForgeView(FakeForge& forge) : forge_(forge) {}
  asio::awaitable<Result<std::optional<forge::PullRequest>>> find_open(std::string branch, std::string base) override { return forge_.find_open(std::move(branch), std::move(base)); }
  asio::awaitable<Result<forge::PullRequest>> open(forge::PullRequestDraft draft) override { return forge_.open(std::move(draft)); }
  asio::awaitable<Result<forge::PullRequest>> get(std::int64_t number) override { return forge_.get(number); }
  asio::awaitable<Result<std::vector<forge::Review>>> reviews(std::int64_t number) override { return forge_.reviews(number); }
  asio::awaitable<Result<forge::PullRequest>> merge(std::int64_t number, std::string sha, forge::MergeMethod method, std::string message) override {
    return forge_.merge(number, std::move(sha), method, std::move(message));
  }
  asio::awaitable<Result<void>> update(std::int64_t number, std::string title, std::string body) override {
    return forge_.update(number, std::move(title), std::move(body));
  }
  asio::awaitable<Result<void>> close(std::int64_t number) override { return forge_.close(number); }
  asio::awaitable<Result<void>> comment(std::int64_t number, std::string text) override { return forge_.comment(number, std::move(text)); }
  asio::awaitable<Result<void>> set_status(std::string sha, forge::CommitStatus status) override { return forge_.set_status(std::move(sha), std::move(status)); }
  asio::awaitable<Result<std::vector<forge::PullRequest>>> open_pull_requests(std::string base) override { return forge_.open_pull_requests(std::move(base)); }
  asio::awaitable<Result<forge::MergeGate>> merge_gate(std::int64_t number) override { return forge_.merge_gate(number); }
  asio::awaitable<Result<std::vector<forge::Check>>> checks(std::int64_t number) override { return forge_.checks(number); }
  asio::awaitable<Result<void>> upsert_comment(std::int64_t number, std::string marker, std::string text) override {
    return forge_.upsert_comment(number, std::move(marker), std::move(text));
  }
  asio::awaitable<Result<void>> request_reviewers(std::int64_t number, std::vector<std::string> logins) override { return forge_.request_reviewers(number, std::move(logins)); }
  asio::awaitable<Result<std::vector<forge::Comment>>> comments_since(WallTime since) override { return forge_.comments_since(since); }
  asio::awaitable<Result<forge::Account>> account() override { return forge_.account(); }
  asio::awaitable<Result<forge::ProjectRights>> rights() override { return forge_.rights(); }
  asio::awaitable<Result<std::optional<bool>>> requires_status(std::string branch, std::string context) override {
    return forge_.requires_status(std::move(branch), std::move(context));
  }
  asio::awaitable<Result<Secret<std::string>>> git_token() override { return forge_.git_token(); }

 private:
  FakeForge& forge_;
};

}  // namespace driftwarden::test
