#pragma once
// Gitea's JSON as our values, and ours as Gitea's.
#include "integrations/forge/forge.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driftwarden::forge::gitea {

/// Nothing when the text isn't what Gitea sends.
std::optional<PullRequest> parse_pull_request(std::string_view text);
std::optional<std::vector<PullRequest>> parse_pull_requests(std::string_view text);

struct ReviewPage {
  std::vector<Review> reviews;      ///< drafts and requests for a review are left out
  std::size_t entries = 0;          ///< how many the page held
  std::set<std::string> counted{};  ///< whose approval the branch's protection counts
};
std::optional<ReviewPage> parse_reviews(std::string_view text);

struct BranchRules {
  bool is_protected = false;
  bool may_merge = true;
  std::int64_t required_approvals = 0;
  std::vector<std::string> required_contexts;  ///< patterns; empty unless checks are demanded
  bool every_context = false;                  ///< checks are demanded, and none is named: all that there are
};
std::optional<BranchRules> parse_branch_rules(std::string_view text);
/// The latest state of each context: "success", "pending", "failure", "error", "warning", "skipped".
std::optional<std::map<std::string, std::string>> parse_statuses(std::string_view text);

/// The latest of each context. `server`: what links that are paths alone belong to.
std::optional<std::vector<Check>> parse_checks(std::string_view text, const std::string& server);

/// Names and ids of a list of labels.
std::optional<std::vector<std::pair<std::string, std::int64_t>>> parse_labels(std::string_view text);
std::optional<std::int64_t> label_id_of(std::string_view text);
std::string render_label(const std::string& name);
std::string render_label_ids(const std::vector<std::int64_t>& ids);
std::string render_draft(const PullRequestDraft& draft);
std::string render_update(const std::string& title, const std::string& body);
/// The message's first line becomes the title field, so that trailers at its end survive every method.
std::string render_merge(const std::string& head_sha, MergeMethod method, const std::string& message, bool delete_branch);
std::string render_status(const CommitStatus& status);

}  // namespace driftwarden::forge::gitea
