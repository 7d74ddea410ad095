#pragma once
// What the forge knows besides Git: pull requests, reviews, comments, statuses. Plain values; kept in forge.json.
#include "gitops/base/clock.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::sandbox::forge {

/// A refusal as the API tells it: Gitea's status and words.
struct Refused {
  Refused() = default;
  Refused(unsigned status_, std::string message_) : status(status_), message(std::move(message_)) {}
  Refused(const Error& error) : status(error.kind == ErrorKind::NotFound ? 404 : 500), message(error.message) {}  // NOLINT: Git's failures pass through
  unsigned status = 500;
  std::string message;
};
[[noreturn]] void throw_exception_from_error(const Refused& refused, const boost::source_location& where);

template <class T>
class [[nodiscard]] Answer : public boost::system::result<T, Refused> {
  using Base = boost::system::result<T, Refused>;

 public:
  using Base::Base;
};

enum class PullState { Open, Closed, Merged };

struct Comment {
  std::int64_t id = 0;
  std::string user;
  std::string body;
  WallTime at{};
  WallTime updated{};
};

struct PullReview {
  std::int64_t id = 0;
  std::string user;
  std::string state;  ///< APPROVED, REQUEST_CHANGES, COMMENT, PENDING; REQUEST_REVIEW: was asked, hasn't answered
  std::string body;
  std::string commit_id;
  WallTime at{};
  bool dismissed = false;

  bool is_verdict() const { return state == "APPROVED" || state == "REQUEST_CHANGES"; }
};

struct StatusEntry {
  std::int64_t id = 0;
  std::string state;  ///< pending, success, error, failure, warning
  std::string context;
  std::string description;
  std::string target_url;
  std::string creator;
  WallTime at{};
};

struct Pull {
  std::int64_t id = 0;
  std::int64_t number = 0;
  std::string title;
  std::string body;
  std::string head;
  std::string base;
  std::string head_sha;
  std::string base_sha;
  std::string merge_base;
  std::string author;
  PullState state = PullState::Open;
  std::string merged_sha;
  std::string merged_by;
  WallTime created{};
  WallTime updated{};
  WallTime ended{};  ///< merged or closed
  std::vector<PullReview> reviews;
  std::vector<Comment> comments;
  std::vector<std::int64_t> labels{};  ///< ids

  bool open() const { return state == PullState::Open; }
};

struct Label {
  std::int64_t id = 0;
  std::string name;
  std::string color;  ///< "5319e7"
  std::string description;
};

/// A branch protection rule, by Gitea's names.
struct Protection {
  std::string name;  ///< a branch, or a pattern with "*"
  std::int64_t required_approvals = 0;
  bool enable_push = false;
  bool enable_status_check = false;
  std::vector<std::string> status_check_contexts;
  bool block_on_rejected_reviews = false;
  bool block_on_official_review_requests = false;
  bool block_on_outdated_branch = false;
  bool dismiss_stale_approvals = false;
  bool ignore_stale_approvals = false;
  WallTime at{};
};

struct Repository {
  std::int64_t id = 0;
  std::string owner;
  std::string name;
  WallTime created{};
  std::vector<Pull> pulls;
  std::map<std::string, std::vector<StatusEntry>> statuses;  ///< by commit, oldest first
  std::vector<Protection> protections;
  std::vector<Label> labels{};

  std::string full_name() const { return owner + "/" + name; }
  Pull* find_pull(std::int64_t number);
  Pull* find_open(const std::string& head, const std::string& base);
};

struct State {
  std::int64_t last_id = 0;
  std::map<std::string, Repository> repositories;  ///< by full name

  std::int64_t next_id() { return ++last_id; }
};

/// A review of an older head: shown, but it says nothing about what is there now.
bool is_stale(const Pull& pull, const PullReview& review);
/// Takes a review in: who answered is no longer asked, and a verdict replaces the same person's earlier ones.
void add_review(Pull& pull, PullReview review);
std::vector<Label> labels_of(const Repository& repository, const Pull& pull);
/// "WIP: x" and "[WIP] x".
bool is_draft(const Pull& pull);
/// Gitea's rules: another word than APPROVED, REQUEST_CHANGES and COMMENT makes a pending draft; nobody approves or rejects their own.
Answer<PullReview> make_review(const Pull& pull, const std::string& user, std::string event, std::string body, std::string commit_id);
/// The newest of each context, in order of their first appearance.
std::vector<StatusEntry> newest_statuses(const std::vector<StatusEntry>& all);
/// Gitea's summary of several statuses; "" when there are none.
std::string combined_state(const std::vector<StatusEntry>& newest);

std::string render_state(const State& state);
Result<State> parse_state(std::string_view text);
/// NotFound when there is no file yet.
Result<State> load_state(const std::string& file);
/// By a temporary file and a rename, so that a killed process leaves the old or the new one.
Result<void> save_state(const std::string& file, const State& state);

}  // namespace driftwarden::sandbox::forge
