#pragma once
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/cost.hpp"
#include "gitops/model/finding.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

enum class ChangeVerb { Sync, Rollback, Adopt, Ignore, SetImage, Scale, Set, Promote, CreateApp, Restart, Move, Apply, Propose };

///   Requested -> Proposed -> Approved -> Merged -> Applying -> Verifying -> Done
///   Restart and Apply have nothing to merge: Approved -> Applying.
///        any state before Merged -> Rejected | Expired | Superseded | Cancelled;  any -> Failed
enum class ChangeState { Requested, Proposed, Approved, Merged, Applying, Verifying, Done, Rejected, Expired, Superseded, Failed, Cancelled };
enum class ReviewMode { PullRequest, Chat };

std::string_view to_string(ChangeVerb verb);
std::string_view to_string(ChangeState state);
std::string_view to_string(ReviewMode mode);
std::optional<ChangeVerb> change_verb_from(std::string_view text);
std::optional<ChangeState> change_state_from(std::string_view text);
bool is_final(ChangeState state);

/// What Git knows nothing of: a restart, and the apply of a saved plan (of what Git holds already).
bool is_live(ChangeVerb verb);
/// What alters no cluster: an ignore rule.
bool is_git_only(ChangeVerb verb);

/// How much can go wrong, by what the rendered objects change in (bot/policy/risk.hpp). In rising order.
enum class RiskTier { None, Low, Medium, High, Destructive };
std::string_view to_string(RiskTier tier);
std::optional<RiskTier> risk_tier_from(std::string_view text);

struct Risk {
  RiskTier tier = RiskTier::None;
  std::vector<std::string> reasons;  ///< for people, the gravest first: "ClusterRole shop-admin: rules"
  std::vector<std::string> deletes;  ///< objects that would go, "PersistentVolumeClaim shop/data"
  std::vector<std::string> warnings; ///< what a tier can't say: "StatefulSet db keeps its data: a rollback doesn't bring back its schema"
  bool operator==(const Risk&) const = default;
};

/// What an approver must prove beyond being in chat.
enum class StepUp { None, Totp, Forge };
std::string_view to_string(StepUp step_up);
std::optional<StepUp> step_up_from(std::string_view text);

/// What exactly was approved: the head of the branch (its parent is the base) and the digest of the Git diff and of the rendered diff.
struct Content {
  std::string head_sha;
  std::string diff_digest;
  bool operator==(const Content&) const = default;
};

/// One person's yes to exact content.
struct Approval {
  PersonId by;
  Content of;
  WallTime at{};
  std::string via;  ///< "chat" or "forge"
  bool stepped_up = false;    ///< with a one-time code in chat; a review on the forge is its own step-up
  PersonId in_place_of{};     ///< who delegated it, "" = nobody
  bool extra_only = false;    ///< it counts for Quorum::extra alone: the approval rules don't name them
  bool operator==(const Approval&) const = default;
};

/// Approvals beside those of the rule: of a rise in cost.
struct ExtraApprovals {
  int need = 0;
  std::vector<PersonId> from{};  ///< people
  std::string why{};             ///< for people: "212 EUR more a month (cost.thresholds[0]: above 200 EUR)"
  bool operator==(const ExtraApprovals&) const = default;
};

/// How many others must say yes, and who counts. An empty `from` means anybody who may approve at all.
struct Quorum {
  int need = 1;
  std::vector<std::string> from;          ///< people, groups, "owners", "codeowners"
  std::vector<PersonId> code_owners{};    ///< who "codeowners" are for the touched paths
  std::vector<PersonId> excluded{};       ///< commit authors and others whose yes can't count, beside the requester
  StepUp step_up = StepUp::None;          ///< Forge: only a review there counts
  bool typed_name = false;                ///< the App's name must be typed to approve: the Change destroys something
  std::string rule{};                     ///< which rule decided, for people
  ExtraApprovals extra{};                 ///< each by another person than those who fill `need`
  bool operator==(const Quorum&) const = default;
};

/// One request to alter the truth.
struct Change {
  std::int64_t id = 0;
  std::string app;
  ChangeVerb verb = ChangeVerb::Sync;
  ChangeState state = ChangeState::Requested;
  ReviewMode review = ReviewMode::PullRequest;
  PersonId requester;
  std::string reason;
  std::string target_revision;  ///< the revision to put in force (sync) or to restore (rollback)
  std::string argument;         ///< what else the verb was given, as JSON text (bot/command/intents.hpp, ignore_request.hpp)
  std::string base_sha;         ///< the branch's head that the commit was made on
  std::string branch;
  Content content;
  std::string diff;      ///< what the cluster would get, as shown, redacted
  std::string git_diff;  ///< what Git would get, redacted
  std::vector<std::string> notes;  ///< what the plan says besides: what rides along, which file was edited and why there
  Risk risk;
  Quorum quorum;
  std::vector<Approval> approvals;
  std::int64_t pull_request = 0;
  std::string pull_request_url;
  std::string merged_sha;
  std::string failure;                ///< why Failed or Rejected, for people
  PersonId closed_by;                 ///< who rejected or cancelled
  std::optional<MessageRef> card;     ///< the approval card
  std::string channel;                ///< where it was asked
  std::string thread_ts;              ///< in which thread, "" for none
  WallTime requested_at{};
  WallTime updated_at{};
  std::optional<WallTime> expires_at;
  std::optional<WallTime> reminded_at;
  std::optional<WallTime> merged_at;
  std::string waiting_for;   ///< what the forge wants before it merges: "check ci/build"; "" = nothing
  PersonId break_glass;      ///< asked for under this person's break-glass: no approval, no freeze; audited as such
  std::optional<CostChange> cost{};       ///< a month, before and after; nothing: no prices, or nothing that has one
  std::vector<GateResult> gates{};        ///< what the gates said of its content
  bool operator==(const Change&) const = default;
};

/// "C-12"
std::string change_name(std::int64_t id);
/// Reads "C-12", "c12", "12".
std::optional<std::int64_t> parse_change_name(std::string_view text);

}  // namespace driftwarden
