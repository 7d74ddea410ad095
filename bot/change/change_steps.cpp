#include "bot/change/change_steps.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr std::array<std::string_view, 7> kEffects{"change.propose", "forge.status", "change.merge", "change.apply", "change.verify", "change.close", "change.card"};

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
  return change.state == ChangeState::Done ? "is done already" : fmt::format("is {}", to_string(change.state));
}

bool awaits_decision(const Change& change) { return change.state == ChangeState::Requested || change.state == ChangeState::Proposed; }

std::string content_detail(const Change& change) {
  return fmt::format(R"({{"head":{},"diff_digest":{},"pull_request":{}}})", json_quoted(change.content.head_sha), json_quoted(change.content.diff_digest), change.pull_request);
}

ChangeStep approve_when_enough(ChangeStep step, WallTime now) {
  if (static_cast<int>(counted_approvers(step.next).size()) < step.next.quorum.need) return step;
  step.next.state = ChangeState::Approved;
  step.next.updated_at = now;
  step.effects.push_back(ChangeEffect::PublishStatus);
  step.effects.push_back(ChangeEffect::Merge);
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
    if (approval.of != change.content || approval.by == change.requester) continue;
    if (std::ranges::find(people, approval.by) == people.end()) people.push_back(approval.by);
  }
  return people;
}

ChangeStep on_requested(Change change, WallTime now) {
  change.requested_at = now;
  const auto requester = change.requester;
  const auto detail = fmt::format(R"({{"verb":"{}","target":{},"reason":{}}})", to_string(change.verb), json_quoted(change.target_revision), json_quoted(change.reason));
  return step_to(std::move(change), ChangeState::Requested, {ChangeEffect::Propose}, now, requester, "change.requested", detail);
}

ChangeStep on_proposed(Change change, Proposal proposal, WallTime now) {
  if (change.state != ChangeState::Requested) return refuse(std::move(change), "it was proposed already");
  change.branch = std::move(proposal.branch);
  change.base_sha = std::move(proposal.base_sha);
  change.content = std::move(proposal.content);
  change.diff = std::move(proposal.diff);
  change.pull_request = proposal.pull_request;
  change.pull_request_url = std::move(proposal.pull_request_url);
  const auto detail = content_detail(change);
  auto step = step_to(std::move(change), ChangeState::Proposed, {ChangeEffect::ShowCard}, now, "driftwarden", "change.proposed", detail);
  if (step.next.quorum.need > 0) {
    step.effects.push_back(ChangeEffect::PublishStatus);
    return step;
  }
  return approve_when_enough(std::move(step), now);
}

ChangeStep on_approval(Change change, Approval approval, WallTime now) {
  const auto name = change_name(change.id);
  if (change.state == ChangeState::Requested) return refuse(std::move(change), name + " has no pull request yet; try again in a moment.");
  if (change.state != ChangeState::Proposed) return refuse(std::move(change), fmt::format("{} {}.", name, state_words(change)));
  if (change.expires_at && *change.expires_at <= now) return refuse(std::move(change), name + " has expired: ask for it again.");
  if (approval.by == change.requester) return refuse(std::move(change), fmt::format("{} was asked for by you, {}: somebody else must approve it.", name, approval.by));
  if (approval.of != change.content) return refuse(std::move(change), fmt::format("{} has moved since what you saw: look at the new diff and approve that.", name));
  const auto people = counted_approvers(change);
  if (std::ranges::find(people, approval.by) != people.end()) return refuse(std::move(change), fmt::format("You approved {} already.", name));
  const auto by = approval.by;
  const auto detail = fmt::format(R"({{"head":{},"diff_digest":{},"via":"{}"}})", json_quoted(approval.of.head_sha), json_quoted(approval.of.diff_digest), approval.via);
  approval.at = now;
  change.approvals.push_back(std::move(approval));
  auto step = step_to(std::move(change), ChangeState::Proposed, {ChangeEffect::ShowCard}, now, by, "change.approved", detail);
  return approve_when_enough(std::move(step), now);
}

ChangeStep on_rejected(Change change, const PersonId& who, const std::string& reason, WallTime now) {
  if (!awaits_decision(change)) return refuse(std::move(change), fmt::format("{} {}.", change_name(change.id), state_words(change)));
  change.closed_by = who;
  change.failure = reason;
  return step_to(std::move(change), ChangeState::Rejected, {ChangeEffect::ShowCard, ChangeEffect::PublishStatus, ChangeEffect::ClosePullRequest}, now, who, "change.rejected",
                 fmt::format(R"({{"reason":{}}})", json_quoted(reason)));
}

