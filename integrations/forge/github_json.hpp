#pragma once
// GitHub's JSON as our values, and ours as GitHub's. Nothing where the text isn't what GitHub sends.
#include "integrations/forge/forge.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::forge::github {

struct Pull {
  PullRequest pull;
  std::string mergeable_state;  ///< "clean" "blocked" "behind" "dirty" "unstable" "draft" "has_hooks" "unknown"
};
std::optional<Pull> parse_pull(std::string_view text);
std::optional<std::vector<PullRequest>> parse_pulls(std::string_view text);

struct ReviewEntry {
  Review review;
  bool has_a_say = false;  ///< as far as the answer tells: an owner, member or collaborator
};
/// Drafts of reviews and those of deleted people are left out. Stale is what looked at another commit than `head_sha`.
std::optional<std::vector<ReviewEntry>> parse_reviews(std::string_view text, const std::string& head_sha);
std::string merged_sha_of(std::string_view text);

/// What a branch demands, put together from rulesets, the branch itself and classic protection.
struct BranchRules {
  std::int64_t approvals = 0;
  bool code_owners = false;
  bool conversations = false;
  bool up_to_date = false;
  bool merge_queue = false;
  bool contexts_known = false;
  std::vector<std::string> contexts;
};
bool add_rulesets(BranchRules& rules, std::string_view text);
bool add_branch(BranchRules& rules, std::string_view text);
bool add_protection(BranchRules& rules, std::string_view text);
bool is_protected(std::string_view branch);

/// By context or check name, each in GitHub's word for the worst that was reported under it, by a status or by any App's check.
using States = std::map<std::string, std::string>;
bool add_statuses(States& states, std::string_view text);
bool add_check_runs(States& states, std::string_view text);

/// The same as checks, each as it is; false where the text isn't what GitHub sends.
bool add_status_checks(std::vector<Check>& checks, std::string_view text);
bool add_run_checks(std::vector<Check>& checks, std::string_view text);
/// Whether the branch demands it; nothing where that isn't known.
std::optional<bool> demands(const BranchRules& rules, const std::string& context);

std::string render_draft(const PullRequestDraft& draft);
std::string render_update(const std::string& title, const std::string& body);
/// GitHub makes those that it doesn't know.
std::string render_labels(const std::vector<std::string>& labels);
std::string render_merge(const std::string& head_sha, MergeMethod method, const std::string& message);
std::string render_status(const CommitStatus& status);

}  // namespace driftwarden::forge::github
