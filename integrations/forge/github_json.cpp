#include "integrations/forge/github_json.hpp"

#include "gitops/base/text.hpp"
#include "integrations/forge/checks.hpp"
#include "integrations/forge/forge_json.hpp"
#include "integrations/forge/gates.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::forge::github {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestStatus = 140;
constexpr std::size_t kLongestTitle = 256;
constexpr std::size_t kLongestLabel = 50;
constexpr std::size_t kLongestBody = 65'536;

/// A deleted fork's repository is null.
bool is_from_fork(const json& body) {
  const auto name = text_at(object_at(object_at(body, "head"), "repo"), "full_name");
  return name.empty() || to_lower(name) != to_lower(text_at(object_at(object_at(body, "base"), "repo"), "full_name"));
}

std::optional<Pull> to_pull(const json& body) {
  const auto number = number_at(body, "number");
  if (number == 0 || object_at(body, "head").empty()) return std::nullopt;
  Pull read;
  auto& pull = read.pull;
  pull.number = number;
  pull.url = text_at(body, "html_url");
  pull.title = text_at(body, "title");
  pull.branch = text_at(object_at(body, "head"), "ref");
  pull.head_sha = text_at(object_at(body, "head"), "sha");
  pull.base = text_at(object_at(body, "base"), "ref");
  // Lists say when it was merged, but not that it was.
  const bool merged = flag_at(body, "merged") || !text_at(body, "merged_at").empty();
  pull.state = merged ? PullRequestState::Merged : text_at(body, "state") == "closed" ? PullRequestState::Closed : PullRequestState::Open;
  if (pull.state == PullRequestState::Open) pull.mergeable = maybe_flag_at(body, "mergeable");
  if (merged) pull.merged_sha = text_at(body, "merge_commit_sha");
  pull.author = text_at(object_at(body, "user"), "login");
  pull.draft = flag_at(body, "draft");
  pull.from_fork = is_from_fork(body);
  pull.head_ref = "refs/pull/" + std::to_string(number) + "/head";
  read.mergeable_state = text_at(body, "mergeable_state");
  return read;
}

std::optional<ReviewState> review_state(const std::string& word) {
  if (word == "APPROVED") return ReviewState::Approved;
  if (word == "CHANGES_REQUESTED") return ReviewState::ChangesRequested;
  if (word == "COMMENTED") return ReviewState::Commented;
  if (word == "DISMISSED") return ReviewState::Dismissed;
  return std::nullopt;
}

void add_context(BranchRules& rules, std::string context) {
  if (!context.empty() && std::ranges::find(rules.contexts, context) == rules.contexts.end()) rules.contexts.push_back(std::move(context));
}

/// The classic form: the names alone, and with the App each is expected from.
void add_contexts(BranchRules& rules, const json& required) {
  for (const auto& context : array_at(required, "contexts")) {
    if (context.is_string()) add_context(rules, context.get<std::string>());
  }
  for (const auto& check : array_at(required, "checks")) add_context(rules, text_at(check, "context"));
  rules.up_to_date = rules.up_to_date || flag_at(required, "strict");
}

void add_ruleset_rule(BranchRules& rules, const json& rule) {
  const auto type = text_at(rule, "type");
  const auto& parameters = object_at(rule, "parameters");
  if (type == "merge_queue") rules.merge_queue = true;
  if (type == "pull_request") {
    rules.approvals = std::max(rules.approvals, number_at(parameters, "required_approving_review_count"));
    rules.code_owners = rules.code_owners || flag_at(parameters, "require_code_owner_review");
    rules.conversations = rules.conversations || flag_at(parameters, "required_review_thread_resolution");
  }
  if (type == "required_status_checks") {
    for (const auto& check : array_at(parameters, "required_status_checks")) add_context(rules, text_at(check, "context"));
    rules.up_to_date = rules.up_to_date || flag_at(parameters, "strict_required_status_checks_policy");
  }
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

std::optional<Pull> parse_pull(std::string_view text) { return to_pull(parse_json(text)); }

std::optional<std::vector<PullRequest>> parse_pulls(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::vector<PullRequest> pulls;
  for (const auto& item : body) {
    auto read = to_pull(item);
    if (!read) return std::nullopt;
    pulls.push_back(std::move(read->pull));
  }
  return pulls;
}

std::optional<std::vector<ReviewEntry>> parse_reviews(std::string_view text, const std::string& head_sha) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::vector<ReviewEntry> entries;
  for (const auto& item : body) {
    const auto state = review_state(text_at(item, "state"));
    const auto& user = object_at(item, "user");
    if (!state || text_at(user, "login").empty()) continue;
    ReviewEntry entry;
    entry.review.user = text_at(user, "login");
    entry.review.state = *state;
    entry.review.commit_sha = text_at(item, "commit_id");
    entry.review.stale = entry.review.commit_sha != head_sha;
    entry.review.by_bot = text_at(user, "type") == "Bot" || entry.review.user.ends_with("[bot]");
    entry.review.body = text_at(item, "body");
    const auto association = text_at(item, "author_association");
    entry.has_a_say = association == "OWNER" || association == "MEMBER" || association == "COLLABORATOR";
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string merged_sha_of(std::string_view text) { return text_at(parse_json(text), "sha"); }

bool add_rulesets(BranchRules& rules, std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return false;
  for (const auto& rule : body) add_ruleset_rule(rules, rule);
  return true;
}

bool is_protected(std::string_view branch) { return flag_at(parse_json(branch), "protected"); }

bool add_branch(BranchRules& rules, std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object()) return false;
  const auto& required = object_at(object_at(body, "protection"), "required_status_checks");
  rules.contexts_known = !flag_at(body, "protected") || !required.empty();
  if (text_at(required, "enforcement_level") != "off") add_contexts(rules, required);
  return true;
}

bool add_protection(BranchRules& rules, std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object()) return false;
  rules.contexts_known = true;
  const auto& reviews = object_at(body, "required_pull_request_reviews");
  rules.approvals = std::max(rules.approvals, number_at(reviews, "required_approving_review_count"));
  rules.code_owners = rules.code_owners || flag_at(reviews, "require_code_owner_reviews");
  rules.conversations = rules.conversations || flag_at(object_at(body, "required_conversation_resolution"), "enabled");
  add_contexts(rules, object_at(body, "required_status_checks"));
  return true;
}

