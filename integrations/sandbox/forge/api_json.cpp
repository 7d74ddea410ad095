#include "integrations/sandbox/forge/api_json.hpp"

#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"
#include "integrations/sandbox/forge/protection.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace driftwarden::sandbox::forge {

using nlohmann::json;

namespace {

json time_json(WallTime time) { return time == WallTime{} ? json(nullptr) : json(format_time(std::chrono::floor<std::chrono::seconds>(time))); }

json side_json(const Core& core, const Repository& repository, const std::string& branch, const std::string& sha) {
  return {{"label", branch}, {"ref", branch}, {"sha", sha}, {"repo_id", repository.id}, {"repo", repository_json(core, repository)}};
}

std::string api_url(const Core& core, const Repository& repository) { return core.options().base_url + "/api/v1/repos/" + repository.full_name(); }

json person_json(const GitPerson& person, WallTime time) { return {{"name", person.name}, {"email", person.email}, {"date", time_json(time)}}; }

/// The forge's user with this address, as Gitea links a commit to an account.
json account_json(const Core& core, const GitPerson& person) {
  const auto found = std::ranges::find(core.options().users, person.email, &ForgeUser::email);
  return found == core.options().users.end() ? json(nullptr) : user_json(core, found->login);
}

}  // namespace

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json user_json(const Core& core, const std::string& login) {
  const auto& users = core.options().users;
  const auto found = std::ranges::find(users, login, &ForgeUser::login);
  const auto id = found == users.end() ? 0 : found - users.begin() + 1;
  return {{"id", id},
          {"login", login},
          {"username", login},
          {"full_name", ""},
          {"email", found == users.end() ? "" : found->email},
          {"avatar_url", ""},
          {"html_url", core.options().base_url + "/" + login},
          {"is_admin", false},
          {"active", true},
          {"restricted", false},
          {"visibility", "public"}};
}

json repository_json(const Core& core, const Repository& repository) {
  const auto open = std::ranges::count_if(repository.pulls, &Pull::open);
  return {{"id", repository.id},
          {"owner", user_json(core, repository.owner)},
          {"name", repository.name},
          {"full_name", repository.full_name()},
          {"description", ""},
          {"empty", false},
          {"private", false},
          {"fork", false},
          {"archived", false},
          {"html_url", core.page_url(repository)},
          {"url", api_url(core, repository)},
          {"clone_url", core.page_url(repository) + ".git"},
          {"default_branch", "main"},
          {"open_pr_counter", open},
          {"has_pull_requests", true},
          {"allow_merge_commits", true},
          {"allow_rebase", true},
          {"allow_rebase_explicit", true},
          {"allow_squash_merge", true},
          {"allow_fast_forward_only_merge", true},
          {"default_merge_style", "merge"},
          {"object_format_name", "sha1"},
          {"permissions", {{"admin", false}, {"push", true}, {"pull", true}}},
          {"created_at", time_json(repository.created)}};
}

json label_json(const Core& core, const Repository& repository, const Label& label) {
  return {{"id", label.id},
          {"name", label.name},
          {"exclusive", false},
          {"is_archived", false},
          {"color", label.color},
          {"description", label.description},
          {"url", api_url(core, repository) + "/labels/" + std::to_string(label.id)}};
}

json pull_json(const Core& core, const Repository& repository, const Pull& pull, bool mergeable) {
  const auto url = core.page_url(repository, pull);
  const bool merged = pull.state == PullState::Merged;
  json asked = json::array();
  json labels = json::array();
  for (const auto& label : labels_of(repository, pull)) labels.push_back(label_json(core, repository, label));
  std::set<std::string> seen;
  for (const auto& review : pull.reviews) {
    // Those who have answered stay in Gitea's list.
    const bool listed = review.state == "REQUEST_REVIEW" || review.is_verdict();
    if (listed && seen.insert(review.user).second) asked.push_back(user_json(core, review.user));
  }
  return {{"id", pull.id},
          {"number", pull.number},
          {"url", url},
          {"html_url", url},
          {"diff_url", url + ".diff"},
          {"user", user_json(core, pull.author)},
          {"title", pull.title},
          {"body", pull.body},
          {"labels", std::move(labels)},
          {"state", pull.open() ? "open" : "closed"},
          {"draft", is_draft(pull)},
          {"requested_reviewers", std::move(asked)},
          {"is_locked", false},
          {"comments", pull.comments.size() + pull.reviews.size()},
          {"mergeable", mergeable},
          {"merged", merged},
          {"merged_at", merged ? time_json(pull.ended) : json(nullptr)},
          {"merge_commit_sha", merged ? json(pull.merged_sha) : json(nullptr)},
          {"merged_by", merged ? user_json(core, pull.merged_by) : json(nullptr)},
          {"merge_base", pull.merge_base},
          {"base", side_json(core, repository, pull.base, pull.base_sha)},
          {"head", side_json(core, repository, pull.head, pull.head_sha)},
          {"created_at", time_json(pull.created)},
          {"updated_at", time_json(pull.updated)},
          {"closed_at", time_json(pull.ended)}};
}

