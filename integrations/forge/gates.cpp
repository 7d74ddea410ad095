#include "integrations/forge/gates.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <set>

namespace driftwarden::forge {

namespace {

enum class CheckResult { Passed, ToCome, Failed };  // from good to bad

CheckResult result_of(const std::string& state) {
  static const std::set<std::string> kPassed{"success", "skipped", "neutral"};
  static const std::set<std::string> kToCome{"pending", "queued", "in_progress", "requested", "waiting", "created", "running", "preparing", "scheduled"};
  if (kPassed.contains(state)) return CheckResult::Passed;
  return kToCome.contains(state) ? CheckResult::ToCome : CheckResult::Failed;
}

}  // namespace

bool is_own_branch(const PullRequest& pull) { return !pull.from_fork && pull.branch.starts_with("driftwarden/"); }

MergeGate gate_of_state(const PullRequest& pull) {
  MergeGate gate;
  if (pull.state == PullRequestState::Merged) gate.blocked_by.emplace_back("it is merged already");
  if (pull.state == PullRequestState::Closed) gate.blocked_by.emplace_back("it is closed");
  if (pull.state != PullRequestState::Open) return gate;
  if (pull.draft) gate.blocked_by.emplace_back("it is a draft");
  if (pull.mergeable == false) gate.blocked_by.push_back("conflicts with " + pull.base);
  return gate;
}

void add_approvals(MergeGate& gate, std::int64_t missing) {
  if (missing <= 0) return;
  gate.waiting_for.push_back(std::to_string(missing) + " more approving review" + (missing == 1 ? "" : "s") + " on the forge");
}

void add_check(MergeGate& gate, const std::string& name, const std::string& state) {
  const auto result = result_of(state);
  if (result == CheckResult::Passed) return;
  if (result == CheckResult::ToCome) {
    gate.waiting_for.push_back("check " + name + " is " + (state == "in_progress" ? "running" : state));
  } else if (state == "failure" || state == "error" || state == "failed") {
    gate.blocked_by.push_back("check " + name + " failed");
  } else {
    gate.blocked_by.push_back("check " + name + " ended as " + without_control_characters(state));
  }
}

void keep_worst(std::map<std::string, std::string>& states, const std::string& name, const std::string& state) {
  const auto [known, is_new] = states.try_emplace(name, state);
  if (!is_new && result_of(state) > result_of(known->second)) known->second = state;
}

void add_checks(MergeGate& gate, const std::vector<std::string>& required, const std::map<std::string, std::string>& states) {
  std::set<std::string> told;
  for (const auto& pattern : required) {
    if (to_lower(pattern) == kOwnStatus) continue;
    bool reported = false;
    for (const auto& [context, state] : states) {
      if (!glob_match(pattern, context)) continue;
      reported = true;
      if (context != kOwnStatus && told.insert(context).second) add_check(gate, context, state);
    }
    if (!reported) gate.waiting_for.push_back("check " + pattern + " has not reported");
  }
}

const Comment* find_marked(const std::vector<Comment>& comments, const std::string& login, const std::string& marker) {
  const auto ours = [&](const Comment& comment) { return comment.author == login && comment.body.find(marker) != std::string::npos; };
  const auto found = std::ranges::find_if(comments, ours);
  return found == comments.end() ? nullptr : &*found;
}

std::vector<Comment> in_order(std::vector<Comment> comments, WallTime since) {
  // Forges keep seconds; some of them ask for what was edited since.
  std::erase_if(comments, [&](const Comment& comment) { return comment.at < std::chrono::floor<std::chrono::seconds>(since); });
  std::ranges::sort(comments, {}, [](const Comment& comment) { return std::pair(comment.at, comment.id); });
  return comments;
}

bool may_leave_out(const Error& error) {
  return error.kind == ErrorKind::InvalidInput || error.kind == ErrorKind::NotFound || error.kind == ErrorKind::Conflict;
}

}  // namespace driftwarden::forge
