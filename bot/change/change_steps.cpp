#include "bot/change/change_steps.hpp"

#include "gitops/base/text.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr std::array<std::string_view, 9> kEffects{"change.propose", "forge.status", "change.merge",  "change.apply",    "change.verify",
                                                   "change.close",   "change.card",  "change.remind", "change.follow-up"};

ChangeStep step_to(Change change, ChangeState state, std::vector<ChangeEffect> effects, WallTime now, const std::string& actor, const std::string& action,
                   const std::string& detail) {
  change.state = state;
  change.updated_at = now;
  ChangeStep step{std::move(change), std::move(effects), {}, {}};
  step.audit = AuditEntry{actor, action, step.next.app, change_name(step.next.id), detail};
  return step;
}

ChangeStep refuse(Change change, std::string why) { return {std::move(change), {}, {}, std::move(why)}; }

std::string state_words(const Change& change) {
  const bool by_itself = change.state == ChangeState::Failed || change.state == ChangeState::Expired;
  return change.state == ChangeState::Done ? "is done already" : fmt::format("{} {}", by_itself ? "has" : "is", to_string(change.state));
}

bool awaits_decision(const Change& change) { return change.state == ChangeState::Requested || change.state == ChangeState::Proposed; }

constexpr std::string_view kMerging = "the merge that is under way";
constexpr Duration kApprovalLasts = std::chrono::hours{24};

/// Also one that is approved but kept waiting, by a freeze or by the forge's checks.
bool can_be_withdrawn(const Change& change) {
  return awaits_decision(change) || (change.state == ChangeState::Approved && !change.waiting_for.empty() && change.waiting_for != kMerging);
}

bool contains(const std::vector<PersonId>& people, const PersonId& person) { return std::ranges::find(people, person) != people.end(); }

/// A review on the forge proves as much as a one-time code.
bool steps_up(const Approval& approval, StepUp wanted) {
  switch (wanted) {
    case StepUp::None: return true;
    case StepUp::Totp: return approval.stepped_up || approval.via == "forge";
    case StepUp::Forge: return approval.via == "forge";
  }
  return false;
}

/// Why this approval can't count; "" when it does.
std::string why_not(const Change& change, const Approval& approval, WallTime now) {
  const auto name = change_name(change.id);
  if (change.state == ChangeState::Requested) return name + " has no pull request yet; try again in a moment.";
  if (change.state != ChangeState::Proposed) return fmt::format("{} {}.", name, state_words(change));
  if (change.expires_at && *change.expires_at <= now) return name + " has expired: ask for it again.";
  if (approval.by == change.requester) return fmt::format("{} was asked for by you, {}: somebody else must approve it.", name, approval.by);
  if (contains(change.quorum.excluded, approval.by)) return fmt::format("{} puts your own commits in force, {}: somebody else must approve it.", name, approval.by);
  if (approval.of != change.content) return fmt::format("{} has moved since what you saw: look at the new diff and approve that.", name);
  if (!steps_up(approval, change.quorum.step_up)) {
    return change.quorum.step_up == StepUp::Forge ? fmt::format("{} can only be approved by a review of its pull request: {}", name, change.pull_request_url)
                                                  : fmt::format("{} needs your one-time code: press Approve on its card.", name);
  }
  if (contains(counted_approvers(change), approval.by)) return fmt::format("You approved {} already.", name);
  return {};
}

void add_note(Change& change, const std::string& note) {
  if (!note.empty() && std::ranges::find(change.notes, note) == change.notes.end()) change.notes.push_back(note);
}

constexpr std::size_t kFindingsAudited = 20;