json review_json(const Core& core, const Repository& repository, const Pull& pull, const PullReview& review) {
  const auto url = core.page_url(repository, pull);
  return {{"id", review.id},
          {"user", user_json(core, review.user)},
          {"team", nullptr},
          {"state", review.state},
          {"body", review.body},
          {"commit_id", review.state == "REQUEST_REVIEW" ? "" : review.commit_id},
          {"stale", is_stale(pull, review)},
          {"official", !review.dismissed && (review.is_verdict() || review.state == "REQUEST_REVIEW")},
          {"dismissed", review.dismissed},
          {"comments_count", 0},
          {"submitted_at", time_json(review.at)},
          {"updated_at", time_json(review.at)},
          {"html_url", url + "#review-" + std::to_string(review.id)},
          {"pull_request_url", url}};
}

json comment_json(const Core& core, const Repository& repository, const Pull& pull, const Comment& comment) {
  const auto url = core.page_url(repository, pull);
  return {{"id", comment.id},
          {"html_url", url + "#issuecomment-" + std::to_string(comment.id)},
          {"pull_request_url", url},
          {"issue_url", ""},
          {"user", user_json(core, comment.user)},
          {"body", comment.body},
          {"created_at", time_json(comment.at)},
          {"updated_at", time_json(comment.updated)}};
}

json status_json(const Core& core, const Repository& repository, const std::string& sha, const StatusEntry& status) {
  return {{"id", status.id},
          {"status", status.state},
          {"target_url", status.target_url},
          {"description", status.description},
          {"url", api_url(core, repository) + "/statuses/" + sha},
          {"context", status.context},
          {"creator", user_json(core, status.creator)},
          {"created_at", time_json(status.at)},
          {"updated_at", time_json(status.at)}};
}

json commit_json(const Core& core, const Repository& repository, const LogEntry& entry) {
  const auto url = api_url(core, repository) + "/git/commits/" + entry.sha;
  json parents = json::array();
  for (const auto& parent : entry.parents) parents.push_back({{"sha", parent}, {"url", api_url(core, repository) + "/git/commits/" + parent}});
  const json commit{{"url", url},
                    {"author", person_json(entry.author, entry.author_time)},
                    {"committer", person_json(entry.committer, entry.committer_time)},
                    {"message", entry.message + "\n"}};
  return {{"url", url},
          {"sha", entry.sha},
          {"created", time_json(entry.committer_time)},
          {"html_url", core.page_url(repository) + "/commit/" + entry.sha},
          {"commit", commit},
          {"author", account_json(core, entry.author)},
          {"committer", account_json(core, entry.committer)},
          {"parents", std::move(parents)}};
}

json branch_json(const Core& core, const Repository& repository, const std::string& branch, const LogEntry& head) {
  const json commit{{"id", head.sha},
                    {"message", head.message + "\n"},
                    {"url", core.page_url(repository) + "/commit/" + head.sha},
                    {"author", {{"name", head.author.name}, {"email", head.author.email}}},
                    {"committer", {{"name", head.committer.name}, {"email", head.committer.email}}},
                    {"timestamp", time_json(head.committer_time)}};
  const auto* rule = find_protection(repository, branch);
  const bool named = rule == nullptr || !rule->status_check_contexts.empty();
  return {{"name", branch},
          {"commit", commit},
          {"protected", rule != nullptr},
          {"required_approvals", rule == nullptr ? 0 : rule->required_approvals},
          {"enable_status_check", rule != nullptr && rule->enable_status_check},
          {"status_check_contexts", !named ? json(nullptr) : rule == nullptr ? json::array() : json(rule->status_check_contexts)},
          {"user_can_push", rule == nullptr || rule->enable_push},
          {"user_can_merge", true},
          {"effective_branch_protection_name", ""}};
}

json protection_json(const Protection& rule) {
  return {{"branch_name", rule.name.find('*') == std::string::npos ? rule.name : ""},
          {"rule_name", rule.name},
          {"priority", 1},
          {"enable_push", rule.enable_push},
          {"enable_status_check", rule.enable_status_check},
          {"status_check_contexts", rule.status_check_contexts.empty() ? json(nullptr) : json(rule.status_check_contexts)},
          {"required_approvals", rule.required_approvals},
          {"block_on_rejected_reviews", rule.block_on_rejected_reviews},
          {"block_on_official_review_requests", rule.block_on_official_review_requests},
          {"block_on_outdated_branch", rule.block_on_outdated_branch},
          {"dismiss_stale_approvals", rule.dismiss_stale_approvals},
          {"ignore_stale_approvals", rule.ignore_stale_approvals},
          {"created_at", time_json(rule.at)},
          {"updated_at", time_json(rule.at)}};
}

json file_json(const Core& core, const Repository& repository, const DiffFile& file, const std::string& head_sha) {
  return {{"filename", file.path},
          {"previous_filename", file.old_path == file.path ? "" : file.old_path},
          {"status", file.status},
          {"additions", file.added},
          {"deletions", file.removed},
          {"changes", file.added + file.removed},
          {"html_url", core.page_url(repository) + "/src/commit/" + head_sha + "/" + file.path}};
}

}  // namespace driftwarden::sandbox::forge
