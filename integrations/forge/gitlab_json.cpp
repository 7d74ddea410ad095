#include "integrations/forge/gitlab_json.hpp"

#include "gitops/base/text.hpp"
#include "integrations/forge/checks.hpp"
#include "integrations/forge/forge_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace driftwarden::forge::gitlab {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestStatus = 255;
constexpr std::size_t kLongestTitle = 255;
constexpr std::size_t kLongestDescription = 1'000'000;

PullRequestState state_of(const json& body) {
  const auto word = text_at(body, "state");
  if (word == "merged") return PullRequestState::Merged;
  return word == "closed" ? PullRequestState::Closed : PullRequestState::Open;  // "locked" is being merged
}

/// With a fast-forward there is no merge commit: the squashed one, or the head itself, is on the base.
std::string merged_sha(const json& body) {
  for (const char* key : {"merge_commit_sha", "squash_commit_sha", "sha"}) {
    if (auto sha = text_at(body, key); !sha.empty()) return sha;
  }
  return "";
}

std::optional<bool> mergeable_of(const json& body) {
  static const std::set<std::string> kConflicts{"conflict", "broken_status", "cannot_be_merged"};
  const auto status = text_at(body, "detailed_merge_status");
  if (flag_at(body, "has_conflicts") || kConflicts.contains(status)) return false;
  if (status.empty() || is_computing(status)) return std::nullopt;
  return true;
}

std::optional<MergeRequest> to_merge_request(const json& body) {
  const auto number = number_at(body, "iid");
  if (number == 0 || text_at(body, "source_branch").empty()) return std::nullopt;
  MergeRequest request;
  auto& pull = request.pull;
  pull.number = number;
  pull.url = text_at(body, "web_url");
  pull.title = text_at(body, "title");
  pull.branch = text_at(body, "source_branch");
  pull.base = text_at(body, "target_branch");
  pull.head_sha = text_at(body, "sha");
  pull.state = state_of(body);
  if (pull.state == PullRequestState::Open) pull.mergeable = mergeable_of(body);
  if (pull.state == PullRequestState::Merged) pull.merged_sha = merged_sha(body);
  pull.author = text_at(object_at(body, "author"), "username");
  pull.draft = flag_at(body, "draft") || flag_at(body, "work_in_progress");
  pull.from_fork = number_at(body, "source_project_id") != number_at(body, "target_project_id");
  pull.head_ref = "refs/merge-requests/" + std::to_string(number) + "/head";
  request.status = text_at(body, "detailed_merge_status");
  for (const auto& reviewer : array_at(body, "reviewers")) request.reviewer_ids.push_back(number_at(reviewer, "id"));
  return request;
}

Comment to_comment(const json& note) {
  Comment comment;
  comment.id = number_at(note, "id");
  comment.author = text_at(object_at(note, "author"), "username");
  comment.body = text_at(note, "body");
  comment.at = time_at(note, "created_at");
  // Resolving a thread touches the time too, so a second or so is no edit, and more of it may be.
  comment.edited = time_at(note, "updated_at") > comment.at + std::chrono::seconds(1);
  return comment;
}

}  // namespace

bool is_computing(const std::string& status) {
  static const std::set<std::string> kComputing{"unchecked", "checking", "preparing", "approvals_syncing", "cannot_be_merged_recheck"};
  return kComputing.contains(status);
}

std::optional<MergeRequest> parse_merge_request(std::string_view text) { return to_merge_request(parse_json(text)); }

std::optional<std::vector<PullRequest>> parse_merge_requests(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::vector<PullRequest> pulls;
  for (const auto& item : body) {
    auto request = to_merge_request(item);
    if (!request) return std::nullopt;
    pulls.push_back(std::move(request->pull));
  }
  return pulls;
}

std::optional<Approvals> parse_approvals(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object() || !body.contains("approved_by")) return std::nullopt;
  Approvals approvals;
  approvals.left = number_at(body, "approvals_left");
  for (const auto& item : array_at(body, "approved_by")) {
    if (auto name = text_at(object_at(item, "user"), "username"); !name.empty()) approvals.by.push_back({std::move(name), time_at(item, "approved_at")});
  }
  return approvals;
}

std::optional<std::map<std::string, WallTime>> parse_version_times(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::map<std::string, WallTime> times;
  for (const auto& item : body) {
    const auto made = time_at(item, "created_at");
    const auto sha = text_at(item, "head_commit_sha");
    if (!sha.empty() && made != WallTime{}) times[sha] = std::max(times[sha], made);
  }
  return times;
}

std::optional<std::map<std::string, WallTime>> parse_approval_times(std::string_view notes) {
  const auto body = parse_json(notes);
  if (!body.is_array()) return std::nullopt;
  std::map<std::string, WallTime> times;
  for (const auto& note : body) {
    if (!flag_at(note, "system") || trim(text_at(note, "body")) != "approved this merge request") continue;
    auto& newest = times[text_at(object_at(note, "author"), "username")];
    newest = std::max(newest, time_at(note, "created_at"));
  }
  return times;
}