ChangeStep on_cancelled(Change change, const PersonId& who, const std::string& reason, WallTime now) {
  if (!awaits_decision(change)) return refuse(std::move(change), fmt::format("{} {}.", change_name(change.id), state_words(change)));
  change.closed_by = who;
  change.failure = reason;
  return step_to(std::move(change), ChangeState::Cancelled, {ChangeEffect::ShowCard, ChangeEffect::PublishStatus, ChangeEffect::ClosePullRequest}, now, who, "change.cancelled",
                 fmt::format(R"({{"reason":{}}})", json_quoted(reason)));
}

ChangeStep on_content_moved(Change change, Content content, const std::string& diff, WallTime now) {
  if (change.state != ChangeState::Proposed && change.state != ChangeState::Approved) return refuse(std::move(change), "its content counts no more");
  if (change.content == content) return refuse(std::move(change), "nothing moved");
  if (change.content.diff_digest != content.diff_digest) ++change.quorum.need;
  change.content = std::move(content);
  change.diff = diff;
  const auto detail = content_detail(change);
  return step_to(std::move(change), ChangeState::Proposed, {ChangeEffect::ShowCard, ChangeEffect::PublishStatus}, now, "driftwarden", "change.content-moved", detail);
}

ChangeStep on_merged(Change change, const std::string& merged_sha, const std::string& by, bool bot_applies, WallTime now) {
  if (is_final(change.state) || change.state == ChangeState::Merged || change.state == ChangeState::Applying || change.state == ChangeState::Verifying) {
    return refuse(std::move(change), "it was merged already");
  }
  change.merged_sha = merged_sha;
  const auto next = bot_applies ? ChangeEffect::Apply : ChangeEffect::Verify;
  return step_to(std::move(change), ChangeState::Merged, {ChangeEffect::ShowCard, next}, now, by, "change.merged", fmt::format(R"({{"merged":{}}})", json_quoted(merged_sha)));
}

ChangeStep on_merged_elsewhere(Change change, const std::string& merged_sha, bool as_shown, bool bot_applies, WallTime now) {
  const bool approved = change.state == ChangeState::Approved || static_cast<int>(counted_approvers(change).size()) >= change.quorum.need;
  if (approved && as_shown) return on_merged(std::move(change), merged_sha, "the forge", bot_applies, now);
  if (is_final(change.state)) return refuse(std::move(change), "it ended already");
  change.merged_sha = merged_sha;
  const bool ignore = change.verb == ChangeVerb::Ignore;
  return on_failed(std::move(change), ignore ? "it was merged on the forge without the approvals it needs; its rules count all the same, so revert it there if they must not"
                                             : "it was merged on the forge without the approvals it needs, so it is not applied; ask for a sync to have it reviewed", now);
}

ChangeStep on_base_moved(Change change, WallTime now) {
  if (change.state != ChangeState::Approved) return refuse(std::move(change), "it is not being merged");
  return step_to(std::move(change), ChangeState::Requested, {ChangeEffect::ShowCard, ChangeEffect::Propose}, now, "driftwarden", "change.base-moved", "{}");
}

ChangeStep on_applied(Change change, std::size_t objects, WallTime now) {
  if (change.state != ChangeState::Merged && change.state != ChangeState::Applying) return refuse(std::move(change), "it was applied already");
  return step_to(std::move(change), ChangeState::Verifying, {ChangeEffect::ShowCard, ChangeEffect::Verify}, now, "driftwarden", "change.applied",
                 fmt::format(R"({{"objects":{}}})", objects));
}

ChangeStep on_verified(Change change, WallTime now) {
  if (is_final(change.state)) return refuse(std::move(change), "it ended already");
  return step_to(std::move(change), ChangeState::Done, {ChangeEffect::ShowCard}, now, "driftwarden", "change.done", "{}");
}

ChangeStep on_expired(Change change, WallTime now) {
  if (!awaits_decision(change) || !change.expires_at || *change.expires_at > now) return refuse(std::move(change), "it has not expired");
  change.failure = "nobody decided in time";
  return step_to(std::move(change), ChangeState::Expired, {ChangeEffect::ShowCard, ChangeEffect::PublishStatus, ChangeEffect::ClosePullRequest}, now, "driftwarden", "change.expired", "{}");
}

ChangeStep on_failed(Change change, const std::string& why, WallTime now) {
  if (is_final(change.state)) return refuse(std::move(change), "it ended already");
  change.failure = why;
  std::vector<ChangeEffect> effects{ChangeEffect::ShowCard};
  if (change.merged_sha.empty() && change.review == ReviewMode::PullRequest) {
    effects.push_back(ChangeEffect::PublishStatus);
    effects.push_back(ChangeEffect::ClosePullRequest);
  }
  return step_to(std::move(change), ChangeState::Failed, std::move(effects), now, "driftwarden", "change.failed", fmt::format(R"({{"why":{}}})", json_quoted(why)));
}

}  // namespace driftwarden
