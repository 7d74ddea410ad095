// help and whoami: what there is for the one who asks.
#include "bot/assist/assistant.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/gates/built_in.hpp"
#include "bot/policy/findings.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/help_view.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// What is decided or kept quiet by people, not by a rule for one App: `may` of everything would say no.
bool is_about_no_app(Verb verb) {
  switch (verb) {
    case Verb::Ack:
    case Verb::Snooze:
    case Verb::Cancel:
    case Verb::Reject:
    case Verb::Approve:
    case Verb::Delegate: return true;
    default: return false;
  }
}

bool owns_a_gate(const Services& services, const Call& call, const std::vector<App>& apps) {
  std::vector<std::string> gates{std::string(kBuiltInGate)};
  for (const auto& tool : services.config.gates.tools) gates.push_back(tool.name);
  return std::ranges::any_of(gates, [&](const std::string& gate) {
    return has_gate(services.config, gate) && std::ranges::any_of(apps, [&](const App& app) { return is_gate_owner(services.config, gate, call.caller.person, app); });
  });
}

/// What the configuration leaves out isn't offered, whoever asks.
bool is_there(const Services& services, const Call& call, Verb verb, const std::vector<App>& apps) {
  switch (verb) {
    case Verb::Propose: return services.assistant != nullptr && services.assistant->serves(Purpose::Propose);
    case Verb::Cost: return !services.config.cost.prices.empty();
    case Verb::Waivers: return judges_anything(services.config.gates);
    case Verb::Waive:
    case Verb::Unwaive: return owns_a_gate(services, call, apps);
    default: return true;
  }
}

/// Verbs that the caller may use on at least one App that they see, or on everything.
std::vector<Verb> allowed_verbs(const Services& services, const Call& call) {
  const auto apps = visible_apps(services, call);
  const auto who = caller_id(call);
  std::vector<Verb> allowed;
  for (const auto& info : verbs()) {
    const auto on_some_app = [&](const App& app) { return may(services.config, who, info.name, app).allowed; };
    if (!is_there(services, call, info.verb, apps)) continue;
    const bool by_anybody_known = is_about_no_app(info.verb) && !call.caller.person.empty();
    if (!info.changes_something || by_anybody_known || on_some_app(App{}) || std::ranges::any_of(apps, on_some_app)) allowed.push_back(info.verb);
  }
  return allowed;
}

/// Those that a verb's name doesn't hide.
std::map<std::string, std::string> live_aliases(const Config& config) {
  auto aliases = config.chat.aliases;
  std::erase_if(aliases, [](const auto& alias) { return find_verb(to_lower(alias.first)) != nullptr; });
  return aliases;
}

Answer no_such_command(const std::string& word, const std::vector<Verb>& allowed) {
  std::vector<std::string> names;
  for (const auto verb : allowed) names.emplace_back(to_string(verb));
  NotUnderstood trouble{fmt::format("I don't know the command \"{}\". `help` lists those that there are.", ellipsize(word, 60)), {"help"}};
  if (const auto guess = nearest(word, names)) trouble = {fmt::format("I don't know the command \"{}\".", ellipsize(word, 60)), {"help " + *guess}};
  return say(view::not_understood_message(trouble));
}

struct Known {
  std::optional<Identity> identity;
  std::vector<Delegation> delegations;
};

std::string forge_words(const Services& services, const Caller& caller, const std::optional<Identity>& identity) {
  const auto* person = caller.person.empty() ? nullptr : find_person(services.config, caller.person);
  const auto proven = identity && identity->proven_at;
  if (proven) return fmt::format(":link: On the forge you are *{}*, proven {}.", slack::escape(identity->forge), view::time_span(*identity->proven_at));
  if (person != nullptr && !person->forge.empty()) return fmt::format(":link: On the forge you are *{}*, by the configuration.", slack::escape(person->forge));
  return ":link: I don't know who you are on the forge, so you may only read: `link LOGIN` proves it.";
}

std::string step_up_words(const Services& services, const Caller& caller) {
  const bool wanted = std::ranges::any_of(services.config.policy.approvals, [](const ApprovalRule& rule) { return rule.step_up != StepUp::None; });
  if (!wanted || caller.person.empty()) return {};
  const auto* person = find_person(services.config, caller.person);
  const bool ready = person != nullptr && person->totp && !person->totp->empty();
  return ready ? ":key: One-time codes are set up for you." : ":key: No one-time codes are set up for you: where the policy wants them, approve on the forge.";
}

std::vector<std::string> delegation_words(const std::vector<Delegation>& delegations, const PersonId& who) {
  std::vector<std::string> words;
  for (const auto& delegation : delegations) {
    if (delegation.from == who) words.push_back(fmt::format(":busts_in_silhouette: *{}* approves in your place until {}.", slack::escape(delegation.to), view::time_span(delegation.until)));
    if (delegation.to == who) words.push_back(fmt::format(":busts_in_silhouette: You approve in place of *{}* until {}.", slack::escape(delegation.from), view::time_span(delegation.until)));
  }
  return words;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_help(Services& services, Call call) {
  view::HelpContent content;
  content.allowed = allowed_verbs(services, call);
  content.bot_name = services.bot_name;
  content.aliases = live_aliases(services.config);
  const auto& word = call.command.filter;
  if (word.empty()) co_return say(view::help_page(content));
  if (const auto alias = content.aliases.find(word); alias != content.aliases.end()) co_return say(view::help_of_alias(alias->first, alias->second));
  // "create app" is one, too.
  auto joined = word;
  std::ranges::replace(joined, ' ', '-');
  const auto* info = find_verb(word);
  if (info == nullptr) info = find_verb(joined);
  if (info == nullptr) co_return no_such_command(word, content.allowed);
  co_return say(view::help_of_verb(info->verb, std::ranges::find(content.allowed, info->verb) != content.allowed.end(), content));
}

asio::awaitable<Result<Answer>> handle_whoami(Services& services, Call call) {
  std::vector<std::string> groups;
  for (const auto& group : services.config.groups) {
    const auto members = members_of(services.config, group.name, nullptr);
    if (std::ranges::find(members, call.caller.person) != members.end()) groups.push_back(group.name);
  }
  std::vector<std::string> may_do;
  for (const auto verb : allowed_verbs(services, call)) may_do.emplace_back(to_string(verb));
  std::optional<PersonId> person;
  if (!call.caller.person.empty()) person = call.caller.person;
  const auto team = call.request.team.empty() ? services.team : call.request.team;
  std::function<Result<Known>(storage::Transaction&)> work = [team, user = call.caller.slack_id, now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Known> {
    Known known;
    TRY(known.identity, tx.find_identity(team, user));
    TRY(known.delegations, tx.active_delegations(now));
    return known;
  };
  auto working = services.store.query<Known>(std::move(work));
  const auto known = co_await std::move(working);
  if (!known) co_return known.error();
  std::vector<std::string> lines{forge_words(services, call.caller, known->identity)};
  if (person) {
    for (auto& words : delegation_words(known->delegations, *person)) lines.push_back(std::move(words));
  }
  if (auto words = step_up_words(services, call.caller); !words.empty()) lines.push_back(std::move(words));
  co_return say(with_lines(view::whoami_message(call.caller.slack_id, person, groups, may_do), lines));
}

}  // namespace driftwarden
