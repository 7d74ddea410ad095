#pragma once
// GitLab's JSON as our values, and ours as GitLab's. Nothing where the text isn't what GitLab sends.
#include "integrations/forge/forge.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::forge::gitlab {

struct MergeRequest {
  PullRequest pull;
  std::string status;  ///< detailed_merge_status
  std::vector<std::int64_t> reviewer_ids;
};
std::optional<MergeRequest> parse_merge_request(std::string_view text);
std::optional<std::vector<PullRequest>> parse_merge_requests(std::string_view text);

/// What GitLab is still working out: asking again will tell.
bool is_computing(const std::string& status);

struct Approval {
  std::string user;
  WallTime at{};  ///< the epoch's start where GitLab doesn't say
};
struct Approvals {
  std::vector<Approval> by;  ///< `approved` alone is true where none is required
  std::int64_t left = 0;
};
std::optional<Approvals> parse_approvals(std::string_view text);
/// By head, when its newest version was made: a head that comes back is new again.
std::optional<std::map<std::string, WallTime>> parse_version_times(std::string_view text);
/// By username, the newest of GitLab's own notes that say so; nobody else can write those.
std::optional<std::map<std::string, WallTime>> parse_approval_times(std::string_view notes);
/// The reviewers whose word is that something has to change.
std::vector<std::string> parse_objectors(std::string_view text);
/// Project and group access tokens have accounts of their own.
bool is_token_account(const std::string& username);

struct CheckState {
  std::string status;
  bool may_fail = false;
};
std::optional<std::map<std::string, CheckState>> parse_statuses(std::string_view text);
/// Jobs and external statuses. `pipelines_count`: whether the project merges only what has passed; nothing: not known.
std::optional<std::vector<Check>> parse_checks(std::string_view text, std::optional<bool> pipelines_count);
std::optional<std::vector<Comment>> parse_notes(std::string_view text);
/// Of the events API, whose notes name their place: `web_url` is the project's page.
std::optional<std::vector<Comment>> parse_note_events(std::string_view text, const std::string& web_url);
/// The id of exactly this user.
std::optional<std::int64_t> parse_user_id(std::string_view users, const std::string& username);

const char* status_word(StatusState state);
std::string render_draft(const PullRequestDraft& draft);
/// GitLab makes those that it doesn't know.
std::string render_labels(const std::vector<std::string>& labels);
std::string render_update(const std::string& title, const std::string& body);
std::string render_merge(const std::string& head_sha, MergeMethod method, const std::string& message, bool remove_branch);
std::string render_note(const std::string& text);
std::string render_status(const CommitStatus& status);
std::string render_reviewers(const std::vector<std::int64_t>& ids);

/// Pure: what GitLab says it waits for (it names one cause at a time), the approvals, and the other checks of the head.
struct GateInputs {
  MergeRequest request;
  Approvals approvals;
  std::map<std::string, CheckState> checks;
};
MergeGate decide_gate(const GateInputs& inputs);

}  // namespace driftwarden::forge::gitlab
