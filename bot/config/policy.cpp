#include "bot/config/policy.hpp"

#include "bot/config/alert_routes.hpp"
#include "bot/config/teams.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

/// Whose waiver counts is said by the gate (gates.owners), not by a rule about the App.
constexpr std::array<std::string_view, 6> kEverybody{"help", "whoami", "pending", "link", "waive", "unwaive"};
constexpr std::array<std::string_view, 19> kReading{"status", "apps", "diff",   "why",  "history",  "audit", "ignores", "stats",
                                                    "logs",   "events", "pods", "describe", "route", "digest", "silences", "read",    "ask",
                                                    "cost",   "waivers"};
/// What shows an App's inside, as `why` and `diff` do. Policies are older than these verbs: who is kept from the one is kept from the other.
constexpr std::array<std::string_view, 5> kInspecting{"logs", "events", "pods", "describe", "ask"};
/// What tends an alert or a Change without altering the truth.
constexpr std::array<std::string_view, 10> kTending{"ack", "snooze", "silence", "unsilence", "approve", "reject", "cancel", "lock", "unlock", "delegate"};
/// Of these, what somebody may who is asked about the cost alone.
constexpr std::array<std::string_view, 3> kDeciding{"approve", "reject", "delegate"};
constexpr std::array<std::string_view, 4> kAdmin{"freeze", "unfreeze", "halt", "resume"};
constexpr std::array<std::string_view, 12> kMutations{"sync", "rollback", "set-image", "scale", "set", "promote", "adopt", "ignore", "create-app", "delete", "restart", "propose"};
constexpr std::string_view kBreakGlass = "break-glass";

bool any_glob(const std::vector<std::string>& globs, std::string_view text) {
  return std::ranges::any_of(globs, [&](const std::string& glob) { return glob_match(glob, text); });
}

