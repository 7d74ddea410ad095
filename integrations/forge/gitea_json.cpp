#include "integrations/forge/gitea_json.hpp"

#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::forge {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestStatus = 255;

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

bool flag_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const json& object_at(const json& object, const char* key) {
  static const json kEmpty = json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kEmpty;
}

/// Gitea says false both for a conflict and while it is still computing, so only true is news.
std::optional<bool> mergeable_of(const json& body) { return flag_at(body, "mergeable") ? std::optional<bool>(true) : std::nullopt; }

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
  pull.state = flag_at(body, "merged")             ? PullRequestState::Merged
               : text_at(body, "state") == "closed" ? PullRequestState::Closed
                                                    : PullRequestState::Open;
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

/// Bytes that are no UTF-8 (a message typed by people) become U+FFFD instead of an exception.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::optional<PullRequest> parse_pull_request(std::string_view text) {
  const auto body = json::parse(text, nullptr, false);
  if (!body.is_object()) return std::nullopt;
  return to_pull_request(body);
}

std::optional<std::vector<PullRequest>> parse_pull_requests(std::string_view text) {
  const auto body = json::parse(text, nullptr, false);
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
  const auto body = json::parse(text, nullptr, false);
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
    page.reviews.push_back(std::move(review));
  }
  return page;
}

std::string render_draft(const PullRequestDraft& draft) {
  return dump({{"title", draft.title}, {"body", draft.body}, {"head", draft.branch}, {"base", draft.base}});
}

std::string render_merge(const std::string& head_sha, MergeMethod method, const std::string& message) {
  const auto line_end = message.find('\n');
  json body{{"Do", to_word(method)}, {"head_commit_id", head_sha}, {"delete_branch_after_merge", true}};
  body["MergeTitleField"] = std::string(trim(message.substr(0, line_end)));
  body["MergeMessageField"] = line_end == std::string::npos ? std::string{} : std::string(trim(message.substr(line_end)));
  return dump(body);
}

std::string render_comment(const std::string& text) { return dump({{"body", text}}); }

std::string render_status(const CommitStatus& status) {
  return dump({{"state", to_word(status.state)},
               {"context", status.context},
               {"description", ellipsize(status.description, kLongestStatus)},
               {"target_url", status.target_url}});
}

}  // namespace driftwarden::forge
