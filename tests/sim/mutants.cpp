#include "tests/sim/mutants.hpp"

namespace driftwarden::sim {

const std::vector<Mutant>& mutants() {
  using Kind = MutantKind;
  static const std::vector<Mutant> all{
      {Kind::DedupeForgotten, "an event that comes again is taken for a new one", {"one-answer", "one-card"}},
      {Kind::FinishedWhenBegun, "an event is done when it is begun", {"one-answer"}},
      {Kind::InboxRowLost, "an event is acknowledged and not stored", {"one-answer"}},
      {Kind::AckBeforeStored, "an event is acknowledged before it is stored", {"one-answer"}},
      {Kind::ReplyRowLost, "an answer is not enqueued", {"one-answer"}},
      {Kind::MergeRowLost, "a merge is not enqueued", {"changes-end"}},
      {Kind::AttemptsNotCounted, "an outbox row forgets that it was tried", {"one-answer", "one-card", "one-incident-message", "one-notice"}},
      {Kind::RetryIsDone, "a failed effect counts as done", {"one-answer", "one-card", "changes-end", "one-incident-message", "buttons-gone", "cards-true"}},
      {Kind::PutOffFails, "what waits for somebody is given up", {"changes-end", "one-incident-message", "one-card", "one-answer", "buttons-gone"}},
      {Kind::KeyForgotten, "an effect is enqueued again and again", {"one-answer", "one-notice", "one-card", "outbox-drained"}},
      {Kind::AuditRowDropped, "some audit rows are dropped", {"audit-complete", "one-answer", "model-audited", "commits-told"}},
      {Kind::ApprovalRowDropped, "approvals leave no audit row", {"audit-complete", "one-answer"}},
      {Kind::AuditActorWrong, "approvals are audited as the bot's own", {"audit-complete", "one-answer"}},
      {Kind::AuditTampered, "somebody rewrites a row of the audit log", {"audit-intact", "durable"}},
      {Kind::RefusalRowDropped, "refusals leave no audit row", {"audit-complete"}},
      {Kind::CommitRowDropped, "a commit past the bot leaves no audit row", {"commits-told"}},
      {Kind::HoldsHidden, "freezes, locks and halts are not seen", {"holds-respected", "holds-end"}},
      {Kind::HoldNotSaved, "a freeze is announced and not saved", {"holds-respected"}},
      {Kind::HaltIsNoHold, "a halt is not seen", {"holds-respected", "holds-end"}},
      {Kind::ApprovalOfAnyContent, "an approval counts for any content", {"approved", "never-self-approved"}},
      {Kind::ApprovalOfOwn, "one may approve one's own Change", {"never-self-approved", "approved"}},
      {Kind::QuorumOfNobody, "nobody needs to approve", {"approved", "never-self-approved"}},
      {Kind::QuorumOfOne, "one approval is enough where two are needed", {"approved", "never-self-approved"}},
      {Kind::ApprovesAnybody, "anybody's approval counts", {"approved", "never-self-approved"}},
      {Kind::EverybodyMay, "everybody may ask for Changes", {"rights"}},
      {Kind::CardForgotten, "where a card stands is forgotten", {"one-card"}},
      {Kind::AlertForgotten, "where an alert stands is forgotten", {"one-incident-message"}},
      {Kind::IncidentHidden, "an open incident is overlooked", {"one-open-incident", "alerts-true", "one-incident-message", "store-works"}},
      {Kind::ResolvedForgotten, "that an incident is over is not saved", {"alerts-true", "buttons-gone", "outbox-drained"}},
      {Kind::ChangeNotSaved, "some steps of a Change are not saved", {"changes-end", "audit-complete", "one-answer", "approved", "never-self-approved", "cards-true", "buttons-gone", "one-card", "asked-for"}},
      {Kind::DoneForgotten, "that a Change is done is not saved", {"changes-end"}},
      {Kind::DiskLies, "the disk says that it has synced, and has not", {"durable", "one-answer", "store-opens"}},
      {Kind::SearchBlind, "a message posted before is not found again", {"one-answer", "one-card", "one-incident-message", "one-notice"}},
      {Kind::PostsBlindlyAgain, "a post without an answer is posted again", {"one-answer", "one-card", "one-incident-message", "one-notice"}},
      {Kind::EditsDropped, "some edits of messages are dropped", {"buttons-gone", "cards-true"}},
      {Kind::PostsDropped, "some messages are never posted", {"one-answer", "one-card", "one-incident-message", "buttons-gone"}},
      {Kind::ReviewsInvented, "reviews on the forge that nobody gave", {"approved", "never-self-approved"}},
      {Kind::MergesAnyHead, "what is merged is whatever the branch says", {"approved", "never-self-approved"}},
      {Kind::PullRequestForgotten, "an open pull request is not found again", {"one-pull-request"}},
      {Kind::CommentsAsNew, "each news of a Change is another comment", {"one-sticky-comment"}},
      {Kind::WatchEventsLost, "some changes in the cluster are not heard of", {"alerts-true", "changes-end"}},
      {Kind::AppliesUnasked, "something is applied that nobody asked for", {"asked-for"}},
      {Kind::AppliesOther, "something else is applied than what was merged", {"applied-as-merged"}},
      {Kind::AppliesAgain, "what was applied is applied again a minute later", {"asked-for"}},
      {Kind::QuestionRowDropped, "what a model is asked leaves no audit row", {"model-audited"}},
      {Kind::DraftNeedsNobody, "what a model drafted needs no approval", {"approved", "never-self-approved"}},
      {Kind::WaiverOutlives, "a waiver counts though it is over", {"gates-respected"}},
      {Kind::WaiverOfOwn, "one may waive what the gates find in one's own Change", {"gates-respected"}},
      {Kind::FindingsForgotten, "what the gates found is forgotten", {"gates-respected"}},
      {Kind::ExtraForgotten, "the approvals that a rise in cost wants are not looked at", {"approved", "never-self-approved"}},
      {Kind::ClockRunsBack, "the clock is set back by an hour", {"outbox-drained", "inbox-drained", "one-answer", "alerts-true", "changes-end", "buttons-gone", "holds-end"}},
  };
  return all;
}

}  // namespace driftwarden::sim
