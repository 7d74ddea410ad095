#include "integrations/forge/gitea_json.hpp"

#include "gitops/base/text.hpp"
#include "integrations/forge/checks.hpp"
#include "integrations/forge/forge_json.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::forge::gitea {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestStatus = 255;

/// Gitea says false both for a conflict and while it is still computing, so only true is news.
std::optional<bool> mergeable_of(const json& body) { return flag_at(body, "mergeable") ? std::optional<bool>(true) : std::nullopt; }

/// A deleted fork's repository is null. A head that is no branch (pushed to refs/for/main by whoever may read) names the base's own repository.
bool is_from_fork(const json& body) {
  const auto& head = object_at(body, "head");
  if (text_at(head, "ref").starts_with("refs/")) return true;
  const auto head_repository = head.find("repo");
  if (head_repository == head.end()) return false;
  const auto name = text_at(*head_repository, "full_name");
  return name.empty() || name != text_at(object_at(object_at(body, "base"), "repo"), "full_name");
}

std::optional<PullRequest> to_pull_request(const json& body) {
  const auto number = body.find("number");
  if (!body.is_object() || number == body.end() || !number->is_number_integer()) return std::nullopt;
  PullRequest pull;
  pull.number = number->get<std::int64_t>();
  pull.url = text_at(body, "html_url");
  pull.title = text_at(body, "title");
  pull.branch = text_at(object_at(body, "head"), "ref");
  pull.head_sha = text_at(object_at(body, "head"), "sha");
  pull.base = text_at(object_at(body, "base"), "ref");
  pull.state = flag_at(body, "merged") ? PullRequestState::Merged : text_at(body, "state") == "closed" ? PullRequestState::Closed : PullRequestState::Open;
  pull.author = text_at(object_at(body, "user"), "login");
  pull.draft = flag_at(body, "draft");
  pull.from_fork = is_from_fork(body);
  pull.head_ref = "refs/pull/" + std::to_string(pull.number) + "/head";
  if (pull.state == PullRequestState::Open) pull.mergeable = mergeable_of(body);
  if (pull.state == PullRequestState::Merged) pull.merged_sha = text_at(body, "merge_commit_sha");
  return pull;
}

std::optional<ReviewState> review_state(const std::string& word) {
  if (word == "APPROVED") return ReviewState::Approved;
  if (word == "REQUEST_CHANGES") return ReviewState::ChangesRequested;
  if (word == "COMMENT") return ReviewState::Commented;
  return std::nullopt;
}

const char* to_word(MergeMethod method) {
  switch (method) {
    case MergeMethod::Merge: return "merge";
    case MergeMethod::Squash: return "squash";
    case MergeMethod::Rebase: return "rebase";
  }
  return "merge";
}

const char* to_word(StatusState state) {
  switch (state) {
    case StatusState::Pending: return "pending";
    case StatusState::Success: return "success";
    case StatusState::Failure: return "failure";
  }
  return "pending";
}

}  // namespace

std::optional<PullRequest> parse_pull_request(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object()) return std::nullopt;
  return to_pull_request(body);
}

std::optional<std::vector<PullRequest>> parse_pull_requests(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::vector<PullRequest> pulls;
  for (const auto& item : body) {
    auto pull = item.is_object() ? to_pull_request(item) : std::nullopt;
    if (!pull) return std::nullopt;
    pulls.push_back(std::move(*pull));
  }
  return pulls;
}

std::optional<ReviewPage> parse_reviews(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  ReviewPage page;
  page.entries = body.size();
  for (const auto& item : body) {
    if (!item.is_object()) return std::nullopt;
    const auto state = review_state(text_at(item, "state"));
    const auto user = text_at(object_at(item, "user"), "login");
    if (!state || user.empty()) continue;
    Review review;
    review.user = user;
    review.state = flag_at(item, "dismissed") ? ReviewState::Dismissed : *state;
    review.commit_sha = text_at(item, "commit_id");
    review.stale = flag_at(item, "stale");
    review.body = text_at(item, "body");
    if (review.state == ReviewState::Approved && flag_at(item, "official")) page.counted.insert(user);
    page.reviews.push_back(std::move(review));
  }
  return page;
}

std::optional<BranchRules> parse_branch_rules(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object()) return std::nullopt;
  BranchRules rules;
  rules.is_protected = flag_at(body, "protected");
  rules.may_merge = maybe_flag_at(body, "user_can_merge").value_or(true);
  rules.required_approvals = number_at(body, "required_approvals");
  if (!flag_at(body, "enable_status_check")) return rules;
  for (const auto& context : array_at(body, "status_check_contexts")) {
    if (context.is_string()) rules.required_contexts.push_back(context.get<std::string>());
  }
  rules.every_context = rules.required_contexts.empty();
  return rules;
}

std::optional<std::map<std::string, std::string>> parse_statuses(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object()) return std::nullopt;
  std::map<std::string, std::string> states;
  for (const auto& item : array_at(body, "statuses")) {
    const auto state = text_at(item, "status");
    states[text_at(item, "context")] = state.empty() ? text_at(item, "state") : state;
  }
  return states;
}

std::optional<std::vector<Check>> parse_checks(std::string_view text, const std::string& server) {
  const auto body = parse_json(text);
  if (!body.is_object()) return std::nullopt;
  std::vector<Check> checks;
  for (const auto& item : array_at(body, "statuses")) {
    auto word = text_at(item, "status");
    if (word.empty()) word = text_at(item, "state");
    Check check;
    check.name = text_at(item, "context");
    check.state = check_state(word);
    check.url = check_link(text_at(item, "target_url"), server);
    check.summary = check_summary(text_at(item, "description"), word);
    check.started = maybe_time_at(item, "created_at");
    const bool over = check.state != Check::State::Queued && check.state != Check::State::Running;
    if (over) check.finished = maybe_time_at(item, "updated_at");
    checks.push_back(std::move(check));
  }
  return checks;
}

std::optional<std::vector<std::pair<std::string, std::int64_t>>> parse_labels(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::vector<std::pair<std::string, std::int64_t>> labels;
  for (const auto& item : body) labels.emplace_back(text_at(item, "name"), number_at(item, "id"));
  return labels;
}

std::optional<std::int64_t> label_id_of(std::string_view text) {
  const auto id = number_at(parse_json(text), "id");
  return id == 0 ? std::nullopt : std::optional<std::int64_t>(id);
}

std::string render_label(const std::string& name) { return dump({{"name", name}, {"color", "#5319e7"}, {"description", "Opened by Driftwarden"}}); }

std::string render_label_ids(const std::vector<std::int64_t>& ids) { return dump({{"labels", ids}}); }

std::string render_draft(const PullRequestDraft& draft) {
  return dump({{"title", draft.title}, {"body", draft.body}, {"head", draft.branch}, {"base", draft.base}});
}

std::string render_update(const std::string& title, const std::string& body) { return dump({{"title", title}, {"body", body}}); }

std::string render_merge(const std::string& head_sha, MergeMethod method, const std::string& message, bool delete_branch) {
  const auto parts = split_message(message);
  json body{{"Do", to_word(method)}, {"head_commit_id", head_sha}, {"delete_branch_after_merge", delete_branch}};
  body["MergeTitleField"] = parts.title;
  body["MergeMessageField"] = parts.body;
  return dump(body);
}

std::string render_status(const CommitStatus& status) {
  return dump({{"state", to_word(status.state)},
               {"context", status.context},
               {"description", ellipsize(status.description, kLongestStatus)},
               {"target_url", status.target_url}});
}

}  // namespace driftwarden::forge::gitea