/// What gates found that blocks, so that the log tells what was let pass, and by whom.
std::string gates_detail(const Change& change) {
  std::vector<std::string> found;
  std::size_t more = 0;
  const auto add = [&](const std::string& gate, const std::string& rule, const std::string& object) {
    if (found.size() == kFindingsAudited) ++more;
    if (found.size() < kFindingsAudited) found.push_back(json_quoted(fmt::format("{}/{}{}{}", gate, rule, object.empty() ? "" : " ", object)));
  };
  for (const auto& gate : change.gates) {
    if (!gate.blocks) continue;
    if (!gate.trouble.empty()) add(gate.gate, kUnjudged, "");
    for (const auto& finding : gate.findings) {
      if (finding.blocks) add(gate.gate, finding.rule, finding.object);
    }
    more += gate.left_out;
  }
  if (found.empty() && more == 0) return {};
  auto detail = fmt::format(R"(,"gates":[{}])", join(found, ","));
  if (more > 0) detail += fmt::format(R"(,"gates_more":{})", more);
  if (!change.break_glass.empty()) detail += fmt::format(R"(,"gates_passed":{})", json_quoted("the glass that " + change.break_glass + " broke"));
  return detail;
}

std::string content_detail(const Change& change) {
  return fmt::format(R"({{"head":{},"diff_digest":{},"pull_request":{}{}}})", json_quoted(change.content.head_sha), json_quoted(change.content.diff_digest), change.pull_request, gates_detail(change));
}

ChangeStep approve_when_enough(ChangeStep step, WallTime now) {
  if (open_seats(step.next, counted_approvers(step.next)).all() > 0) return step;
  step.next.state = ChangeState::Approved;
  step.next.updated_at = now;
  step.effects.push_back(ChangeEffect::ShowOnForge);
  step.effects.push_back(is_live(step.next.verb) ? ChangeEffect::Apply : ChangeEffect::Merge);
  return step;
}

}  // namespace

std::string_view to_string(ChangeEffect effect) { return kEffects[static_cast<std::size_t>(effect)]; }

std::optional<ChangeEffect> change_effect_from(std::string_view text) {
  const auto found = std::ranges::find(kEffects, text);
  if (found == kEffects.end()) return std::nullopt;
  return static_cast<ChangeEffect>(found - kEffects.begin());
}

std::vector<PersonId> counted_approvers(const Change& change) {
  std::vector<PersonId> people;
  for (const auto& approval : change.approvals) {
    if (approval.of != change.content || approval.by == change.requester || contains(change.quorum.excluded, approval.by)) continue;
    if (!steps_up(approval, change.quorum.step_up) || contains(people, approval.by)) continue;
    people.push_back(approval.by);
  }
  return people;
}

bool wants_reminder(const Change& change, WallTime now) {
  if (change.state != ChangeState::Proposed || !change.expires_at || change.reminded_at) return false;
  return now >= change.requested_at + (*change.expires_at - change.requested_at) / 2;
}

ChangeStep on_requested(Change change, WallTime now) {
  change.requested_at = now;
  const auto requester = change.requester;
  const auto detail = fmt::format(R"({{"verb":"{}","target":{},"reason":{}}})", to_string(change.verb), json_quoted(change.target_revision), json_quoted(change.reason));
  return step_to(std::move(change), ChangeState::Requested, {ChangeEffect::Propose}, now, requester, "change.requested", detail);
}

namespace {

void take_proposal(Change& change, Proposal proposal) {
  auto notes = std::move(proposal.notes);
  // What on_base_moved left: why people see it again.
  if (change.state == ChangeState::Requested && change.waiting_for.starts_with("Made again")) {
    notes.insert(notes.begin(), change.waiting_for);
  }
  change.waiting_for.clear();
  change.branch = std::move(proposal.branch);
  change.base_sha = std::move(proposal.base_sha);
  change.content = std::move(proposal.content);
  change.diff = std::move(proposal.diff);
  change.git_diff = std::move(proposal.git_diff);
  change.notes = std::move(notes);
  change.risk = std::move(proposal.risk);
  change.quorum = std::move(proposal.quorum);
  if (proposal.expiry) change.expires_at = change.requested_at + *proposal.expiry;
  change.pull_request = proposal.pull_request;
  change.pull_request_url = std::move(proposal.pull_request_url);
  change.cost = std::move(proposal.cost);
  change.gates = std::move(proposal.gates);
}

}  // namespace