std::vector<std::string> parse_objectors(std::string_view text) {
  std::vector<std::string> names;
  const auto body = parse_json(text);
  if (!body.is_array()) return names;
  for (const auto& item : body) {
    if (text_at(item, "state") == "requested_changes") names.push_back(text_at(object_at(item, "user"), "username"));
  }
  return names;
}

bool is_token_account(const std::string& username) { return glob_match("project_*_bot*", username) || glob_match("group_*_bot*", username); }

std::optional<std::map<std::string, CheckState>> parse_statuses(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::map<std::string, CheckState> states;
  // Newest first.
  for (const auto& item : body) states.try_emplace(text_at(item, "name"), CheckState{text_at(item, "status"), flag_at(item, "allow_failure")});
  return states;
}

std::optional<std::vector<Check>> parse_checks(std::string_view text, std::optional<bool> pipelines_count) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::vector<Check> checks;
  for (const auto& item : body) {
    const auto word = text_at(item, "status");
    Check check;
    check.name = text_at(item, "name");
    check.state = check_state(word);
    check.url = check_link(text_at(item, "target_url"));
    check.summary = check_summary(text_at(item, "description"), word);
    check.started = maybe_time_at(item, "started_at");
    if (!check.started) check.started = maybe_time_at(item, "created_at");
    check.finished = maybe_time_at(item, "finished_at");
    if (pipelines_count) check.required = *pipelines_count && !flag_at(item, "allow_failure") && word != "manual";
    checks.push_back(std::move(check));
  }
  return checks;
}

std::optional<std::vector<Comment>> parse_notes(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::vector<Comment> comments;
  for (const auto& note : body) {
    if (!flag_at(note, "system")) comments.push_back(to_comment(note));
  }
  return comments;
}

std::optional<std::vector<Comment>> parse_note_events(std::string_view text, const std::string& web_url) {
  static const std::map<std::string, std::string> kPlaces{{"MergeRequest", "merge_requests"}, {"Issue", "issues"}};
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::vector<Comment> comments;
  for (const auto& event : body) {
    const auto& note = object_at(event, "note");
    const auto place = kPlaces.find(text_at(note, "noteable_type"));
    if (place == kPlaces.end() || flag_at(note, "system")) continue;
    auto comment = to_comment(note);
    comment.url = web_url + "/-/" + place->second + "/" + std::to_string(number_at(note, "noteable_iid")) + "#note_" + std::to_string(comment.id);
    if (!comment.author.empty()) comments.push_back(std::move(comment));
  }
  return comments;
}

std::optional<std::int64_t> parse_user_id(std::string_view users, const std::string& username) {
  const auto body = parse_json(users);
  if (!body.is_array()) return std::nullopt;
  for (const auto& user : body) {
    if (to_lower(text_at(user, "username")) == to_lower(username) && number_at(user, "id") != 0) return number_at(user, "id");
  }
  return std::nullopt;
}

const char* status_word(StatusState state) {
  switch (state) {
    case StatusState::Pending: return "pending";
    case StatusState::Success: return "success";
    case StatusState::Failure: return "failed";
  }
  return "pending";
}

std::string render_draft(const PullRequestDraft& draft) {
  json body{{"source_branch", draft.branch},
            {"target_branch", draft.base},
            {"title", ellipsize(draft.title, kLongestTitle)},
            {"description", cut_comment(draft.body, kLongestDescription)}};
  if (!draft.labels.empty()) body["labels"] = join(draft.labels, ",");
  return dump(body);
}

std::string render_labels(const std::vector<std::string>& labels) { return dump({{"add_labels", join(labels, ",")}}); }

std::string render_update(const std::string& title, const std::string& body) {
  return dump({{"title", ellipsize(title, kLongestTitle)}, {"description", cut_comment(body, kLongestDescription)}});
}

std::string render_merge(const std::string& head_sha, MergeMethod method, const std::string& message, bool remove_branch) {
  // A rebase is the project's own setting here (fast-forward merges); then the messages go unused.
  const bool squash = method == MergeMethod::Squash;
  json body{{"sha", head_sha}, {"squash", squash}, {"should_remove_source_branch", remove_branch}};
  if (method != MergeMethod::Rebase) body["merge_commit_message"] = message;
  if (squash) body["squash_commit_message"] = message;
  return dump(body);
}

std::string render_note(const std::string& text) { return dump({{"body", text}}); }

std::string render_status(const CommitStatus& status) {
  json body{{"state", status_word(status.state)}, {"name", status.context}, {"description", ellipsize(status.description, kLongestStatus)}};
  if (!status.target_url.empty()) body["target_url"] = status.target_url;
  return dump(body);
}

std::string render_reviewers(const std::vector<std::int64_t>& ids) { return dump({{"reviewer_ids", ids}}); }

}  // namespace driftwarden::forge::gitlab
