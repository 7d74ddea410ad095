#include "tests/support/fakes/forge.hpp"

namespace driftwarden::test {

asio::awaitable<Result<std::optional<forge::PullRequest>>> FakeForge::find_open(std::string branch, std::string base) {
  if (unreachable) co_return down();
  std::optional<forge::PullRequest> found;
  for (auto& entry : entries) {
    refresh(entry);
    const auto& pull_request = entry.pull_request;
    if (pull_request.branch == branch && pull_request.base == base && pull_request.state == forge::PullRequestState::Open) found = pull_request;
  }
  co_return found;
}

asio::awaitable<Result<forge::PullRequest>> FakeForge::open(forge::PullRequestDraft draft) {
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
  entry.labels = draft.labels;
  entry.pull_request.author = whose.login;
  entry.pull_request.head_ref = fmt::format("refs/pull/{}/head", entry.pull_request.number);
  refresh(entry);
  entries.push_back(entry);
  if (std::exchange(lose_next_answer, false)) co_return lost();
  co_return entry.pull_request;
}

asio::awaitable<Result<forge::PullRequest>> FakeForge::get(std::int64_t number) {
  if (unreachable) co_return down();
  ++gets;
  auto* entry = find(number);
  if (entry == nullptr) co_return missing();
  refresh(*entry);
  co_return entry->pull_request;
}

asio::awaitable<Result<std::vector<forge::Review>>> FakeForge::reviews(std::int64_t number) {
  if (unreachable) co_return down();
  auto* entry = find(number);
  if (entry == nullptr) co_return missing();
  refresh(*entry);
  auto all = entry->reviews;
  for (auto& review : all) review.stale = review.stale || review.commit_sha != entry->pull_request.head_sha;
  co_return all;
}

asio::awaitable<Result<forge::PullRequest>> FakeForge::merge(std::int64_t number, std::string head_sha, forge::MergeMethod, std::string) {
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

asio::awaitable<Result<void>> FakeForge::update(std::int64_t number, std::string title, std::string body) {
  if (unreachable) co_return down();
  auto* entry = find(number);
  if (entry == nullptr) co_return missing();
  entry->pull_request.title = std::move(title);
  entry->body = std::move(body);
  if (std::exchange(lose_next_answer, false)) co_return lost();
  co_return Result<void>{};
}

asio::awaitable<Result<void>> FakeForge::close(std::int64_t number) {
  if (unreachable) co_return down();
  find(number)->pull_request.state = forge::PullRequestState::Closed;
  co_return Result<void>{};
}

asio::awaitable<Result<void>> FakeForge::comment(std::int64_t number, std::string text) {
  if (unreachable) co_return down();
  auto* entry = find(number);
  if (entry == nullptr) co_return missing();
  say(number, whose.login, std::move(text));
  if (std::exchange(lose_next_answer, false)) co_return lost();
  co_return Result<void>{};
}

asio::awaitable<Result<void>> FakeForge::set_status(std::string sha, forge::CommitStatus status) {
  if (unreachable) co_return down();
  statuses.emplace_back(sha, status);
  co_return Result<void>{};
}

asio::awaitable<Result<std::vector<forge::Check>>> FakeForge::checks(std::int64_t number) {
  if (unreachable) co_return down();
  if (find(number) == nullptr) co_return missing();
  co_return ci;
}

asio::awaitable<Result<std::vector<forge::PullRequest>>> FakeForge::open_pull_requests(std::string base) {
  if (unreachable) co_return down();
  std::vector<forge::PullRequest> found;
  for (auto& entry : entries) {
    refresh(entry);
    if (entry.pull_request.state == forge::PullRequestState::Open && entry.pull_request.base == base) found.insert(found.begin(), entry.pull_request);
  }
  found.resize(std::min(found.size(), listed_at_most));
  co_return found;
}

asio::awaitable<Result<forge::MergeGate>> FakeForge::merge_gate(std::int64_t number) {
  if (unreachable) co_return down();
  if (find(number) == nullptr) co_return missing();
  co_return gate;
}

asio::awaitable<Result<void>> FakeForge::upsert_comment(std::int64_t number, std::string marker, std::string text) {
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

asio::awaitable<Result<void>> FakeForge::request_reviewers(std::int64_t number, std::vector<std::string> logins) {
  if (unreachable) co_return down();
  auto* entry = find(number);
  if (entry == nullptr) co_return missing();
  for (const auto& login : logins) {
    const bool impossible = login == entry->pull_request.author || std::ranges::count(strangers, login) > 0;
    if (!impossible && std::ranges::count(entry->reviewers, login) == 0) entry->reviewers.push_back(login);
  }
  co_return Result<void>{};
}

asio::awaitable<Result<std::vector<forge::Comment>>> FakeForge::comments_since(WallTime since) {
  if (unreachable) co_return down();
  std::vector<forge::Comment> found = elsewhere;
  for (const auto& entry : entries) found.insert(found.end(), entry.comments.begin(), entry.comments.end());
  std::erase_if(found, [&](const forge::Comment& said) { return said.at < since; });
  std::ranges::stable_sort(found, {}, &forge::Comment::at);
  co_return found;
}

asio::awaitable<Result<forge::Account>> FakeForge::account() {
  if (unreachable) co_return down();
  co_return whose;
}

asio::awaitable<Result<std::optional<bool>>> FakeForge::requires_status(std::string, std::string) {
  if (unreachable) co_return down();
  co_return demands_status;
}

void FakeForge::say(std::int64_t number, std::string login, std::string body) {
  forge::Comment comment;
  comment.id = ++last_comment_;
  comment.author = std::move(login);
  comment.body = std::move(body);
  auto* entry = find(number);
  comment.url = fmt::format("{}#comment-{}", entry->pull_request.url, comment.id);
  comment.at = now();
  entry->comments.push_back(std::move(comment));
}

void FakeForge::review(std::int64_t number, const std::string& login, forge::ReviewState state, const std::string& body) {
  auto* entry = find(number);
  refresh(*entry);
  forge::Review review;
  review.user = login;
  review.state = state;
  review.commit_sha = entry->pull_request.head_sha;
  review.body = body;
  entry->reviews.push_back(std::move(review));
}

std::int64_t FakeForge::open_by_hand(const std::string& login, const std::string& branch, const std::string& title, const std::string& base) {
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

void FakeForge::merge_by_hand(std::int64_t number) {
  auto* entry = find(number);
  entry->pull_request.merged_sha = merge_in_repository(entry->pull_request);
  entry->pull_request.state = forge::PullRequestState::Merged;
  ++merges;
}

FakeForge::Entry* FakeForge::find(std::int64_t number) {
  const auto found = std::ranges::find_if(entries, [&](const Entry& entry) { return entry.pull_request.number == number; });
  return found == entries.end() ? nullptr : &*found;
}

void FakeForge::refresh(Entry& entry) const {
  if (entry.pull_request.state == forge::PullRequestState::Open && head_of) entry.pull_request.head_sha = head_of(entry.pull_request.branch);
}

}  // namespace driftwarden::test
