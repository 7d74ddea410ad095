#pragma once
// Which pull requests are looked at and what is said of them. Pure.
#include "bot/config/config.hpp"
#include "bot/view/pull_view.hpp"
#include "gitops/model/hold.hpp"
#include "gitops/model/waiver.hpp"
#include "integrations/forge/forge.hpp"
#include "storage/store.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

inline constexpr std::string_view kPullMarker = "<!-- driftwarden:pull -->";
inline constexpr std::string_view kPullComment = "pull.comment";
inline constexpr std::string_view kPullMessage = "pull.message";
inline constexpr std::string_view kPullStatus = "pull.status";

/// By App: how much else raised what it costs in the last 7 days, millionths a month.
using RisenLately = std::map<std::string, std::int64_t>;

/// What people said and did meanwhile that bears on it.
struct InForce {
  std::vector<Hold> holds;
  std::vector<Waiver> waivers;
  RisenLately risen{};  ///< of Apps that some pull request makes dearer
};

/// Whose account it is, and the branches that our Changes are known to have: anybody can name a branch as ours are named.
struct Ours {
  forge::Account account;
  std::set<std::string> branches{};
};
/// Open, into `branch`, and neither ours nor of our account; at most `limit`.
std::vector<forge::PullRequest> pulls_of_people(std::vector<forge::PullRequest> all, const std::string& branch, const Ours& ours, std::size_t limit);
/// Which Change a branch would be of, by its name: "driftwarden/c-12-sync-checkout" is 12's.
std::optional<std::int64_t> change_of_branch(const std::string& branch);

/// "a Change like this needs 2 approvals by sre (policy.approvals[1])"
std::string quorum_in_words(const Quorum& quorum, const std::string& what = "a Change like this");

/// Cuts the longest diffs, and says so in them, until all of them together fit into `limit`: a comment shows no more.
void fit_diffs(std::vector<view::PullEffect>& effects, std::size_t limit);

/// What puts a merged pull request in force: Apply where somebody has to ask for that.
ChangeVerb verb_after_merge(const App& app);

/// Fills in policy and obstacles of an effect whose App and risk are known.
void judge_effect(const Config& config, const PersonId& person, const std::vector<Hold>& holds, WallTime now, view::PullEffect& effect);

/// A gate could not judge it, or Infracost not price it, for a reason that may pass.
bool gave_no_answer(const view::PullEffect& effect);

/// The waivers of its App that are in force: its author's own don't count, nor those of who may be its author.
WaiversHere waivers_for(const Config& config, const view::PullSummary& pull, const view::PullEffect& effect, const std::vector<Waiver>& open, WallTime now);
/// What the forge is told of it as `driftwarden/gates`: failed where something new blocks, or an App could not be looked at.
forge::CommitStatus status_of_gates(const view::PullSummary& pull);
std::string pull_status_setting(const std::string& repository, std::int64_t number);
/// The row that tells it, and the digest by which it is known to have been told; nothing when `said` is that digest.
struct StatusSaying {
  std::string digest;
  storage::OutboxRow row;
};
std::optional<StatusSaying> status_to_say(const view::PullSummary& pull, const std::string& said, WallTime now);

/// The channels in which a pull request was spoken of, and where; kept as a setting.
using PullMessages = std::map<std::string, std::optional<MessageRef>>;
std::string pull_messages_setting(const std::string& repository, std::int64_t number);
std::string to_json_text(const PullMessages& messages);
PullMessages pull_messages_from(const std::string& text);

/// In one channel for strangers, in five else; the first message names the others and speaks for them.
/// What is to be said now: the note, and the rows that say it. Nothing when all of it is said already, or when there never was anything to say.
struct PullSaying {
  storage::PullNote note;
  PullMessages messages;
  std::vector<storage::OutboxRow> rows;
};
struct PullSaid {
  std::optional<storage::PullNote> note;
  PullMessages messages;
};
Result<PullSaid> load_said(storage::Transaction& tx, const std::string& repository, std::int64_t number);
std::optional<PullSaying> what_to_say(const Config& config, const view::PullSummary& pull, const PullSaid& said, std::size_t comment_limit, WallTime now);

}  // namespace driftwarden
