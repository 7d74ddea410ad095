#pragma once
// Where pull requests live. One interface for every forge.
#include "gitops/base/clock.hpp"
#include "gitops/base/secret.hpp"
#include "integrations/net/http_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::forge {

enum class MergeMethod { Merge, Squash, Rebase };
enum class PullRequestState { Open, Merged, Closed };

struct PullRequestDraft {
  PullRequestDraft() = default;
  std::string title;
  std::string body;
  std::string branch;  ///< head
  std::string base;    ///< the branch that is the truth
};

struct PullRequest {
  std::int64_t number = 0;
  std::string url;
  std::string title;
  std::string branch;
  std::string base;
  std::string head_sha;
  PullRequestState state = PullRequestState::Open;
  std::optional<bool> mergeable;  ///< nullopt: still being computed
  std::string merged_sha;         ///< the commit on the base branch once merged
};

enum class ReviewState { Approved, ChangesRequested, Commented, Dismissed };
struct Review {
  std::string user;  ///< login on the forge
  ReviewState state = ReviewState::Commented;
  std::string commit_sha;  ///< what was looked at
  bool stale = false;
};

enum class StatusState { Pending, Success, Failure };
struct CommitStatus {
  StatusState state = StatusState::Pending;
  std::string context = "driftwarden/approval";
  std::string description;
  std::string target_url;
};

/// Errors: Denied (401, 403), NotFound, Conflict (already exists; head moved; not mergeable), InvalidInput, RateLimited, Unavailable, Timeout.
/// Reads are repeated on transient failures; writes only where the forge makes it safe.
class Forge {
 public:
  virtual ~Forge() = default;
  virtual asio::awaitable<Result<std::optional<PullRequest>>> find_open(std::string branch, std::string base) = 0;
  /// Conflict when one is open for this branch already.
  virtual asio::awaitable<Result<PullRequest>> open(PullRequestDraft draft) = 0;
  virtual asio::awaitable<Result<PullRequest>> get(std::int64_t number) = 0;
  virtual asio::awaitable<Result<std::vector<Review>>> reviews(std::int64_t number) = 0;
  /// Merges only if the head is still `head_sha`, else Conflict. "Try again later" answers are waited out within the deadline.
  virtual asio::awaitable<Result<PullRequest>> merge(std::int64_t number, std::string head_sha, MergeMethod method, std::string message) = 0;
  virtual asio::awaitable<Result<void>> close(std::int64_t number) = 0;
  virtual asio::awaitable<Result<void>> comment(std::int64_t number, std::string text) = 0;
  virtual asio::awaitable<Result<void>> set_status(std::string sha, CommitStatus status) = 0;
};

struct ForgeOptions {
  std::string api_url;
  std::string project;  ///< "acme/config"
  Secret<std::string> token;
};

std::unique_ptr<Forge> create_gitea(net::HttpClient& http, Clock& clock, ForgeOptions options);

/// True when `signature` (hex, with or without "sha256=") is the HMAC-SHA256 of the raw body. Constant time.
bool verify_webhook(std::string_view secret, std::string_view raw_body, std::string_view signature);

}  // namespace driftwarden::forge
