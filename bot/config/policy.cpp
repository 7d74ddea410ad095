#include "bot/config/policy.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr std::array<std::string_view, 4> kEverybody{"help", "whoami", "pending", "link"};
constexpr std::array<std::string_view, 9> kReading{"status", "apps", "diff", "why", "history", "audit", "ignores", "stats", "read"};
/// What tends an alert or a Change without altering the truth.
constexpr std::array<std::string_view, 8> kTending{"ack", "snooze", "approve", "reject", "cancel", "lock", "unlock", "delegate"};
constexpr std::array<std::string_view, 4> kAdmin{"freeze", "unfreeze", "halt", "resume"};
constexpr std::array<std::string_view, 11> kMutations{"sync", "rollback", "set-image", "scale", "set", "promote", "adopt", "ignore", "create-app", "delete", "restart"};
constexpr std::string_view kBreakGlass = "break-glass";

bool any_glob(const std::vector<std::string>& globs, std::string_view text) {
  return std::ranges::any_of(globs, [&](const std::string& glob) { return glob_match(glob, text); });
}

bool names(const std::vector<std::string>& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

bool is_about(const PolicyRule& rule, const App& app) { return rule.apps.empty() || any_glob(rule.apps, app.name); }

bool is_among(const Config& config, const std::vector<std::string>& parties, const PersonId& who, const App& app) {
  if (who.empty()) return false;
  return std::ranges::any_of(parties, [&](const std::string& party) { return party == "*" || names(members_of(config, party, &app), who); });
}

std::string rule_words(std::size_t index, const PolicyRule& rule, std::string_view verb, const App& app) {
  return fmt::format("policy.rules[{}] ({} may {} on {})", index, join(rule.who, ", "), verb, app.name);
}

PolicyDecision may_read(const Config& config, const PersonId& who, std::string_view verb, const App& app) {
  bool restricted = false;
  for (std::size_t at = 0; at < config.policy.rules.size(); ++at) {
    const auto& rule = config.policy.rules[at];
    // "*" gives the verb without taking it from the others: only a rule that names it restricts it.
    if (!is_about(rule, app) || (!names(rule.may, verb) && !names(rule.may, "read"))) continue;
    restricted = true;
    if (is_among(config, rule.who, who, app)) return {true, rule_words(at, rule, verb, app)};
  }
  if (!restricted) return {true, "reading is allowed to everybody"};
  for (std::size_t at = 0; at < config.policy.rules.size(); ++at) {
    const auto& rule = config.policy.rules[at];
    if (is_about(rule, app) && any_glob(rule.may, verb) && is_among(config, rule.who, who, app)) return {true, rule_words(at, rule, verb, app)};
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
  for (std::size_t at = 0; at < config.policy.rules.size(); ++at) {
    const auto& rule = config.policy.rules[at];
    if (is_about(rule, app) && any_glob(rule.may, verb) && is_among(config, rule.who, who, app)) return {true, rule_words(at, rule, verb, app)};
  }
  return refuse(config, who, verb, app);
}

PolicyDecision may_break_glass(const Config& config, const PersonId& who, const App& app) {
  if (is_among(config, config.policy.break_glass.who, who, app)) return {true, fmt::format("policy.break_glass.who ({})", join(config.policy.break_glass.who, ", "))};
  for (std::size_t at = 0; at < config.policy.rules.size(); ++at) {
    const auto& rule = config.policy.rules[at];
    if (is_about(rule, app) && names(rule.may, kBreakGlass) && is_among(config, rule.who, who, app)) return {true, rule_words(at, rule, kBreakGlass, app)};
  }
  return {false, fmt::format("policy.break_glass.who doesn't name {}, and \"*\" in a rule doesn't give break-glass", who)};
}

bool gives_a_mutation(const PolicyRule& rule) {
  return std::ranges::any_of(kMutations, [&](std::string_view verb) { return any_glob(rule.may, verb); });
}

PolicyDecision may_tend(const Config& config, const PersonId& who, std::string_view verb, const App& app) {
  for (std::size_t at = 0; at < config.policy.rules.size(); ++at) {
    const auto& rule = config.policy.rules[at];
    if (is_about(rule, app) && (any_glob(rule.may, verb) || gives_a_mutation(rule)) && is_among(config, rule.who, who, app)) {
      return {true, rule_words(at, rule, verb, app)};
    }
  }
  if (names(members_of(config, "owners", &app), who)) return {true, fmt::format("an owner of {} may {}", app.name, verb)};
  if (is_approver(config, who, app)) return {true, fmt::format("an approver of {} may {}", app.name, verb)};
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

/// What `link` proved, it proved on one forge.
bool is_known_on(const Person& person, std::string_view api_url) { return person.forge_of.empty() || api_url.empty() || person.forge_of == api_url; }

/// The logins that an address of a forge's own may stand for: "alice", "1+alice" (GitHub), "1-alice" (GitLab). None of any other address.
std::vector<std::string> logins_in(std::string_view email) {
  const auto at = email.find('@');
  if (at == std::string_view::npos || at == 0) return {};
  const auto host = to_lower(email.substr(at + 1));
  if (!host.starts_with("users.noreply.") && !host.starts_with("noreply.")) return {};
  const auto local = email.substr(0, at);
  std::vector<std::string> logins{std::string(local)};
  const auto digits = local.find_first_not_of("0123456789");
  const bool numbered = digits != std::string_view::npos && digits > 0 && digits + 1 < local.size() && (local[digits] == '+' || local[digits] == '-');
  if (numbered) logins.emplace_back(local.substr(digits + 1));
  return logins;
}

bool is_login_of(const Person& person, const std::string& email) {
  return !person.forge.empty() && std::ranges::any_of(logins_in(email), [&](const std::string& login) { return to_lower(login) == to_lower(person.forge); });
}

bool have_one_login(const Person& a, const Person& b) {
  const bool one_forge = a.forge_of.empty() || b.forge_of.empty() || a.forge_of == b.forge_of;
  return one_forge && !a.forge.empty() && to_lower(a.forge) == to_lower(b.forge);
}

bool have_one_email(const Person& a, const Person& b) {
  return std::ranges::any_of(a.emails, [&](const std::string& email) {
    return is_login_of(b, email) || std::ranges::any_of(b.emails, [&](const std::string& theirs) { return to_lower(email) == to_lower(theirs); });
  });
}

void add_members(const Config& config, const std::string& name, const App* app, int depth, std::vector<PersonId>& out) {
  constexpr int kDeepest = 8;
  if (depth > kDeepest) return;
  const auto add = [&](const PersonId& person) {
    if (!names(out, person)) out.push_back(person);
  };
  if (name == "owners") {
    for (const auto& owner : app == nullptr ? std::vector<std::string>{} : app->owners) {
      if (owner != "owners") add_members(config, owner, app, depth + 1, out);
    }
  } else if (name == "*") {
    for (const auto& person : config.people) add(person.name);
  } else if (const auto group = std::ranges::find(config.groups, name, &Group::name); group != config.groups.end()) {
    for (const auto& member : group->members) {
      const bool nested = std::ranges::find(config.groups, member, &Group::name) != config.groups.end();
      if (nested) {
        add_members(config, member, app, depth + 1, out);
      } else {
        add(member);
      }
    }
  } else if (find_person(config, name) != nullptr) {
    add(name);
  }
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

bool is_linked(const Config& config, const PersonId& who, const App& app) {
  const auto* person = find_person(config, who);
  if (person == nullptr) return false;
  const bool has_login = person->linked || !person->forge.empty();
  const auto knows_them = [&](const RepositoryConfig& repository) {
    return repository.forge.kind == ForgeKind::None || (has_login && is_known_on(*person, repository.forge.api_url));
  };
  if (const auto* repository = find_repository(config, app.repository)) return knows_them(*repository);
  if (has_login && person->forge_of.empty()) return true;
  // Of everything: some forge knows them, or there is none.
  const auto has_forge = [](const RepositoryConfig& repository) { return repository.forge.kind != ForgeKind::None; };
  if (std::ranges::none_of(config.repositories, has_forge)) return true;
  return std::ranges::any_of(config.repositories, [&](const RepositoryConfig& repository) { return has_forge(repository) && knows_them(repository); });
}

std::string unlinked_words(const Config& config, const PersonId& who) {
  if (find_person(config, who) == nullptr) {
    return fmt::format("{} is nobody that I know: the config's people don't name them, and no `link LOGIN` was proven; until then they may only read",
                       who.empty() ? "whoever asks" : who);
  }
  return fmt::format("{} isn't linked to the forge: `link LOGIN` proves who they are there; until then they may only read", who);
}

bool is_same_person(const Config& config, const PersonId& one, const PersonId& other) {
  if (one.empty() || other.empty()) return false;
  if (one == other) return true;
  const auto known = [&](const PersonId& id) {
    const auto* person = find_person(config, id);
    if (person == nullptr) person = person_by_slack(config, id);
    return person == nullptr ? person_by_forge(config, id) : person;
  };
  const auto* a = known(one);
  const auto* b = known(other);
  if (a == nullptr || b == nullptr) return false;
  if (a == b || (!a->slack.empty() && a->slack == b->slack)) return true;
  return have_one_login(*a, *b) || have_one_email(*a, *b) || have_one_email(*b, *a);
}

PolicyDecision may(const Config& config, const PersonId& who, std::string_view verb, const App& app) {
  const auto kind = class_of(verb);
  if (kind == VerbClass::Everybody) return {true, fmt::format("everybody may {}", verb)};
  if (kind == VerbClass::Reading) return may_read(config, who, verb, app);
  if (!config.policy.given) return {false, "the config has no policy, so nothing but reading is allowed"};
  if (who.empty()) return {false, "I don't know you: people in the config has no entry for your Slack user, and no `link LOGIN` was proven"};
  if (!is_linked(config, who, app)) return {false, unlinked_words(config, who)};
  if (kind == VerbClass::Tending) return may_tend(config, who, verb, app);
  if (kind == VerbClass::BreakGlass) return may_break_glass(config, who, app);
  return may_by_rule(config, who, verb, app);
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
  if (!quorum.from.empty()) return is_among(config, quorum.from, who, app) || (names(quorum.from, "codeowners") && names(quorum.code_owners, who));
  if (names(members_of(config, "owners", &app), who)) return true;
  return std::ranges::any_of(config.policy.rules, [&](const PolicyRule& rule) {
    return is_about(rule, app) && any_glob(rule.may, "approve") && is_among(config, rule.who, who, app);
  });
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

const Person* find_person(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.people, name, &Person::name);
  return found == config.people.end() ? nullptr : &*found;
}

const Person* person_by_slack(const Config& config, std::string_view slack_id) {
  if (slack_id.empty()) return nullptr;
  const auto found = std::ranges::find(config.people, slack_id, &Person::slack);
  return found == config.people.end() ? nullptr : &*found;
}

const Person* person_by_forge(const Config& config, std::string_view login, std::string_view api_url) {
  if (login.empty()) return nullptr;
  // Forges don't tell logins apart by case.
  const auto found = std::ranges::find_if(config.people, [&](const Person& person) { return is_known_on(person, api_url) && to_lower(person.forge) == to_lower(login); });
  return found == config.people.end() ? nullptr : &*found;
}

const Person* person_by_email(const Config& config, std::string_view email) {
  if (email.empty()) return nullptr;
  const auto found = std::ranges::find_if(config.people, [&](const Person& person) {
    return std::ranges::any_of(person.emails, [&](const std::string& one) { return to_lower(one) == to_lower(email); });
  });
  if (found != config.people.end()) return &*found;
  for (const auto& login : logins_in(email)) {
    if (const auto* person = person_by_forge(config, login)) return person;
  }
  return nullptr;
}

std::vector<PersonId> members_of(const Config& config, const std::string& name, const App* app) {
  std::vector<PersonId> members;
  add_members(config, name, app, 0, members);
  return members;
}

void set_usergroup_members(Config& config, std::string_view usergroup, const std::vector<std::string>& slack_ids) {
  for (auto& group : config.groups) {
    if (usergroup.empty() || group.slack_usergroup != usergroup) continue;
    group.members.clear();
    for (const auto& id : slack_ids) {
      const auto* person = person_by_slack(config, id);
      group.members.push_back(person == nullptr ? id : person->name);
    }
  }
}

}  // namespace driftwarden
