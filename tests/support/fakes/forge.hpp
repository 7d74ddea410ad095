#pragma once
// A forge in memory: one project's pull requests. Merging moves the bare repository's branch, as a real one does.
#include "integrations/forge/forge.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
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
    std::vector<std::string> comments;
  };
  std::vector<Entry> entries;
  std::vector<std::pair<std::string, forge::CommitStatus>> statuses;
  int merges = 0;
  bool unreachable = false;
  bool lose_next_answer = false;  ///< the next write takes effect, and its answer is lost
  /// Id of a branch in the repository behind the forge, "" when there is none.
  std::function<std::string(const std::string& branch)> head_of;
  /// Puts the branch onto its base in the repository; the id of the base afterwards.
  std::function<std::string(const forge::PullRequest&)> merge_in_repository;

  asio::awaitable<Result<std::optional<forge::PullRequest>>> find_open(std::string branch, std::string base) override {
    if (unreachable) co_return down();
    std::optional<forge::PullRequest> found;
    for (auto& entry : entries) {
      refresh(entry);
      const auto& pull_request = entry.pull_request;
      if (pull_request.branch == branch && pull_request.base == base && pull_request.state == forge::PullRequestState::Open) found = pull_request;
    }
    co_return found;
  }
  asio::awaitable<Result<forge::PullRequest>> open(forge::PullRequestDraft draft) override {
    if (unreachable) co_return down();
    for (const auto& entry : entries) {
      if (entry.pull_request.branch == draft.branch && entry.pull_request.state == forge::PullRequestState::Open) co_return Error{ErrorKind::Conflict, "a pull request exists"};
    }
    Entry entry;
    entry.pull_request.number = static_cast<std::int64_t>(entries.size()) + 1;
    entry.pull_request.url = fmt::format("https://forge.example.org/acme/config/pulls/{}", entry.pull_request.number);
    entry.pull_request.title = draft.title;
    entry.pull_request.branch = draft.branch;
    entry.pull_request.base = draft.base;
    entry.body = draft.body;
    refresh(entry);
    entries.push_back(entry);
    if (std::exchange(lose_next_answer, false)) co_return lost();
    co_return entry.pull_request;
  }
  asio::awaitable<Result<forge::PullRequest>> get(std::int64_t number) override {
    if (unreachable) co_return down();
    auto* entry = find(number);
    if (entry == nullptr) co_return Error{ErrorKind::NotFound, "no such pull request"};
    refresh(*entry);
    co_return entry->pull_request;
  }
  asio::awaitable<Result<std::vector<forge::Review>>> reviews(std::int64_t number) override {
    if (unreachable) co_return down();
    co_return find(number)->reviews;
  }
  asio::awaitable<Result<forge::PullRequest>> merge(std::int64_t number, std::string head_sha, forge::MergeMethod, std::string) override {
    if (unreachable) co_return down();
    auto* entry = find(number);
    refresh(*entry);
    if (entry->pull_request.head_sha != head_sha) co_return Error{ErrorKind::Conflict, "the head moved"};
    if (entry->pull_request.state != forge::PullRequestState::Open) co_return Error{ErrorKind::Conflict, "not open"};
    merge_by_hand(number);
    if (std::exchange(lose_next_answer, false)) co_return lost();
    co_return entry->pull_request;
  }
  asio::awaitable<Result<void>> close(std::int64_t number) override {
    if (unreachable) co_return down();
    find(number)->pull_request.state = forge::PullRequestState::Closed;
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> comment(std::int64_t number, std::string text) override {
    if (unreachable) co_return down();
    find(number)->comments.push_back(text);
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> set_status(std::string sha, forge::CommitStatus status) override {
    if (unreachable) co_return down();
    statuses.emplace_back(sha, status);
    co_return Result<void>{};
  }

  /// Somebody presses merge on the forge.
  void merge_by_hand(std::int64_t number) {
    auto* entry = find(number);
    entry->pull_request.merged_sha = merge_in_repository(entry->pull_request);
    entry->pull_request.state = forge::PullRequestState::Merged;
    ++merges;
  }
  Entry* find(std::int64_t number) {
    const auto found = std::ranges::find_if(entries, [&](const Entry& entry) { return entry.pull_request.number == number; });
    return found == entries.end() ? nullptr : &*found;
  }

 private:
  static Error down() { return {ErrorKind::Unavailable, "the forge can't be reached"}; }
  static Error lost() { return {ErrorKind::Timeout, "no answer in time"}; }
  void refresh(Entry& entry) const {
    if (entry.pull_request.state == forge::PullRequestState::Open) entry.pull_request.head_sha = head_of(entry.pull_request.branch);
  }
};

}  // namespace driftwarden::test
