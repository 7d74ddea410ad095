// detailed_merge_status as the gate. Its names were changed over the releases, so an unknown one blocks.
#include "gitops/base/text.hpp"
#include "integrations/forge/gates.hpp"
#include "integrations/forge/gitlab_json.hpp"

#include <algorithm>

namespace driftwarden::forge::gitlab {

namespace {

struct Cause {
  bool waits;
  const char* words;
};

const std::map<std::string, Cause>& causes() {
  static const std::map<std::string, Cause> kCauses{
      {"unchecked", {true, "GitLab has yet to check whether it can be merged"}},
      {"checking", {true, "GitLab is still checking whether it can be merged"}},
      {"cannot_be_merged_recheck", {true, "GitLab is still checking whether it can be merged"}},
      {"preparing", {true, "GitLab is still preparing it"}},
      {"approvals_syncing", {true, "GitLab is still counting its approvals"}},
      {"status_checks_must_pass", {true, "external status checks of GitLab"}},
      {"external_status_checks", {true, "external status checks of GitLab"}},
      {"merge_time", {true, "the time from which it may be merged"}},
      {"need_rebase", {false, "needs a rebase on its base"}},
      {"discussions_not_resolved", {false, "threads that aren't resolved"}},
      {"requested_changes", {false, "a reviewer asked for changes on the forge"}},
      {"not_open", {false, "it isn't open"}},
      {"merge_request_blocked", {false, "another merge request has to be merged first"}},
      {"blocked_status", {false, "another merge request has to be merged first"}},
      {"commits_status", {false, "its source branch is missing or has no commits"}},
      {"jira_association_missing", {false, "its title or description has to name a Jira issue"}},
      {"locked_paths", {false, "it changes files that somebody has locked"}},
      {"locked_lfs_files", {false, "it changes LFS files that somebody has locked"}},
      {"security_policy_violations", {false, "it violates a security policy of the project"}},
      {"policies_denied", {false, "it violates a security policy of the project"}},
      {"security_policy_pipeline_check", {false, "a security policy's pipeline has to pass"}},
      {"title_regex", {false, "its title doesn't match the project's rule"}},
  };
  return kCauses;
}

/// Told by what was read besides: state, conflicts, approvals, checks.
bool is_told_elsewhere(const std::string& status) {
  static const std::vector<std::string> kElsewhere{
      "", "mergeable", "conflict", "broken_status", "cannot_be_merged", "draft_status", "not_approved", "ci_must_pass", "ci_still_running"};
  return std::ranges::find(kElsewhere, status) != kElsewhere.end();
}

void add_pipeline(MergeGate& gate, const GateInputs& inputs) {
  const bool demanded = inputs.request.status == "ci_must_pass" || inputs.request.status == "ci_still_running";
  if (!demanded) return;
  bool own_passed = false;
  bool own_known = false;
  for (const auto& [name, check] : inputs.checks) {
    if (name == kOwnStatus) {
      own_known = true;
      own_passed = check.status == "success";
    } else if (check.status != "manual" && !(check.may_fail && check.status == "failed")) {
      add_check(gate, name, check.status);
    }
  }
  // Our own status is a part of the pipeline: while it is pending GitLab says the same as for the others.
  if (gate.open() && (own_passed || !own_known)) gate.waiting_for.emplace_back("the pipeline");
}

}  // namespace

MergeGate decide_gate(const GateInputs& inputs) {
  const auto& pull = inputs.request.pull;
  MergeGate gate = gate_of_state(pull);
  if (pull.state != PullRequestState::Open) return gate;
  add_approvals(gate, inputs.approvals.left);
  const auto& status = inputs.request.status;
  if (status == "not_approved" && inputs.approvals.left <= 0) gate.waiting_for.emplace_back("an approval that one of GitLab's rules asks for");
  if (status == "draft_status" && !pull.draft) gate.blocked_by.emplace_back("it is a draft");
  add_pipeline(gate, inputs);
  if (is_told_elsewhere(status)) return gate;
  const auto cause = causes().find(status);
  if (cause == causes().end()) {
    gate.blocked_by.push_back("GitLab says \"" + without_control_characters(status) + "\"");
  } else {
    (cause->second.waits ? gate.waiting_for : gate.blocked_by).emplace_back(cause->second.words);
  }
  return gate;
}

}  // namespace driftwarden::forge::gitlab
