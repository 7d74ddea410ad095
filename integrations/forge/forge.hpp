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
  std::vector<std::string> labels{};  ///< made where the project doesn't know them; a label that can't be set is no failure
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
  std::string author{};           ///< login
  bool draft = false;
  bool from_fork = false;
  std::string head_ref{};         ///< what Git can fetch the head by: "refs/pull/7/head"
};

/// What the forge itself wants before it merges: protection, required checks, reviews, code owners.
struct MergeGate {
  std::vector<std::string> waiting_for;  ///< may come: "check ci/build is pending", "1 more approving review on the forge"
  std::vector<std::string> blocked_by;   ///< a person must do something: "conflicts with main", "check ci/build failed"
  bool open() const { return waiting_for.empty() && blocked_by.empty(); }
};

/// One check run, workflow result or commit status of a commit, as CI reports it.
struct Check {
  enum class State { Queued, Running, Passed, Failed, Skipped };
  std::string name{};
  State state = State::Queued;
  std::string url{};
  std::string summary{};             ///< in its own words, short
  std::optional<bool> required{};    ///< nothing: the token may not see it
  std::optional<WallTime> started{};
  std::optional<WallTime> finished{};
  bool operator==(const Check&) const = default;
};

struct Comment {
  std::int64_t id = 0;
  std::string author;  ///< login
  std::string body;
  std::string url;
  WallTime at{};
  bool edited = false;  ///< maybe by somebody else: what it says isn't proven to be its author's
};

/// Whose token it is.
struct Account {
  std::string login;
  bool is_app = false;
};

/// What the token may do in the project, as far as the forge says.
struct ProjectRights {
  bool read = false;
  std::optional<bool> push{};
  std::optional<bool> pull_requests{};  ///< the project has them switched on
  std::optional<Duration> clock_ahead{};  ///< our clock before the forge's, by its Date header
};

enum class ReviewState { Approved, ChangesRequested, Commented, Dismissed };
struct Review {
  std::string user;  ///< login on the forge
  ReviewState state = ReviewState::Commented;
  std::string commit_sha;  ///< what was looked at
  bool stale = false;
  bool by_bot = false;     ///< never an approval
  std::string body{};
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
  /// The newest one of this branch that was merged: its opening may never have been heard of.
  virtual asio::awaitable<Result<std::optional<PullRequest>>> find_merged(std::string branch, std::string base) {
    static_cast<void>(branch);
    static_cast<void>(base);
    co_return std::optional<PullRequest>{};
  }
  /// Conflict when one is open for this branch already.
  virtual asio::awaitable<Result<PullRequest>> open(PullRequestDraft draft) = 0;
  virtual asio::awaitable<Result<PullRequest>> get(std::int64_t number) = 0;
  virtual asio::awaitable<Result<std::vector<Review>>> reviews(std::int64_t number) = 0;
  /// Merges only if the head is still `head_sha`, else Conflict. "Try again later" answers are waited out within the deadline.
  virtual asio::awaitable<Result<PullRequest>> merge(std::int64_t number, std::string head_sha, MergeMethod method, std::string message) = 0;
  /// Edits title and body of an open pull request; the same again is no error.
  virtual asio::awaitable<Result<void>> update(std::int64_t number, std::string title, std::string body) = 0;
  virtual asio::awaitable<Result<void>> close(std::int64_t number) = 0;
  virtual asio::awaitable<Result<void>> comment(std::int64_t number, std::string text) = 0;
  virtual asio::awaitable<Result<void>> set_status(std::string sha, CommitStatus status) = 0;

  /// The first two pages' worth (200) of the open ones into `base`, newest first.
  virtual asio::awaitable<Result<std::vector<PullRequest>>> open_pull_requests(std::string base) = 0;
  /// Without our own `driftwarden/approval`, which the caller knows better. What the token may not see counts as nothing wanted.
  virtual asio::awaitable<Result<MergeGate>> merge_gate(std::int64_t number) = 0;
  /// What CI says of the pull request's head, the newest of each name, sorted by name; without our own `driftwarden/*`. At most 100.
  virtual asio::awaitable<Result<std::vector<Check>>> checks(std::int64_t number) {
    static_cast<void>(number);
    co_return std::vector<Check>{};
  }
  /// The one comment of ours that holds `marker` (an HTML comment), made or edited; not edited when it says this already. Cut at the forge's limit.
  virtual asio::awaitable<Result<void>> upsert_comment(std::int64_t number, std::string marker, std::string text) = 0;
  /// Adds labels, and makes those that the project doesn't know; those that it has stay.
  virtual asio::awaitable<Result<void>> label(std::int64_t number, std::vector<std::string> labels) {
    static_cast<void>(number);
    static_cast<void>(labels);
    co_return Result<void>{};
  }
  /// Those who can't be asked are left out; asking twice is no error.
  virtual asio::awaitable<Result<void>> request_reviewers(std::int64_t number, std::vector<std::string> logins) = 0;
  /// Comments on issues and pull requests of the project since then, oldest first: where a `link` is proven.
  virtual asio::awaitable<Result<std::vector<Comment>>> comments_since(WallTime since) = 0;
  virtual asio::awaitable<Result<Account>> account() = 0;
  virtual asio::awaitable<Result<ProjectRights>> rights() {
    ProjectRights unknown;
    unknown.read = true;
    co_return unknown;
  }
  /// Whether the branch's protection demands this status; nothing where the token may not see it.
  virtual asio::awaitable<Result<std::optional<bool>>> requires_status(std::string branch, std::string context) = 0;
  /// A token that is good for Git over HTTPS for some minutes at least.
  virtual asio::awaitable<Result<Secret<std::string>>> git_token() = 0;
};

struct ForgeOptions {
  std::string api_url;
  std::string project;  ///< "acme/config"
  Secret<std::string> token;
  struct App {  ///< a GitHub App instead of a token
    std::int64_t app_id = 0;
    std::int64_t installation_id = 0;
    Secret<std::string> private_key;  ///< PEM
  };
  std::optional<App> app{};
};

std::unique_ptr<Forge> create_gitea(net::HttpClient& http, Clock& clock, ForgeOptions options);
/// github.com, data residency and GHES alike: `api_url` is "https://api.github.com" or "https://HOST/api/v3".
std::unique_ptr<Forge> create_github(net::HttpClient& http, Clock& clock, ForgeOptions options);
/// `api_url` is "https://HOST/api/v4", `project` "group/sub/name".
std::unique_ptr<Forge> create_gitlab(net::HttpClient& http, Clock& clock, ForgeOptions options);

/// True when `signature` (hex, with or without "sha256=") is the HMAC-SHA256 of the raw body. Constant time.
bool verify_webhook(std::string_view secret, std::string_view raw_body, std::string_view signature);
/// GitLab's X-Gitlab-Token: the secret itself. Constant time.
bool verify_webhook_token(std::string_view secret, std::string_view token);
/// Standard Webhooks (newer GitLab): `secret` is "whsec_" and base64; signatures of another secret or of a time more than 5 min off are refused.
struct SignedHook {
  std::string_view id;
  std::string_view timestamp;
  std::string_view signatures;  ///< "v1,BASE64 v1,BASE64"
};
bool verify_standard_webhook(std::string_view secret, std::string_view raw_body, const SignedHook& hook, WallTime now);

}  // namespace driftwarden::forge