ChangeStep on_drafted(Change change, std::string argument, std::string detail, WallTime now) {
  if (change.state != ChangeState::Requested) return refuse(std::move(change), "It isn't waiting for a draft.");
  change.argument = std::move(argument);
  return step_to(std::move(change), ChangeState::Requested, {}, now, "driftwarden", "change.drafted", detail);
}

ChangeStep on_proposed(Change change, Proposal proposal, WallTime now) {
  if (change.state != ChangeState::Requested) return refuse(std::move(change), "it was proposed already");
  take_proposal(change, std::move(proposal));
  const auto detail = content_detail(change);
  auto step = step_to(std::move(change), ChangeState::Proposed, {ChangeEffect::ShowCard}, now, "driftwarden", "change.proposed", detail);
  if (seats_of(step.next.quorum) > 0) {
    step.effects.push_back(ChangeEffect::ShowOnForge);
    return step;
  }
  return approve_when_enough(std::move(step), now);
}

ChangeStep on_approval(Change change, Approval approval, WallTime now) {
  if (auto why = why_not(change, approval, now); !why.empty()) return refuse(std::move(change), std::move(why));
  const auto by = approval.by;
  auto detail = fmt::format(R"({{"head":{},"diff_digest":{},"via":"{}","stepped_up":{})", json_quoted(approval.of.head_sha), json_quoted(approval.of.diff_digest), approval.via,
                            approval.stepped_up);
  if (!approval.in_place_of.empty()) detail += fmt::format(R"(,"in_place_of":{})", json_quoted(approval.in_place_of));
  if (approval.extra_only) detail += R"(,"extra_only":true)";
  approval.at = now;
  change.approvals.push_back(std::move(approval));
  auto step = step_to(std::move(change), ChangeState::Proposed, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge}, now, by, "change.approved", detail + "}");
  return approve_when_enough(std::move(step), now);
}

ChangeStep on_rejected(Change change, const PersonId& who, const std::string& reason, WallTime now) {
  if (!can_be_withdrawn(change)) return refuse(std::move(change), fmt::format("{} {}.", change_name(change.id), state_words(change)));
  change.closed_by = who;
  change.failure = reason;
  return step_to(std::move(change), ChangeState::Rejected, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge, ChangeEffect::ClosePullRequest}, now, who, "change.rejected",
                 fmt::format(R"({{"reason":{}}})", json_quoted(reason)));
}

ChangeStep on_cancelled(Change change, const PersonId& who, const std::string& reason, WallTime now) {
  if (!can_be_withdrawn(change)) return refuse(std::move(change), fmt::format("{} {}.", change_name(change.id), state_words(change)));
  change.closed_by = who;
  change.failure = reason;
  return step_to(std::move(change), ChangeState::Cancelled, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge, ChangeEffect::ClosePullRequest}, now, who, "change.cancelled",
                 fmt::format(R"({{"reason":{}}})", json_quoted(reason)));
}

ChangeStep on_content_moved(Change change, Proposal moved, WallTime now) {
  if (change.state != ChangeState::Proposed && change.state != ChangeState::Approved) return refuse(std::move(change), "its content counts no more");
  if (change.content.head_sha == moved.content.head_sha) return refuse(std::move(change), "nothing moved");
  const auto before = counted_approvers(change);
  auto note = fmt::format("The branch moved from {} to {}{}", change.content.head_sha.substr(0, 7), moved.content.head_sha.substr(0, 7),
                          before.empty() ? "." : ": the approval of " + join(before, ", ") + " no longer counts.");
  moved.notes.insert(moved.notes.begin(), std::move(note));
  take_proposal(change, std::move(moved));
  const auto detail = content_detail(change);
  return step_to(std::move(change), ChangeState::Proposed, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge}, now, "driftwarden", "change.content-moved", detail);
}

ChangeStep on_merged(Change change, const std::string& merged_sha, const std::string& by, bool bot_applies, WallTime now) {
  if (is_final(change.state) || change.state == ChangeState::Merged || change.state == ChangeState::Applying || change.state == ChangeState::Verifying) {
    return refuse(std::move(change), "it was merged already");
  }
  change.merged_sha = merged_sha;
  change.merged_at = now;
  change.waiting_for.clear();
  const auto next = bot_applies ? ChangeEffect::Apply : ChangeEffect::Verify;
  return step_to(std::move(change), ChangeState::Merged, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge, next}, now, by, "change.merged", fmt::format(R"({{"merged":{}}})", json_quoted(merged_sha)));
}

