#include "integrations/forge/github_gate.hpp"

#include "gitops/base/text.hpp"
#include "integrations/forge/gates.hpp"

#include <algorithm>
#include <map>

namespace driftwarden::forge::github {

namespace {

/// Each person's last word; a comment changes nothing.
std::map<std::string, ReviewState> last_words(const std::vector<ReviewEntry>& reviews) {
  std::map<std::string, ReviewState> words;
  for (const auto& entry : reviews) {
    if (entry.has_a_say && !entry.review.by_bot && entry.review.state != ReviewState::Commented) words[entry.review.user] = entry.review.state;
  }
  return words;
}

void add_reviews(MergeGate& gate, const GateInputs& inputs) {
  if (inputs.rules.approvals == 0) return;
  std::int64_t approvals = 0;
  for (const auto& [user, state] : last_words(inputs.reviews)) {
    if (state == ReviewState::Approved) ++approvals;
    if (state == ReviewState::ChangesRequested) gate.blocked_by.push_back(user + " asked for changes on the forge");
  }
  add_approvals(gate, inputs.rules.approvals - approvals);
}

bool is_own(const std::string& context) { return to_lower(context) == kOwnStatus; }

/// The bot's own status explains why GitHub says "blocked".
bool own_status_is_missing(const GateInputs& inputs) {
  const bool required = !inputs.rules.contexts_known || std::ranges::any_of(inputs.rules.contexts, is_own);
  const auto own = std::ranges::find_if(inputs.states, [](const auto& state) { return is_own(state.first); });
  return required && (own == inputs.states.end() || own->second != "success");
}

/// What GitHub keeps to itself: it says "blocked", and nothing that can be read says why.
void add_unexplained(MergeGate& gate, const GateInputs& inputs) {
  if (inputs.pull.mergeable_state != "blocked" || !gate.open() || own_status_is_missing(inputs)) return;
  if (inputs.rules.code_owners) {
    gate.waiting_for.emplace_back("a review by a code owner");
  } else if (inputs.rules.conversations) {
    gate.blocked_by.emplace_back("conversations that aren't resolved");
  } else {
    gate.blocked_by.push_back("GitHub's rules for " + inputs.pull.pull.base + "; it doesn't say which");
  }
}

}  // namespace

MergeGate decide_gate(const GateInputs& inputs) {
  const auto& pull = inputs.pull.pull;
  MergeGate gate = gate_of_state(pull);
  if (pull.state != PullRequestState::Open) return gate;
  if (!pull.mergeable) gate.waiting_for.emplace_back("GitHub is still working out whether it can be merged");
  if (inputs.rules.merge_queue) gate.blocked_by.push_back(pull.base + " has a merge queue: add it to the queue on GitHub");
  if (inputs.pull.mergeable_state == "behind") gate.blocked_by.push_back("behind " + pull.base + ": update the branch");
  add_reviews(gate, inputs);
  States lower;
  for (const auto& [name, state] : inputs.states) keep_worst(lower, to_lower(name), state);
  for (const auto& context : inputs.rules.contexts) {
    if (is_own(context)) continue;
    // Contexts compare without case; a check's name isn't a pattern here.
    const auto found = lower.find(to_lower(context));
    if (found == lower.end()) {
      gate.waiting_for.push_back("check " + context + " has not reported");
    } else {
      add_check(gate, context, found->second);
    }
  }
  add_unexplained(gate, inputs);
  return gate;
}

}  // namespace driftwarden::forge::github
