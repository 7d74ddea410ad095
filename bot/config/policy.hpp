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

/// "status", "diff", "history", ...: verbs that look and never touch.
bool is_reading_verb(std::string_view verb);
/// Every verb a policy may name, without the globs.
const std::vector<std::string>& policy_verbs();

/// The first rule that matches decides; nothing matches = refused. Reading is allowed to everybody unless a rule names the reading verb
/// for this App: then to those that such a rule names. `who` may be a PersonId, a raw Slack id, or "" for an unknown person.
PolicyDecision may(const Config& config, const PersonId& who, std::string_view verb, const App& app);

/// Need 1 from the App's owners and those who may "approve" where no approval rule speaks of the App and verb.
Quorum quorum_for(const Config& config, const App& app, std::string_view verb);
/// Nothing = requests don't expire.
std::optional<Duration> approval_expiry(const Config& config, const App& app, std::string_view verb);
bool may_approve(const Config& config, const PersonId& who, const Quorum& quorum, const App& app);
/// Those whose yes can count, without `except` (the requester).
std::vector<PersonId> approvers_of(const Config& config, const Quorum& quorum, const App& app, const PersonId& except = {});

const Person* find_person(const Config& config, std::string_view name);
const Person* person_by_slack(const Config& config, std::string_view slack_id);
const Person* person_by_forge(const Config& config, std::string_view login);
const Person* person_by_email(const Config& config, std::string_view email);
/// `name` is a person, a group, "owners" (of `app`) or "*". In the order written, each once.
std::vector<PersonId> members_of(const Config& config, const std::string& name, const App* app);
/// For people without an entry in `people` the Slack id itself becomes the member.
void set_usergroup_members(Config& config, std::string_view usergroup, const std::vector<std::string>& slack_ids);

/// The freeze that holds now: words for people ("weekend, until Mon 08:00 Europe/Berlin").
std::optional<std::string> active_freeze(const Config& config, const App& app, WallTime now);
/// The same as the rule itself; of several, the one that is hardest to override.
const FreezeConfig* find_active_freeze(const Config& config, const App& app, WallTime now);

/// Where an App's alerts go: the first matching route, else the App's channel, else the default one.
struct AlertTarget {
  std::string channel;
  std::vector<std::string> mention;  ///< people, groups, "owners", as written
};
AlertTarget alert_target(const Config& config, const App& app);
/// The App's own channel, else that of alert_target.
std::string channel_of(const Config& config, const App& app);
/// Zero for causes without an entry.
Duration hold_off(const Config& config, Cause cause);

}  // namespace driftwarden
