#pragma once
// The Change state machine. Pure: (change, event, now) -> (change', effects).
//
//   Requested -> Proposed -> Approved -> Merged -> Verifying -> Done
//   restart and apply, which Git knows nothing of: Approved -> Verifying
//   before Merged: -> Rejected | Expired | Cancelled;  any -> Failed
#include "gitops/model/audit.hpp"
#include "gitops/model/change.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// What a step wants done. The worker carries them out and reports back by an event; each is safe to repeat.
enum class ChangeEffect { Propose, ShowOnForge, Merge, Apply, Verify, ClosePullRequest, ShowCard, Remind, FollowUp };
std::string_view to_string(ChangeEffect effect);
std::optional<ChangeEffect> change_effect_from(std::string_view text);

struct ChangeStep {
  Change next;
  std::vector<ChangeEffect> effects;
  std::optional<AuditEntry> audit;
  std::string refusal;  ///< set: nothing changed, and this is why, for the person who asked
  bool operator==(const ChangeStep&) const = default;
};

struct Proposal {
  std::string branch;
  std::string base_sha;
  Content content;
  std::string diff;
  std::string git_diff;
  std::vector<std::string> notes;
  Risk risk;
  Quorum quorum;  ///< now that it is known what would change
  std::optional<Duration> expiry;  ///< from the request on; absent = as it was asked
  std::int64_t pull_request = 0;
  std::string pull_request_url;
  std::optional<CostChange> cost{};
  std::vector<GateResult> gates{};
  std::string cost_trouble{};  ///< why nobody could say what it costs, where somebody should
};

ChangeStep on_requested(Change change, WallTime now);
/// The branch and the pull request exist. With a quorum of nobody it is approved at once.
ChangeStep on_proposed(Change change, Proposal proposal, WallTime now);
/// An approval counts for the exact content it was given to, once per person, and never for one's own Change.
ChangeStep on_approval(Change change, Approval approval, WallTime now);
ChangeStep on_rejected(Change change, const PersonId& who, const std::string& reason, WallTime now);
ChangeStep on_cancelled(Change change, const PersonId& who, const std::string& reason, WallTime now);
/// What a sentence was made into, in Change::argument: from here on it is a Change like any other. `detail` is the audit row's JSON.
ChangeStep on_drafted(Change change, std::string argument, std::string detail, WallTime now);
/// Somebody changed the branch past us: earlier approvals are void, and what it says now is shown and judged anew.
ChangeStep on_content_moved(Change change, Proposal moved, WallTime now);
/// `by` is "driftwarden", or a login when somebody merged on the forge.
ChangeStep on_merged(Change change, const std::string& merged_sha, const std::string& by, bool bot_applies, WallTime now);
/// Somebody merged the pull request past us. With the approvals it needs, and `as_shown`, that is as good as ours; else nothing is applied.
ChangeStep on_merged_elsewhere(Change change, const std::string& merged_sha, bool as_shown, bool bot_applies, WallTime now);
/// The truth about the App has moved since the commit was made: it is made again on top, shown again, and approved again. `what` says what
/// moved, for people.
ChangeStep on_base_moved(Change change, const std::string& what, WallTime now);
/// It is approved or merged, and something keeps it waiting: `words` say what, "" = nothing any more. Refused when that is known already.
ChangeStep on_waiting(Change change, const std::string& words, WallTime now);
/// From here on it is being merged, and can't be withdrawn: refused unless it is approved and still `content`.
ChangeStep on_merging(Change change, const Content& content, WallTime now);
/// on_merging was the last word: a merge that is found may be ours.
bool is_being_merged(const Change& change);
/// It was merged, and the App moved on before it was applied: nothing is applied any more.
ChangeStep on_overtaken(Change change, const std::string& what, WallTime now);
/// The broken glass it relied on is whole again: it is made, judged and approved like any other.
ChangeStep on_glass_mended(Change change, WallTime now);
/// Half of the time to approve it has passed.
ChangeStep on_half_time(Change change, WallTime now);
/// Neither the remote nor the forge can be reached, and the requester broke the glass: the local commit is applied, and proposed when Git is back.
ChangeStep on_broken_glass(Change change, Proposal proposal, WallTime now);
/// What was applied behind a broken glass was asked for again as `by`, for Git and a second pair of eyes.
ChangeStep on_followed_up(Change change, std::int64_t by, WallTime now);
/// `note`: what people should know of it; "" = nothing.
ChangeStep on_applied(Change change, std::size_t objects, WallTime now, const std::string& note = {});
ChangeStep on_verified(Change change, WallTime now, const std::string& note = {});
ChangeStep on_expired(Change change, WallTime now);
/// Nobody decided in time, or what was approved has been kept waiting for a day.
bool is_past_its_time(const Change& change, WallTime now);
/// It was merged and is not in force yet, and another one (`by`) goes before it.
ChangeStep on_superseded(Change change, std::int64_t by, WallTime now);
ChangeStep on_failed(Change change, const std::string& why, WallTime now);

/// The wait for approvals is half over, and nobody was reminded yet.
bool wants_reminder(const Change& change, WallTime now);

/// Distinct people whose yes counts for the Change's present content: not the requester, not an author of what it puts in force, and where the
/// policy wants more than a click, with that.
std::vector<PersonId> counted_approvers(const Change& change);

}  // namespace driftwarden