bool names(const std::vector<std::string>& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

bool is_among(const Config& config, const std::vector<std::string>& parties, const PersonId& who, const App& app) {
  if (who.empty()) return false;
  return std::ranges::any_of(parties, [&](const std::string& party) { return party == "*" || names(members_of(config, party, &app), who); });
}

/// A rule that speaks of the App: of its teams first, then of the policy.
struct InForce {
  const std::vector<std::string>& who;
  const std::vector<std::string>& may;
  std::string place;  ///< "policy.rules[0]"
  std::string whom;   ///< for people
};

std::vector<InForce> rules_about(const Config& config, const App& app) {
  std::vector<InForce> rules;
  for (std::size_t at = 0; at < config.teams.size(); ++at) {
    const auto& team = config.teams[at];
    if (!team.may.empty() && has_app(team, app)) rules.push_back({team.members, team.may, fmt::format("teams[{}]", at), team.name});
  }
  for (std::size_t at = 0; at < config.policy.rules.size(); ++at) {
    const auto& rule = config.policy.rules[at];
    if (rule.apps.empty() || any_glob(rule.apps, app.name)) rules.push_back({rule.who, rule.may, fmt::format("policy.rules[{}]", at), join(rule.who, ", ")});
  }
  return rules;
}

PolicyDecision allowed_by(const InForce& rule, std::string_view verb, const App& app) {
  return {true, fmt::format("{} ({} may {} on {})", rule.place, rule.whom, verb, app.name)};
}

/// An inspecting verb that no rule names is for those to whom the rules about reading give `why` or `diff`.
PolicyDecision may_inspect(const Config& config, const PersonId& who, std::string_view verb, const App& app, const std::vector<InForce>& rules) {
  bool restricted = false;
  for (const auto& rule : rules) {
    const bool about_reading = names(rule.may, "status") || names(rule.may, "diff") || names(rule.may, "why");
    restricted = restricted || about_reading;
    const bool gives = any_glob(rule.may, verb) || (about_reading && (any_glob(rule.may, "why") || any_glob(rule.may, "diff")));
    if (!gives || !is_among(config, rule.who, who, app)) continue;
    if (any_glob(rule.may, verb)) return allowed_by(rule, verb, app);
    const auto given = any_glob(rule.may, "why") ? "why" : "diff";
    return {true, fmt::format("{} ({} may {} on {}, and so {}, which no rule names)", rule.place, rule.whom, given, app.name, verb)};
  }
  if (!restricted) return {true, "reading is allowed to everybody"};
  return {false, fmt::format("the policy names who may read {}, and no rule names {}: it is for those who may why or diff", app.name, verb)};
}

PolicyDecision may_read(const Config& config, const PersonId& who, std::string_view verb, const App& app) {
  if (!is_visible(config, who, app)) return {false, private_words(config, app)};
  const auto rules = rules_about(config, app);
  bool restricted = false;
  for (const auto& rule : rules) {
    // "*" gives the verb without taking it from the others: only a rule that names it restricts it.
    if (!names(rule.may, verb) && !names(rule.may, "read")) continue;
    restricted = true;
    if (is_among(config, rule.who, who, app)) return allowed_by(rule, verb, app);
  }
  if (!restricted && std::ranges::find(kInspecting, verb) != kInspecting.end()) return may_inspect(config, who, verb, app, rules);
  if (!restricted) return {true, "reading is allowed to everybody"};
  for (const auto& rule : rules) {
    if (any_glob(rule.may, verb) && is_among(config, rule.who, who, app)) return allowed_by(rule, verb, app);
  }
  return {false, fmt::format("the policy names who may {} {}", verb, app.name)};
}

bool is_approver(const Config& config, const PersonId& who, const App& app) {
  return std::ranges::any_of(config.policy.approvals, [&](const ApprovalRule& rule) {
    const bool about = rule.environment.empty() || glob_match(rule.environment, app.environment);
    return about && is_among(config, rule.from, who, app);
  });
}

PolicyDecision refuse(const Config& config, const PersonId& who, std::string_view verb, const App& app) {
  const bool known = find_person(config, who) != nullptr;
  return {false, fmt::format("no rule of the policy allows {} on {}{}", verb, app.name.empty() ? "everything" : app.name,
                             known ? std::string() : fmt::format(" to {}, whom the config's people don't name", who))};
}

PolicyDecision may_by_rule(const Config& config, const PersonId& who, std::string_view verb, const App& app) {
  for (const auto& rule : rules_about(config, app)) {
    if (any_glob(rule.may, verb) && is_among(config, rule.who, who, app)) return allowed_by(rule, verb, app);
  }
  return refuse(config, who, verb, app);
}

PolicyDecision may_break_glass(const Config& config, const PersonId& who, const App& app) {
  if (is_among(config, config.policy.break_glass.who, who, app)) return {true, fmt::format("policy.break_glass.who ({})", join(config.policy.break_glass.who, ", "))};
  for (const auto& rule : rules_about(config, app)) {
    if (names(rule.may, kBreakGlass) && is_among(config, rule.who, who, app)) return allowed_by(rule, kBreakGlass, app);
  }
  return {false, fmt::format("policy.break_glass.who doesn't name {}, and \"*\" in a rule doesn't give break-glass", who)};
}

bool gives_a_mutation(const std::vector<std::string>& may) {
  return std::ranges::any_of(kMutations, [&](std::string_view verb) { return any_glob(may, verb); });
}

/// Who has a say in what it may cost: in that alone, not in the App.
bool decides_on_money(const Config& config, const PersonId& who, const App& app) {
  return std::ranges::any_of(config.cost.thresholds, [&](const CostThreshold& threshold) {
    const bool about = (threshold.environments.empty() || any_glob(threshold.environments, app.environment)) && (threshold.apps.empty() || any_glob(threshold.apps, app.name));
    return about && is_among(config, threshold.from, who, app);
  });
}

PolicyDecision may_tend(const Config& config, const PersonId& who, std::string_view verb, const App& app) {
  for (const auto& rule : rules_about(config, app)) {
    if ((any_glob(rule.may, verb) || gives_a_mutation(rule.may)) && is_among(config, rule.who, who, app)) return allowed_by(rule, verb, app);
  }
  if (names(members_of(config, "owners", &app), who)) return {true, fmt::format("an owner of {} may {}", app.name, verb)};
  if (is_approver(config, who, app)) return {true, fmt::format("an approver of {} may {}", app.name, verb)};
  if (std::ranges::find(kDeciding, verb) != kDeciding.end() && decides_on_money(config, who, app)) return {true, fmt::format("who cost.thresholds names for {} may {}", app.name, verb)};
  return refuse(config, who, verb, app);
}

bool is_about(const ApprovalRule& rule, const App& app, std::string_view verb, std::optional<RiskTier> tier) {
  if (!rule.environment.empty() && !glob_match(rule.environment, app.environment)) return false;
  if (!rule.apps.empty() && !any_glob(rule.apps, app.name)) return false;
  if (!rule.risk.empty() && (!tier || std::ranges::find(rule.risk, *tier) == rule.risk.end())) return false;
  return rule.verbs.empty() || any_glob(rule.verbs, verb);
}

int rank_of(const ApprovalRule& rule) {
  return (rule.risk.empty() ? 0 : 8) + (rule.verbs.empty() ? 0 : 4) + (rule.apps.empty() ? 0 : 2) + (rule.environment.empty() ? 0 : 1);
}

}  // namespace

VerbClass class_of(std::string_view verb) {
  const auto among = [&](const auto& list) { return std::ranges::find(list, verb) != list.end(); };
  if (among(kEverybody)) return VerbClass::Everybody;
  if (among(kReading)) return VerbClass::Reading;
  if (among(kTending)) return VerbClass::Tending;
  if (among(kAdmin)) return VerbClass::Admin;
  return verb == kBreakGlass ? VerbClass::BreakGlass : VerbClass::Mutation;
}

