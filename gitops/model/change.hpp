#pragma once
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

enum class ChangeVerb { Sync, Rollback, Adopt, Ignore };

///   Requested -> Proposed -> Approved -> Merged -> Applying -> Verifying -> Done
///        any state before Merged -> Rejected | Expired | Superseded | Cancelled;  any -> Failed
enum class ChangeState { Requested, Proposed, Approved, Merged, Applying, Verifying, Done, Rejected, Expired, Superseded, Failed, Cancelled };
enum class ReviewMode { PullRequest, Chat };

std::string_view to_string(ChangeVerb verb);
std::string_view to_string(ChangeState state);
std::string_view to_string(ReviewMode mode);
std::optional<ChangeVerb> change_verb_from(std::string_view text);
std::optional<ChangeState> change_state_from(std::string_view text);
bool is_final(ChangeState state);

/// What exactly was approved: the head of the branch and the digest of the diff that was shown.
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
  bool operator==(const Approval&) const = default;
};

/// How many others must say yes, and who counts. An empty `from` means anybody who may approve at all.
struct Quorum {
  int need = 1;
  std::vector<std::string> from;
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
  std::string argument;         ///< what else the verb was given, as JSON text: of ignore {"paths": [...], "until": "..."}
  std::string base_sha;         ///< the branch's head that the commit was made on
  std::string branch;
  Content content;
  std::string diff;  ///< what was shown, redacted
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
  bool operator==(const Change&) const = default;
};

/// "C-12"
std::string change_name(std::int64_t id);
/// Reads "C-12", "c12", "12".
std::optional<std::int64_t> parse_change_name(std::string_view text);

}  // namespace driftwarden