ChangeStep on_merged_elsewhere(Change change, const std::string& merged_sha, bool as_shown, bool bot_applies, WallTime now) {
  const bool approved = change.state == ChangeState::Approved || open_seats(change, counted_approvers(change)).all() == 0;
  if (approved && as_shown) return on_merged(std::move(change), merged_sha, "the forge", bot_applies, now);
  if (is_final(change.state)) return refuse(std::move(change), "it ended already");
  change.merged_sha = merged_sha;
  const bool ignore = change.verb == ChangeVerb::Ignore;
  return on_failed(std::move(change), ignore ? "it was merged on the forge without the approvals it needs; its rules count all the same, so revert it there if they must not"
                                             : "it was merged on the forge without the approvals it needs, so it is not applied; ask for a sync to have it reviewed", now);
}

ChangeStep on_base_moved(Change change, const std::string& what, WallTime now) {
  if (change.state != ChangeState::Approved) return refuse(std::move(change), "it is not being merged");
  const auto before = counted_approvers(change);
  change.waiting_for = fmt::format("Made again: {}{}", what, before.empty() ? "." : ". The approval of " + join(before, ", ") + " no longer counts.");
  return step_to(std::move(change), ChangeState::Requested, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge, ChangeEffect::Propose}, now, "driftwarden", "change.base-moved",
                 fmt::format(R"({{"what":{}}})", json_quoted(what)));
}

ChangeStep on_waiting(Change change, const std::string& words, WallTime now) {
  if (is_final(change.state) || change.waiting_for == words) return refuse(std::move(change), "nothing new");
  change.waiting_for = words;
  change.updated_at = now;
  return {std::move(change), {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge}, {}, {}};
}

ChangeStep on_merging(Change change, const Content& content, WallTime now) {
  if (change.state != ChangeState::Approved || change.content != content) return refuse(std::move(change), "it is not what was to be merged any more");
  change.waiting_for = kMerging;
  change.updated_at = now;
  return {std::move(change), {}, {}, {}};
}

bool is_being_merged(const Change& change) { return change.state == ChangeState::Approved && change.waiting_for == kMerging; }

ChangeStep on_overtaken(Change change, const std::string& what, WallTime now) {
  if (change.state != ChangeState::Merged && change.state != ChangeState::Applying) return refuse(std::move(change), "it is not to be applied");
  change.failure = what + " moved after it was merged, so it was not applied; ask for a sync to put what is there now in force";
  change.waiting_for.clear();
  return step_to(std::move(change), ChangeState::Superseded, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge}, now, "driftwarden", "change.overtaken",
                 fmt::format(R"({{"what":{}}})", json_quoted(what)));
}

ChangeStep on_glass_mended(Change change, WallTime now) {
  if (change.break_glass.empty()) return refuse(std::move(change), "it relies on no broken glass");
  if (change.state != ChangeState::Requested && change.state != ChangeState::Proposed && change.state != ChangeState::Approved) return refuse(std::move(change), "it went ahead already");
  change.break_glass.clear();
  change.waiting_for = "Made again: the glass is whole again, so it needs its approvals.";
  return step_to(std::move(change), ChangeState::Requested, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge, ChangeEffect::Propose}, now, "driftwarden", "change.glass-mended", "{}");
}

ChangeStep on_half_time(Change change, WallTime now) {
  if (!wants_reminder(change, now)) return refuse(std::move(change), "nobody is to be reminded");
  change.reminded_at = now;
  return {std::move(change), {ChangeEffect::Remind}, {}, {}};
}

ChangeStep on_broken_glass(Change change, Proposal proposal, WallTime now) {
  if (change.state != ChangeState::Requested || change.break_glass.empty()) return refuse(std::move(change), "no glass was broken for it");
  take_proposal(change, std::move(proposal));
  change.merged_sha = change.content.head_sha;
  change.merged_at = now;
  const auto by = change.break_glass;
  const auto detail = content_detail(change);
  return step_to(std::move(change), ChangeState::Merged, {ChangeEffect::ShowCard, ChangeEffect::Apply, ChangeEffect::FollowUp}, now, by, "change.break-glass", detail);
}

