#pragma once
// What stands between a Change and its next step: roles are bot/config/policy.hpp's; here are quorum, freezes, holds and rates. Pure.
#include "bot/config/policy.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/hold.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// What is known of a Change when its quorum is worked out.
struct QuorumFacts {
  ChangeVerb verb = ChangeVerb::Sync;
  PersonId requester;
  Risk risk;
  std::vector<PersonId> code_owners;     ///< people who own the touched paths
  std::vector<PersonId> commit_authors;  ///< whose commits it puts in force, or who pushed to its branch
  const FreezeConfig* overridden = nullptr;  ///< a freeze that this Change is to break
  bool break_glass = false;
  std::optional<CostChange> cost{};
  std::string cost_trouble{};  ///< what should have said what it costs could not, and why: then it is taken as dear enough for somebody to be asked
  std::int64_t risen_lately = 0;  ///< by how much the App's other Changes of late raised it, millionths a month
};
/// The approval rule that fits best (verbs, risk, environment), raised by the destructive gate and an overridden freeze. Nobody is needed under break-glass.
/// A rise in cost above a threshold of the config wants people of its own beside them (Quorum::extra); so does a cost that nobody could tell.
/// Of create-app the App comes with its pattern's owners or none (created_app), never with those that the request names.
Quorum quorum_of(const Config& config, const App& app, const QuorumFacts& facts);

/// Of what concerns two places: as many yeses as the one that wants more of them, each by somebody whose yes counts in both, with everything that either
/// asks for besides. A place that needs nobody has no say in who it is. Nobody in common: then nobody can.
Quorum stricter(const Config& config, const Quorum& one, const App& here, const Quorum& other, const App& there);
/// Why there aren't enough people who could say yes, for people; "" = there are.
std::string too_few_can(const Config& config, const Quorum& quorum, const App& app, const PersonId& requester);

/// Whether `who`'s yes counts, and if not why, for people. `delegations` are the active ones; with `now` those that are over are told apart.
struct ApproverVerdict {
  bool counts = false;
  PersonId in_place_of;  ///< whose seat is taken by delegation, "" = their own
  std::string why_not;
  bool extra_only = false;  ///< it counts for Quorum::extra alone
  bool open_seat = true;    ///< it is of use: an approval that is still missing is one of theirs to give
};
ApproverVerdict may_count(const Config& config, const PersonId& who, const Change& change, const App& app, const std::vector<Delegation>& delegations,
                          std::optional<WallTime> now = std::nullopt);
/// Those who could give, by their own seat, an approval that is still missing. `counted` approved already.
std::vector<PersonId> approvers_left(const Config& config, const Change& change, const App& app, const std::vector<PersonId>& counted);
/// What an approval lacks for the quorum's step-up, for people; "" = nothing.
std::string step_up_missing(const Quorum& quorum, const Approval& approval);

enum class GateStage { Request, Approve, Merge, Apply };
struct Obstacle {
  std::string why;   ///< for people: "halted by carol since 14:02: incident 7"
  std::string rule;  ///< "halt", "freeze weekend", "lock of alice", "rate limit"
  bool passes = false;  ///< it goes away by itself or by somebody's word: merge and apply wait for it
};
/// The first of: halt, lock by somebody else, freeze (of the config and from chat, unless overridden by enough approvals or break-glass).
/// An ignore rule alters no cluster: only a halt stops it. Under break-glass only a halt does. Approving is held up by a halt alone. A freeze that can be
/// overridden doesn't stop the request (freeze_to_override tells quorum_of of it); whoever approved before it began hasn't overridden it.
std::optional<Obstacle> obstacle_to(const Config& config, const App& app, const Change& change, const std::vector<Hold>& holds, GateStage stage, WallTime now);

/// The freeze, if one holds now, that a request for the App would have to break; null when there is none or nothing breaks it.
const FreezeConfig* freeze_to_override(const Config& config, const App& app, WallTime now);

/// may() for freeze, unfreeze, halt and resume: rules must give the verb for every App in the scope.
PolicyDecision may_in(const Config& config, const PersonId& who, std::string_view verb, const HoldScope& scope, const std::vector<App>& apps);

bool covers(const HoldScope& scope, const App& app);
const Hold* find_hold(const std::vector<Hold>& holds, HoldKind kind, const App& app, WallTime now);
/// "production", "cluster prod-eu", "checkout", "everything"
std::string to_words(const HoldScope& scope);
/// What a person means by a word: an environment, a cluster, an App, "all"/"everything"/"*". Of equal names the App, then the cluster. `apps` are
/// all that there are, with those that Git declares.
std::optional<HoldScope> hold_scope_from(const Config& config, const std::vector<App>& apps, const std::string& word);

/// Too many Changes of one App lately: the refusal's words.
std::optional<std::string> over_rate(const PolicyConfig& policy, const App& app, const std::vector<WallTime>& requested, WallTime now);

/// All of it in one sentence after the other, for `policy explain`: role, obstacles, quorum for each risk tier.
std::string explain_policy(const Config& config, const PersonId& who, const std::string& verb, const App& app, const std::vector<Hold>& holds, WallTime now);

}  // namespace driftwarden
