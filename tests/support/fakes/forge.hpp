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
    entry.pull_request.author = whose.login;
    entry.pull_request.head_ref = fmt::format("refs/pull/{}/head", entry.pull_request.number);
    refresh(entry);
    entries.push_back(entry);
    if (std::exchange(lose_next_answer, false)) co_return lost();
    co_return entry.pull_request;
  }
  asio::awaitable<Result<forge::PullRequest>> get(std::int64_t number) override {
    if (unreachable) co_return down();
    ++gets;
    auto* entry = find(number);
    if (entry == nullptr) co_return missing();
    refresh(*entry);
    co_return entry->pull_request;
  }
  asio::awaitable<Result<std::vector<forge::Review>>> reviews(std::int64_t number) override {
    if (unreachable) co_return down();
    auto* entry = find(number);
    if (entry == nullptr) co_return missing();
    refresh(*entry);
    auto all = entry->reviews;
    for (auto& review : all) review.stale = review.stale || review.commit_sha != entry->pull_request.head_sha;
    co_return all;
  }
  asio::awaitable<Result<forge::PullRequest>> merge(std::int64_t number, std::string head_sha, forge::MergeMethod, std::string) override {
    if (unreachable) co_return down();
    auto* entry = find(number);
    refresh(*entry);
    if (entry->pull_request.head_sha != head_sha) co_return Error{ErrorKind::Conflict, "the head moved"};
    if (entry->pull_request.state != forge::PullRequestState::Open) co_return Error{ErrorKind::Conflict, "not open"};
    if (!gate.open()) co_return Error{ErrorKind::Conflict, "the forge's protection refuses the merge"};
    merge_by_hand(number);
    if (std::exchange(lose_next_answer, false)) co_return lost();
    co_return entry->pull_request;
  }
  asio::awaitable<Result<void>> update(std::int64_t number, std::string title, std::string body) override {
    if (unreachable) co_return down();
    auto* entry = find(number);
    if (entry == nullptr) co_return missing();
    entry->pull_request.title = std::move(title);
    entry->body = std::move(body);
    if (std::exchange(lose_next_answer, false)) co_return lost();
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> close(std::int64_t number) override {
    if (unreachable) co_return down();
    find(number)->pull_request.state = forge::PullRequestState::Closed;
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> comment(std::int64_t number, std::string text) override {
    if (unreachable) co_return down();
    auto* entry = find(number);
    if (entry == nullptr) co_return missing();
    say(number, whose.login, std::move(text));
    if (std::exchange(lose_next_answer, false)) co_return lost();
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> set_status(std::string sha, forge::CommitStatus status) override {
    if (unreachable) co_return down();
    statuses.emplace_back(sha, status);
    co_return Result<void>{};
  }
  asio::awaitable<Result<std::vector<forge::Check>>> checks(std::int64_t number) override {
    if (unreachable) co_return down();
    if (find(number) == nullptr) co_return missing();
    co_return ci;
  }
  asio::awaitable<Result<std::vector<forge::PullRequest>>> open_pull_requests(std::string base) override {
    if (unreachable) co_return down();
    std::vector<forge::PullRequest> found;
    for (auto& entry : entries) {
      refresh(entry);
      if (entry.pull_request.state == forge::PullRequestState::Open && entry.pull_request.base == base) found.insert(found.begin(), entry.pull_request);
    }
    found.resize(std::min(found.size(), listed_at_most));
    co_return found;
  }
  asio::awaitable<Result<forge::MergeGate>> merge_gate(std::int64_t number) override {
    if (unreachable) co_return down();
    if (find(number) == nullptr) co_return missing();
    co_return gate;
  }
  asio::awaitable<Result<void>> upsert_comment(std::int64_t number, std::string marker, std::string text) override {
    if (unreachable) co_return down();
    auto* entry = find(number);
    if (entry == nullptr) co_return missing();
    const auto ours = std::ranges::find_if(entry->comments, [&](const forge::Comment& said) { return said.author == whose.login && said.body.find(marker) != std::string::npos; });
    if (ours == entry->comments.end()) {
      say(number, whose.login, std::move(text));
    } else if (ours->body != text) {
      ours->body = std::move(text);
      ++entry->edits;
    }
    if (std::exchange(lose_next_answer, false)) co_return lost();
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> request_reviewers(std::int64_t number, std::vector<std::string> logins) override {
    if (unreachable) co_return down();
    auto* entry = find(number);
    if (entry == nullptr) co_return missing();
    for (const auto& login : logins) {
      const bool impossible = login == entry->pull_request.author || std::ranges::count(strangers, login) > 0;
      if (!impossible && std::ranges::count(entry->reviewers, login) == 0) entry->reviewers.push_back(login);
    }
    co_return Result<void>{};
  }
  asio::awaitable<Result<std::vector<forge::Comment>>> comments_since(WallTime since) override {
    if (unreachable) co_return down();
    std::vector<forge::Comment> found = elsewhere;
    for (const auto& entry : entries) found.insert(found.end(), entry.comments.begin(), entry.comments.end());
    std::erase_if(found, [&](const forge::Comment& said) { return said.at < since; });
    std::ranges::stable_sort(found, {}, &forge::Comment::at);
    co_return found;
  }
  asio::awaitable<Result<forge::Account>> account() override {
    if (unreachable) co_return down();
    co_return whose;
  }
  asio::awaitable<Result<std::optional<bool>>> requires_status(std::string, std::string) override {
    if (unreachable) co_return down();
    co_return demands_status;
  }
  asio::awaitable<Result<Secret<std::string>>> git_token() override { co_return Secret<std::string>("fake-token"); }

  /// Somebody writes below a pull request.
  void say(std::int64_t number, std::string login, std::string body) {
    forge::Comment comment;
    comment.id = ++last_comment_;
    comment.author = std::move(login);
    comment.body = std::move(body);
    auto* entry = find(number);
    comment.url = fmt::format("{}#comment-{}", entry->pull_request.url, comment.id);
    comment.at = now();
    entry->comments.push_back(std::move(comment));
  }
  /// Somebody reviews what the head is now.
  void review(std::int64_t number, const std::string& login, forge::ReviewState state, const std::string& body = "") {
    auto* entry = find(number);
    refresh(*entry);
    forge::Review review;
    review.user = login;
    review.state = state;
    review.commit_sha = entry->pull_request.head_sha;
    review.body = body;
    entry->reviews.push_back(std::move(review));
  }
  /// A person's own pull request from `branch`; its number.
  std::int64_t open_by_hand(const std::string& login, const std::string& branch, const std::string& title, const std::string& base = "main") {
    Entry entry;
    entry.pull_request.number = static_cast<std::int64_t>(entries.size()) + 1;
    entry.pull_request.url = fmt::format("https://forge.example.org/acme/config/pulls/{}", entry.pull_request.number);
    entry.pull_request.title = title;
    entry.pull_request.branch = branch;
    entry.pull_request.base = base;
    entry.pull_request.author = login;
    entry.pull_request.head_ref = fmt::format("refs/pull/{}/head", entry.pull_request.number);
    refresh(entry);
    entries.push_back(std::move(entry));
    return entries.back().pull_request.number;
  }
  std::vector<forge::Comment> elsewhere;  ///< comments on issues

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
  static Error missing() { return {ErrorKind::NotFound, "no such pull request"}; }
  static Error lost() { return {ErrorKind::Timeout, "no answer in time"}; }
  void refresh(Entry& entry) const {
    if (entry.pull_request.state == forge::PullRequestState::Open && head_of) entry.pull_request.head_sha = head_of(entry.pull_request.branch);
  }

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
  asio::awaitable<Result<std::optional<bool>>> requires_status(std::string branch, std::string context) override {
    return forge_.requires_status(std::move(branch), std::move(context));
  }
  asio::awaitable<Result<Secret<std::string>>> git_token() override { return forge_.git_token(); }

 private:
  FakeForge& forge_;
};

}  // namespace driftwarden::test