bool is_reading_verb(std::string_view verb) {
  const auto kind = class_of(verb);
  return kind == VerbClass::Everybody || kind == VerbClass::Reading;
}

const std::vector<std::string>& policy_verbs() {
  static const auto all = [] {
    std::vector<std::string> verbs;
    const auto add = [&](const auto& list) { verbs.insert(verbs.end(), list.begin(), list.end()); };
    add(kMutations);
    verbs.emplace_back(kBreakGlass);
    add(kAdmin);
    add(kTending);
    add(kReading);
    add(kEverybody);
    return verbs;
  }();
  return all;
}

PolicyDecision may(const Config& config, const PersonId& who, std::string_view verb, const App& app) {
  const auto kind = class_of(verb);
  if (kind == VerbClass::Everybody) return {true, fmt::format("everybody may {}", verb)};
  if (kind == VerbClass::Reading) return may_read(config, who, verb, app);
  const bool teams_give = std::ranges::any_of(config.teams, [](const Team& team) { return !team.may.empty(); });
  if (!config.policy.given && !teams_give) return {false, "the config has no policy, so nothing but reading is allowed"};
  if (who.empty()) return {false, "I don't know you: people in the config has no entry for your Slack user, and no `link LOGIN` was proven"};
  if (!is_linked(config, who, app)) return {false, unlinked_words(config, who)};
  if (kind == VerbClass::Tending) return may_tend(config, who, verb, app);
  if (kind == VerbClass::BreakGlass) return may_break_glass(config, who, app);
  return may_by_rule(config, who, verb, app);
}

std::vector<PersonId> silencers_of(const Config& config, const App& app) {
  std::vector<PersonId> people;
  const auto add = [&](const std::vector<std::string>& parties) {
    for (const auto& party : parties) {
      if (party == "*") people.push_back(party);
      const auto members = members_of(config, party, &app);
      people.insert(people.end(), members.begin(), members.end());
    }
  };
  for (const auto& rule : rules_about(config, app)) {
    if (any_glob(rule.may, "silence") || gives_a_mutation(rule.may)) add(rule.who);
  }
  add({"owners"});
  for (const auto& rule : config.policy.approvals) {
    if (rule.environment.empty() || glob_match(rule.environment, app.environment)) add(rule.from);
  }
  if (!private_words(config, app).empty()) {
    // Of a private team's App everybody is only who sees it.
    if (names(people, "*")) std::ranges::transform(config.people, std::back_inserter(people), &Person::name);
    std::erase_if(people, [&](const PersonId& who) { return !is_visible(config, who, app); });
  }
  std::ranges::sort(people);
  people.erase(std::unique(people.begin(), people.end()), people.end());
  return people;
}

const ApprovalRule* find_approval_rule(const Config& config, const App& app, std::string_view verb, std::optional<RiskTier> tier) {
  const ApprovalRule* best = nullptr;
  for (const auto& rule : config.policy.approvals) {
    if (is_about(rule, app, verb, tier) && (best == nullptr || rank_of(rule) > rank_of(*best))) best = &rule;
  }
  return best;
}

Quorum quorum_for(const Config& config, const App& app, std::string_view verb) {
  const auto* rule = find_approval_rule(config, app, verb);
  if (rule == nullptr) return {};
  return {.need = rule->need, .from = rule->from};
}

std::optional<Duration> approval_expiry(const Config& config, const App& app, std::string_view verb, std::optional<RiskTier> tier) {
  const auto* rule = find_approval_rule(config, app, verb, tier);
  return rule == nullptr ? std::nullopt : rule->expires;
}

bool may_approve(const Config& config, const PersonId& who, const Quorum& quorum, const App& app) {
  if (who.empty() || !is_linked(config, who, app)) return false;
  if (std::ranges::any_of(quorum.excluded, [&](const PersonId& out) { return is_same_person(config, who, out); })) return false;
  if (std::ranges::any_of(quorum.extra.from, [&](const PersonId& one) { return is_same_person(config, who, one); })) return true;
  if (!quorum.from.empty()) return is_among(config, quorum.from, who, app) || (names(quorum.from, "codeowners") && names(quorum.code_owners, who));
  if (names(members_of(config, "owners", &app), who)) return true;
  const auto rules = rules_about(config, app);
  return std::ranges::any_of(rules, [&](const InForce& rule) { return any_glob(rule.may, "approve") && is_among(config, rule.who, who, app); });
}

std::vector<PersonId> approvers_of(const Config& config, const Quorum& quorum, const App& app, const PersonId& except) {
  std::vector<PersonId> candidates;
  for (const auto& person : config.people) candidates.push_back(person.name);
  for (const auto& group : config.groups) {
    for (const auto& member : members_of(config, group.name, &app)) {
      if (!names(candidates, member)) candidates.push_back(member);
    }
  }
  std::erase_if(candidates, [&](const PersonId& who) { return is_same_person(config, who, except) || !may_approve(config, who, quorum, app); });
  return candidates;
}

}  // namespace driftwarden
