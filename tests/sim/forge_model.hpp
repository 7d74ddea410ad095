#pragma once
// A forge: pull requests on the branches of a GitRemote, reviews, merges, comments.
#include "integrations/forge/forge.hpp"
#include "tests/sim/git_remote.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::sim {

struct PullEntry {
  forge::PullRequest pull;
  std::string body;
  std::vector<forge::Review> reviews;
  std::vector<forge::Comment> comments;
  bool by_bot = false;
  bool merged_by_hand = false;
  std::string bots_head;  ///< as the bot pushed it last: for a mutant
};

class ForgeModel {
 public:
  ForgeModel(Ground& ground, GitRemote& remote) : ground_(ground), remote_(remote) {}

  std::vector<PullEntry> entries;
  std::map<std::string, forge::CommitStatus> statuses;  ///< by commit
  /// The bot opened one; is about to merge one, asked for at that moment; somebody did something that a webhook tells of.
  std::function<void(const PullEntry&)> on_opened;
  std::function<void(const PullEntry&, MonoTime asked_at)> on_merge;
  std::function<void()> on_moved;

  PullEntry* find(std::int64_t number);
  void refresh(PullEntry& entry) const;
  GitRemote& remote() { return remote_; }

  Result<forge::PullRequest> open(const forge::PullRequestDraft& draft, const std::string& login);
  Result<forge::PullRequest> merge(PullEntry& entry, const GitAuthor& by, const std::string& message);
  void review(PullEntry& entry, const std::string& login, forge::ReviewState state);
  void moved() {
    if (on_moved) on_moved();
  }
  std::int64_t last_comment = 0;

 private:
  Ground& ground_;
  GitRemote& remote_;
};

class ForgePort final : public forge::Forge {
 public:
  ForgePort(Ground& ground, ForgeModel& model) : ground_(ground), model_(model) {}
  asio::awaitable<Result<std::optional<forge::PullRequest>>> find_open(std::string branch, std::string base) override;
  asio::awaitable<Result<std::optional<forge::PullRequest>>> find_merged(std::string branch, std::string base) override;
  asio::awaitable<Result<forge::PullRequest>> open(forge::PullRequestDraft draft) override;
  asio::awaitable<Result<forge::PullRequest>> get(std::int64_t number) override;
  asio::awaitable<Result<std::vector<forge::Review>>> reviews(std::int64_t number) override;
  asio::awaitable<Result<forge::PullRequest>> merge(std::int64_t number, std::string head_sha, forge::MergeMethod method, std::string message) override;
  asio::awaitable<Result<void>> update(std::int64_t number, std::string title, std::string body) override;
  asio::awaitable<Result<void>> close(std::int64_t number) override;
  asio::awaitable<Result<void>> comment(std::int64_t number, std::string text) override;
  asio::awaitable<Result<void>> set_status(std::string sha, forge::CommitStatus status) override;
  asio::awaitable<Result<std::vector<forge::PullRequest>>> open_pull_requests(std::string base) override;
  asio::awaitable<Result<forge::MergeGate>> merge_gate(std::int64_t number) override;
  asio::awaitable<Result<void>> upsert_comment(std::int64_t number, std::string marker, std::string text) override;
  asio::awaitable<Result<void>> request_reviewers(std::int64_t number, std::vector<std::string> logins) override;
  asio::awaitable<Result<std::vector<forge::Comment>>> comments_since(WallTime since) override;
  asio::awaitable<Result<forge::Account>> account() override;
  asio::awaitable<Result<std::optional<bool>>> requires_status(std::string branch, std::string context) override;
  asio::awaitable<Result<Secret<std::string>>> git_token() override;

 private:
  Ground& ground_;
  ForgeModel& model_;
};

}  // namespace driftwarden::sim