ChangeStep on_followed_up(Change change, std::int64_t by, WallTime now) {
  auto note = fmt::format("Asked for again as {}, for Git and a second pair of eyes.", change_name(by));
  if (std::ranges::find(change.notes, note) != change.notes.end()) return refuse(std::move(change), "it is known already");
  change.notes.insert(change.notes.begin(), std::move(note));
  change.updated_at = now;
  ChangeStep step{std::move(change), {ChangeEffect::ShowCard}, {}, {}};
  step.audit = AuditEntry{"driftwarden", "change.followed-up", step.next.app, change_name(step.next.id), fmt::format(R"({{"by":"{}"}})", change_name(by))};
  return step;
}

ChangeStep on_applied(Change change, std::size_t objects, WallTime now, const std::string& note) {
  const bool live = is_live(change.verb) && change.state == ChangeState::Approved;
  if (change.state != ChangeState::Merged && change.state != ChangeState::Applying && !live) return refuse(std::move(change), "it was applied already");
  if (live) change.merged_at = now;
  add_note(change, note);
  change.waiting_for.clear();
  return step_to(std::move(change), ChangeState::Verifying, {ChangeEffect::ShowCard, ChangeEffect::Verify}, now, "driftwarden", "change.applied",
                 fmt::format(R"({{"objects":{}}})", objects));
}

ChangeStep on_verified(Change change, WallTime now, const std::string& note) {
  if (is_final(change.state)) return refuse(std::move(change), "it ended already");
  add_note(change, note);
  return step_to(std::move(change), ChangeState::Done, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge}, now, "driftwarden", "change.done", "{}");
}

bool is_past_its_time(const Change& change, WallTime now) {
  if (awaits_decision(change)) return change.expires_at && *change.expires_at <= now;
  const bool kept_waiting = change.state == ChangeState::Approved && can_be_withdrawn(change);
  const auto approved_at = change.approvals.empty() ? change.requested_at : change.approvals.back().at;
  return kept_waiting && change.expires_at && std::max(*change.expires_at, approved_at + kApprovalLasts) <= now;
}

ChangeStep on_expired(Change change, WallTime now) {
  if (!is_past_its_time(change, now)) return refuse(std::move(change), "it has not expired");
  change.failure = change.state == ChangeState::Approved ? "it was approved, but kept waiting for a day by " + change.waiting_for : "nobody decided in time";
  return step_to(std::move(change), ChangeState::Expired, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge, ChangeEffect::ClosePullRequest}, now, "driftwarden", "change.expired", "{}");
}

ChangeStep on_superseded(Change change, std::int64_t by, WallTime now) {
  const bool under_way = change.state == ChangeState::Merged || change.state == ChangeState::Applying || change.state == ChangeState::Verifying;
  if (!under_way) return refuse(std::move(change), "it is not under way");
  change.failure = "superseded by " + change_name(by);
  change.waiting_for.clear();
  return step_to(std::move(change), ChangeState::Superseded, {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge}, now, "driftwarden", "change.superseded",
                 fmt::format(R"({{"by":{}}})", json_quoted(change_name(by))));
}

ChangeStep on_failed(Change change, const std::string& why, WallTime now) {
  if (is_final(change.state)) return refuse(std::move(change), "it ended already");
  change.failure = why;
  std::vector<ChangeEffect> effects{ChangeEffect::ShowCard};
  if (change.merged_sha.empty() && change.review == ReviewMode::PullRequest) {
    effects.push_back(ChangeEffect::ShowOnForge);
    effects.push_back(ChangeEffect::ClosePullRequest);
  }
  return step_to(std::move(change), ChangeState::Failed, std::move(effects), now, "driftwarden", "change.failed", fmt::format(R"({{"why":{}}})", json_quoted(why)));
}

}  // namespace driftwarden
