#include "tests/sim/forge_model.hpp"

#include <algorithm>

namespace driftwarden::sim {
namespace {

using forge::PullRequest;
using forge::PullRequestState;

constexpr Duration kDeadline{20'000};
const GitAuthor kForge{"forge", "forge@example.org"};

Error missing() { return {ErrorKind::NotFound, "no such pull request"}; }

}  // namespace

PullEntry* ForgeModel::find(std::int64_t number) {
  const auto found = std::ranges::find_if(entries, [&](const PullEntry& entry) { return entry.pull.number == number; });
  return found == entries.end() ? nullptr : &*found;
}

void ForgeModel::refresh(PullEntry& entry) const {
  if (entry.pull.state != PullRequestState::Open) return;
  entry.pull.head_sha = remote_.head(entry.pull.branch);
  const auto writers = remote_.writers.find(entry.pull.head_sha);
  if (writers == remote_.writers.end() || writers->second.empty()) entry.bots_head = entry.pull.head_sha;
}

Result<PullRequest> ForgeModel::open(const forge::PullRequestDraft& draft, const std::string& login) {
  const bool forgets = ground_.is(MutantKind::PullRequestForgotten);
  for (const auto& entry : entries) {
    if (entry.pull.branch == draft.branch && entry.pull.state == PullRequestState::Open && !forgets) return Error{ErrorKind::Conflict, "a pull request exists for " + draft.branch};
  }
  if (remote_.head(draft.branch).empty()) return Error{ErrorKind::InvalidInput, "there is no branch " + draft.branch};
  PullEntry entry;
  entry.pull.number = static_cast<std::int64_t>(entries.size()) + 1;
  entry.pull.url = fmt::format("https://forge.example.org/acme/config/pulls/{}", entry.pull.number);
  entry.pull.title = draft.title;
  entry.pull.branch = draft.branch;
  entry.pull.base = draft.base;
  entry.pull.author = login;
  entry.pull.mergeable = true;
  entry.pull.head_ref = "refs/heads/" + draft.branch;
  entry.body = draft.body;
  entry.by_bot = login == "driftwarden";
  refresh(entry);
  entries.push_back(entry);
  ground_.say(fmt::format("forge: #{} of {} from {}", entry.pull.number, login, draft.branch));
  if (entry.by_bot && on_opened) on_opened(entries.back());
  moved();
  return entry.pull;
}

Result<PullRequest> ForgeModel::merge(PullEntry& entry, const GitAuthor& by, const std::string& message) {
  refresh(entry);
  auto merged = remote_.squash(entry.pull.base, entry.pull.head_sha, by, message);
  if (!merged) return merged.error();
  entry.pull.state = PullRequestState::Merged;
  entry.pull.merged_sha = *merged;
  entry.merged_by_hand = by.name != kForge.name;
  ground_.say(fmt::format("forge: #{} is merged as {} by {}", entry.pull.number, merged->substr(0, 8), by.name));
  moved();
  return entry.pull;
}

void ForgeModel::review(PullEntry& entry, const std::string& login, forge::ReviewState state) {
  refresh(entry);
  forge::Review review;
  review.user = login;
  review.state = state;
  review.commit_sha = entry.pull.head_sha;
  entry.reviews.push_back(std::move(review));
  ground_.say(fmt::format("forge: {} reviews #{}: {}", login, entry.pull.number, state == forge::ReviewState::Approved ? "approved" : "asks for changes"));
  moved();
}

asio::awaitable<Result<std::optional<PullRequest>>> ForgePort::find_open(std::string branch, std::string base) {
  std::function<Result<std::optional<PullRequest>>()> effect = [this, branch, base]() -> Result<std::optional<PullRequest>> {
    std::optional<PullRequest> found;
    if (ground_.is(MutantKind::PullRequestForgotten)) return found;
    for (auto& entry : model_.entries) {
      model_.refresh(entry);
      if (entry.pull.branch == branch && entry.pull.base == base && entry.pull.state == PullRequestState::Open) found = entry.pull;
    }
    return found;
  };
  return outside<std::optional<PullRequest>>(ground_, "forge find", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<std::optional<PullRequest>>> ForgePort::find_merged(std::string branch, std::string base) {
  std::function<Result<std::optional<PullRequest>>()> effect = [this, branch, base]() -> Result<std::optional<PullRequest>> {
    std::optional<PullRequest> found;
    for (const auto& entry : model_.entries) {
      if (entry.pull.branch == branch && entry.pull.base == base && entry.pull.state == PullRequestState::Merged) found = entry.pull;
    }
    return found;
  };
  return outside<std::optional<PullRequest>>(ground_, "forge find merged", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<PullRequest>> ForgePort::open(forge::PullRequestDraft draft) {
  std::function<Result<PullRequest>()> effect = [this, draft]() { return model_.open(draft, "driftwarden"); };
  return outside<PullRequest>(ground_, "forge open", kDeadline, {}, std::move(effect));
}

asio::awaitable<Result<PullRequest>> ForgePort::get(std::int64_t number) {
  std::function<Result<PullRequest>()> effect = [this, number]() -> Result<PullRequest> {
    auto* entry = model_.find(number);
    if (entry == nullptr) return missing();
    model_.refresh(*entry);
    auto pull = entry->pull;
    if (ground_.is(MutantKind::MergesAnyHead) && pull.state == PullRequestState::Open) pull.head_sha = entry->bots_head;
    return pull;
  };
  return outside<PullRequest>(ground_, "forge get", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<std::vector<forge::Review>>> ForgePort::reviews(std::int64_t number) {
  std::function<Result<std::vector<forge::Review>>()> effect = [this, number]() -> Result<std::vector<forge::Review>> {
    auto* entry = model_.find(number);
    if (entry == nullptr) return missing();
    model_.refresh(*entry);
    auto all = entry->reviews;
    for (auto& review : all) review.stale = review.commit_sha != entry->pull.head_sha;
    if (ground_.is(MutantKind::ReviewsInvented)) {
      for (const auto* login : {"alice", "bob", "carol"}) {
        forge::Review invented;
        invented.user = login;
        invented.state = forge::ReviewState::Approved;
        invented.commit_sha = entry->pull.head_sha;
        all.push_back(invented);
      }
    }
    return all;
  };
  return outside<std::vector<forge::Review>>(ground_, "forge reviews", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<PullRequest>> ForgePort::merge(std::int64_t number, std::string head_sha, forge::MergeMethod, std::string message) {
  const auto asked_at = ground_.time.mono();
  std::function<Result<PullRequest>()> effect = [this, number, head_sha, message, asked_at]() -> Result<PullRequest> {
    auto* entry = model_.find(number);
    if (entry == nullptr) return missing();
    model_.refresh(*entry);
    const bool blind = ground_.is(MutantKind::MergesAnyHead);
    if (entry->pull.head_sha != head_sha && !blind) return Error{ErrorKind::Conflict, "the head moved"};
    if (entry->pull.state != PullRequestState::Open) return Error{ErrorKind::Conflict, "it is not open"};
    if (!ground_.faults_stopped && ground_.chance(ground_.rates.fail / 2)) return Error{ErrorKind::Conflict, "whether it can be merged is still being worked out"};
    if (!model_.remote().merges_cleanly(entry->pull.base, entry->pull.head_sha)) return Error{ErrorKind::Conflict, "the branch conflicts with " + entry->pull.base};
    if (model_.on_merge) model_.on_merge(*entry, asked_at);
    return model_.merge(*entry, kForge, message);
  };
  return outside<PullRequest>(ground_, "forge merge", kDeadline, {true, true}, std::move(effect));
}

asio::awaitable<Result<void>> ForgePort::update(std::int64_t number, std::string title, std::string body) {
  std::function<Result<void>()> effect = [this, number, title, body]() -> Result<void> {
    auto* entry = model_.find(number);
    if (entry == nullptr) return missing();
    entry->pull.title = title;
    entry->body = body;
    return Result<void>{};
  };
  return outside<void>(ground_, "forge update", kDeadline, {true, true}, std::move(effect));
}

asio::awaitable<Result<void>> ForgePort::close(std::int64_t number) {
  std::function<Result<void>()> effect = [this, number]() -> Result<void> {
    auto* entry = model_.find(number);
    if (entry == nullptr) return missing();
    model_.refresh(*entry);
    if (entry->pull.state == PullRequestState::Open) entry->pull.state = PullRequestState::Closed;
    return Result<void>{};
  };
  return outside<void>(ground_, "forge close", kDeadline, {true, true}, std::move(effect));
}

asio::awaitable<Result<void>> ForgePort::comment(std::int64_t number, std::string text) {
  std::function<Result<void>()> effect = [this, number, text]() -> Result<void> {
    auto* entry = model_.find(number);
    if (entry == nullptr) return missing();
    forge::Comment comment;
    comment.id = ++model_.last_comment;
    comment.author = "driftwarden";
    comment.body = text;
    comment.at = ground_.time.wall();
    entry->comments.push_back(std::move(comment));
    return Result<void>{};
  };
  return outside<void>(ground_, "forge comment", kDeadline, {}, std::move(effect));
}

asio::awaitable<Result<void>> ForgePort::set_status(std::string sha, forge::CommitStatus status) {
  std::function<Result<void>()> effect = [this, sha, status]() -> Result<void> {
    model_.statuses[sha] = status;
    return Result<void>{};
  };
  return outside<void>(ground_, "forge status", kDeadline, {true, true}, std::move(effect));
}

asio::awaitable<Result<std::vector<PullRequest>>> ForgePort::open_pull_requests(std::string base) {
  std::function<Result<std::vector<PullRequest>>()> effect = [this, base]() -> Result<std::vector<PullRequest>> {
    std::vector<PullRequest> found;
    for (auto& entry : model_.entries) {
      model_.refresh(entry);
      if (entry.pull.state == PullRequestState::Open && entry.pull.base == base) found.insert(found.begin(), entry.pull);
    }
    return found;
  };
  return outside<std::vector<PullRequest>>(ground_, "forge list", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<forge::MergeGate>> ForgePort::merge_gate(std::int64_t number) {
  std::function<Result<forge::MergeGate>()> effect = [this, number]() -> Result<forge::MergeGate> {
    auto* entry = model_.find(number);
    if (entry == nullptr) return missing();
    model_.refresh(*entry);
    forge::MergeGate gate;
    if (entry->pull.state == PullRequestState::Open && !model_.remote().merges_cleanly(entry->pull.base, entry->pull.head_sha)) gate.blocked_by.push_back("conflicts with " + entry->pull.base);
    return gate;
  };
  return outside<forge::MergeGate>(ground_, "forge gate", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<void>> ForgePort::upsert_comment(std::int64_t number, std::string marker, std::string text) {
  std::function<Result<void>()> effect = [this, number, marker, text]() -> Result<void> {
    auto* entry = model_.find(number);
    if (entry == nullptr) return missing();
    const bool anew = ground_.is(MutantKind::CommentsAsNew);
    for (auto& comment : entry->comments) {
      if (comment.author != "driftwarden" || comment.body.find(marker) == std::string::npos || anew) continue;
      comment.body = text;
      return Result<void>{};
    }
    forge::Comment comment;
    comment.id = ++model_.last_comment;
    comment.author = "driftwarden";
    comment.body = text;
    comment.at = ground_.time.wall();
    entry->comments.push_back(std::move(comment));
    return Result<void>{};
  };
  return outside<void>(ground_, "forge sticky comment", kDeadline, {}, std::move(effect));
}

asio::awaitable<Result<void>> ForgePort::request_reviewers(std::int64_t number, std::vector<std::string>) {
  std::function<Result<void>()> effect = [this, number]() -> Result<void> {
    if (model_.find(number) == nullptr) return missing();
    return Result<void>{};
  };
  return outside<void>(ground_, "forge reviewers", kDeadline, {true, true}, std::move(effect));
}

asio::awaitable<Result<std::vector<forge::Comment>>> ForgePort::comments_since(WallTime) {
  std::function<Result<std::vector<forge::Comment>>()> effect = []() -> Result<std::vector<forge::Comment>> { return std::vector<forge::Comment>{}; };
  return outside<std::vector<forge::Comment>>(ground_, "forge comments", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<forge::Account>> ForgePort::account() {
  std::function<Result<forge::Account>()> effect = []() -> Result<forge::Account> { return forge::Account{"driftwarden"}; };
  return outside<forge::Account>(ground_, "forge account", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<std::optional<bool>>> ForgePort::requires_status(std::string, std::string) {
  std::function<Result<std::optional<bool>>()> effect = []() -> Result<std::optional<bool>> { return std::optional<bool>(true); };
  return outside<std::optional<bool>>(ground_, "forge protection", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<Secret<std::string>>> ForgePort::git_token() {
  std::function<Result<Secret<std::string>>()> effect = []() -> Result<Secret<std::string>> { return Secret<std::string>("token"); };
  return outside<Secret<std::string>>(ground_, "forge token", kDeadline, {false, false}, std::move(effect));
}

}  // namespace driftwarden::sim
