// How far a Change has come.
#include "bot/view/change_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace driftwarden::view {
namespace {

/// As change_steps.cpp words it from the moment when it can't be withdrawn.
constexpr std::string_view kMerging = "the merge that is under way";

bool passes_git(const Change& change) { return !is_live(change.verb); }

const char* first_stage(const Change& change) { return change.verb == ChangeVerb::Apply ? "plan" : "render"; }
const char* deed_of(const Change& change) { return change.verb == ChangeVerb::Restart ? "restart" : change.verb == ChangeVerb::Move ? "there, then gone here" : "apply"; }
const char* last_stage(const Change& change) { return change.verb == ChangeVerb::Apply ? "nothing left" : "healthy"; }

std::vector<std::string> stages_of(const Change& change) {
  std::vector<std::string> stages{first_stage(change)};
  if (passes_git(change)) stages.emplace_back(change.review == ReviewMode::PullRequest ? "pull request" : "proposal");
  stages.emplace_back("approval");
  if (passes_git(change)) {
    stages.emplace_back("checks");
    stages.emplace_back("merge");
  }
  if (is_planned_later(change.diff)) {
    stages.emplace_back("planned");
    return stages;
  }
  if (!is_git_only(change.verb)) stages.emplace_back(deed_of(change));
  stages.emplace_back(is_git_only(change.verb) ? "counts" : last_stage(change));
  return stages;
}

/// The name of the stage that is under way; nothing once it is over.
std::optional<std::string> current_of(const Change& change) {
  switch (change.state) {
    case ChangeState::Requested: return change.content.head_sha.empty() || !passes_git(change) ? first_stage(change) : change.review == ReviewMode::PullRequest ? "pull request" : "proposal";
    case ChangeState::Proposed: return "approval";
    case ChangeState::Approved:
      if (!passes_git(change)) return deed_of(change);
      return change.waiting_for.empty() || change.waiting_for == kMerging ? "merge" : "checks";
    case ChangeState::Merged:
    case ChangeState::Applying: return is_planned_later(change.diff) ? "planned" : is_git_only(change.verb) ? "counts" : deed_of(change);
    case ChangeState::Verifying: return is_planned_later(change.diff) ? "planned" : is_git_only(change.verb) ? "counts" : last_stage(change);
    case ChangeState::Done:
    case ChangeState::Rejected:
    case ChangeState::Expired:
    case ChangeState::Superseded:
    case ChangeState::Failed:
    case ChangeState::Cancelled: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string stages_words(const Change& change, const Dialect& dialect) {
  const auto current = current_of(change);
  if (!current) return {};
  std::vector<std::string> words;
  bool behind = true;
  for (const auto& stage : stages_of(change)) {
    const bool here = stage == *current;
    if (here) behind = false;
    words.push_back(here ? dialect.bold(stage) : behind ? "\u2713 " + stage : stage);
  }
  return join(words, " \u203a ");
}

std::string stage_words(const Change& change) {
  const auto current = current_of(change);
  if (!current) return {};
  const auto stages = stages_of(change);
  const auto at = std::ranges::find(stages, *current);
  return fmt::format("step {} of {}: {}", at - stages.begin() + 1, stages.size(), *current);
}

bool was_let_pass(const Change& change) { return change.break_glass.empty() && (change.state == ChangeState::Approved || !change.merged_sha.empty()); }

bool can_be_cancelled(const Change& change) {
  if (change.state == ChangeState::Requested || change.state == ChangeState::Proposed) return true;
  return change.state == ChangeState::Approved && !change.waiting_for.empty() && change.waiting_for != kMerging;
}

}  // namespace driftwarden::view
