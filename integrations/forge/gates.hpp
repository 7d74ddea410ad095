#pragma once
// What the forges' gates, comments and reviewers have in common, without any I/O.
#include "integrations/forge/forge.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden::forge {

/// The status that the bot sets itself: no gate counts it.
inline constexpr std::string_view kOwnStatus = "driftwarden/approval";

/// A branch that the bot made, which goes once it is merged. People's are theirs.
bool is_own_branch(const PullRequest& pull);

/// Closed, a draft, in conflict, or still being computed.
MergeGate gate_of_state(const PullRequest& pull);
void add_approvals(MergeGate& gate, std::int64_t missing);
/// One check's state in whichever forge's word: passed, still to come, or anything else.
void add_check(MergeGate& gate, const std::string& name, const std::string& state);
/// Keeps the worse of both where `name` has a state already: several Apps may report under one name.
void keep_worst(std::map<std::string, std::string>& states, const std::string& name, const std::string& state);
/// `required` may be patterns; what no state matches hasn't reported.
void add_checks(MergeGate& gate, const std::vector<std::string>& required, const std::map<std::string, std::string>& states);

/// The first one by `login` that holds `marker`.
const Comment* find_marked(const std::vector<Comment>& comments, const std::string& login, const std::string& marker);
/// Oldest first, none written before `since`.
std::vector<Comment> in_order(std::vector<Comment> comments, WallTime since);

/// The forge can't ask this one for a review: not a collaborator, unknown, or the author.
bool may_leave_out(const Error& error);

}  // namespace driftwarden::forge
