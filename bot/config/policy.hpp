#pragma once
// Who may do what, who must agree, and when. Pure functions of the config. A refusal is an answer with its rule, not an Error.
#include "bot/config/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct PolicyDecision {
  bool allowed = false;
  std::string rule;  ///< for people: "policy.rules[0] (shop-team may sync on checkout)"
};

/// What kind of permission a verb needs.
enum class VerbClass {
  Everybody,   ///< help, whoami, pending, link: whoever is in the workspace
  Reading,     ///< looks and never touches
  Tending,     ///< ack, approve, lock, ...: those who may change the App in any way, its owners, its approvers
  Mutation,    ///< a rule gives it
  Admin,       ///< halt, freeze, ...: a rule gives it
  BreakGlass,  ///< policy.break_glass.who, or a rule that spells it out: "*" doesn't give it
};
/// A verb nobody knows is a Mutation.
VerbClass class_of(std::string_view verb);
/// "status", "diff", "history", "whoami", ...: verbs that look and never touch.
bool is_reading_verb(std::string_view verb);
/// Every verb a policy may name, without the globs.
const std::vector<std::string>& policy_verbs();

/// The first rule that matches decides; nothing matches = refused. Reading is allowed to everybody unless a rule names the reading verb
/// for this App: then to those that such a rule names. `who` may be a PersonId, a raw Slack id, or "" for an unknown person.
/// Who isn't linked may only read. An App without a name stands for everything: only rules for all Apps give it.
PolicyDecision may(const Config& config, const PersonId& who, std::string_view verb, const App& app);

/// Known to the config, and on the forge wherever the App's repository has one: what `link` proved on one forge says nothing of another. Others may only read.
bool is_linked(const Config& config, const PersonId& who, const App& app);
/// What to say to who isn't: names `link`.
std::string unlinked_words(const Config& config, const PersonId& who);
/// One human under two names: a Slack id, a login and a name, or two entries with one Slack id, forge login or e-mail.
bool is_same_person(const Config& config, const PersonId& one, const PersonId& other);

/// The rule that fits best, null when none speaks of it. Without a tier rules that name tiers are left out.
const ApprovalRule* find_approval_rule(const Config& config, const App& app, std::string_view verb, std::optional<RiskTier> tier = std::nullopt);
/// Need 1 from the App's owners and those who may "approve" where no approval rule speaks of the App and verb.
Quorum quorum_for(const Config& config, const App& app, std::string_view verb);
/// Nothing = requests don't expire.
std::optional<Duration> approval_expiry(const Config& config, const App& app, std::string_view verb, std::optional<RiskTier> tier = std::nullopt);
/// By their own seat; nobody who is excluded or not linked. gate.hpp's may_count knows of the requester and of delegations, too.
bool may_approve(const Config& config, const PersonId& who, const Quorum& quorum, const App& app);
/// Those whose yes can count, without `except` (the requester).
std::vector<PersonId> approvers_of(const Config& config, const Quorum& quorum, const App& app, const PersonId& except = {});

const Person* find_person(const Config& config, std::string_view name);
const Person* person_by_slack(const Config& config, std::string_view slack_id);
/// With `api_url` only whom that forge knows by this login: a linked person is nobody on other forges. "" = any forge.
const Person* person_by_forge(const Config& config, std::string_view login, std::string_view api_url = {});
/// Also by the addresses that forges make of logins: "1+alice@users.noreply.github.com".
const Person* person_by_email(const Config& config, std::string_view email);
/// `name` is a person, a group, "owners" (of `app`) or "*". In the order written, each once.
std::vector<PersonId> members_of(const Config& config, const std::string& name, const App* app);
/// For people without an entry in `people` the Slack id itself becomes the member.
void set_usergroup_members(Config& config, std::string_view usergroup, const std::vector<std::string>& slack_ids);

/// When the freeze lets go: "Mon 08:00 Europe/Berlin", "2027-01-02 08:00 Europe/Berlin".
std::string end_words(const FreezeConfig& freeze);
/// The freeze that holds now: words for people ("weekend, until Mon 08:00 Europe/Berlin").
std::optional<std::string> active_freeze(const Config& config, const App& app, WallTime now);
/// The same as the rule itself; of several, the one that is hardest to override.
const FreezeConfig* find_active_freeze(const Config& config, const App& app, WallTime now);

/// The App's own channel, else the one that its alerts are routed to whatever their cause and severity.
std::string channel_of(const Config& config, const App& app);

}  // namespace driftwarden
