#pragma once
// Planted bugs: each is what a seam can be made to do wrong, and the invariants that must notice.
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::sim {

enum class MutantKind {
  None,
  // the inbox
  DedupeForgotten, FinishedWhenBegun, InboxRowLost, AckBeforeStored,
  // the outbox
  ReplyRowLost, MergeRowLost, AttemptsNotCounted, RetryIsDone, PutOffFails, KeyForgotten,
  // the audit log
  AuditRowDropped, ApprovalRowDropped, AuditActorWrong, AuditTampered, RefusalRowDropped, CommitRowDropped,
  // holds, approvals, rights
  HoldsHidden, HoldNotSaved, ApprovalOfAnyContent, ApprovalOfOwn, QuorumOfNobody, QuorumOfOne, ApprovesAnybody, EverybodyMay, HaltIsNoHold,
  // what is remembered
  CardForgotten, AlertForgotten, IncidentHidden, ResolvedForgotten, ChangeNotSaved, DoneForgotten,
  // the disk
  DiskLies,
  // Slack
  SearchBlind, PostsBlindlyAgain, EditsDropped, PostsDropped,
  // the forge
  ReviewsInvented, MergesAnyHead, PullRequestForgotten, CommentsAsNew,
  // Git and the cluster
  WatchEventsLost, AppliesUnasked, AppliesOther, AppliesAgain,
  // words, gates and money
  QuestionRowDropped, DraftNeedsNobody, WaiverOutlives, WaiverOfOwn, FindingsForgotten, ExtraForgotten,
  // time
  ClockRunsBack,
};

struct Mutant {
  MutantKind kind = MutantKind::None;
  std::string_view name;
  std::vector<std::string_view> found_by;  ///< invariants, any of which must be the one
};

const std::vector<Mutant>& mutants();

}  // namespace driftwarden::sim