bool add_statuses(States& states, std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object()) return false;
  for (const auto& status : array_at(body, "statuses")) keep_worst(states, text_at(status, "context"), text_at(status, "state"));
  return true;
}

bool add_check_runs(States& states, std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object()) return false;
  for (const auto& run : array_at(body, "check_runs")) {
    const bool done = text_at(run, "status") == "completed";
    keep_worst(states, text_at(run, "name"), text_at(run, done ? "conclusion" : "status"));
  }
  return true;
}

bool add_status_checks(std::vector<Check>& checks, std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object()) return false;
  for (const auto& status : array_at(body, "statuses")) {
    const auto word = text_at(status, "state");
    Check check;
    check.name = text_at(status, "context");
    check.state = check_state(word);
    check.url = check_link(text_at(status, "target_url"));
    check.summary = check_summary(text_at(status, "description"), word);
    check.started = maybe_time_at(status, "created_at");
    if (check.state != Check::State::Queued) check.finished = maybe_time_at(status, "updated_at");
    checks.push_back(std::move(check));
  }
  return true;
}

bool add_run_checks(std::vector<Check>& checks, std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_object()) return false;
  for (const auto& run : array_at(body, "check_runs")) {
    const bool done = text_at(run, "status") == "completed";
    const auto word = text_at(run, done ? "conclusion" : "status");
    const auto& output = object_at(run, "output");
    const auto title = text_at(output, "title");
    Check check;
    check.name = text_at(run, "name");
    check.state = check_state(word);
    check.url = check_link(text_at(run, "html_url"));
    if (check.url.empty()) check.url = check_link(text_at(run, "details_url"));
    check.summary = check_summary(title.empty() ? text_at(output, "summary") : title, word);
    check.started = maybe_time_at(run, "started_at");
    check.finished = maybe_time_at(run, "completed_at");
    checks.push_back(std::move(check));
  }
  return true;
}

std::optional<bool> demands(const BranchRules& rules, const std::string& context) {
  const auto same = [wanted = to_lower(context)](const std::string& one) { return to_lower(one) == wanted; };
  if (std::ranges::any_of(rules.contexts, same)) return true;
  return rules.contexts_known ? std::optional<bool>(false) : std::nullopt;
}

std::string render_draft(const PullRequestDraft& draft) {
  return dump(
      {{"title", ellipsize(draft.title, kLongestTitle)}, {"body", cut_comment(draft.body, kLongestBody)}, {"head", draft.branch}, {"base", draft.base}});
}

std::string render_update(const std::string& title, const std::string& body) {
  return dump({{"title", ellipsize(title, kLongestTitle)}, {"body", cut_comment(body, kLongestBody)}});
}

std::string render_labels(const std::vector<std::string>& labels) {
  json names = json::array();
  for (const auto& label : labels) names.push_back(ellipsize(label, kLongestLabel));
  return dump({{"labels", std::move(names)}});
}

std::string render_merge(const std::string& head_sha, MergeMethod method, const std::string& message) {
  const auto parts = split_message(message);
  json body{{"sha", head_sha}, {"merge_method", to_word(method)}};
  // A rebase keeps the commits' own messages.
  if (method != MergeMethod::Rebase) {
    body["commit_title"] = parts.title;
    body["commit_message"] = parts.body;
  }
  return dump(body);
}

std::string render_status(const CommitStatus& status) {
  json body{{"state", to_word(status.state)}, {"context", status.context}, {"description", ellipsize(status.description, kLongestStatus)}};
  if (!status.target_url.empty()) body["target_url"] = status.target_url;
  return dump(body);
}

}  // namespace driftwarden::forge::github
