// help and whoami: what there is for the one who asks.
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// Verbs that the caller may use on at least one App, or on everything.
std::vector<Verb> allowed_verbs(const Services& services, const Caller& caller) {
  const auto apps = services.fleet.apps();
  const auto who = caller.person.empty() ? caller.slack_id : caller.person;
  std::vector<Verb> allowed;
  for (const auto& info : verbs()) {
    const auto on_some_app = [&](const App& app) { return may(services.config, who, info.name, app).allowed; };
    const bool about_changes = info.verb == Verb::Ack || info.verb == Verb::Snooze || info.verb == Verb::Cancel || info.verb == Verb::Reject || info.verb == Verb::Approve || info.verb == Verb::Delegate;
    const bool everywhere = (info.verb == Verb::Halt || info.verb == Verb::Resume || info.verb == Verb::CreateApp) && may(services.config, who, info.name, App{}).allowed;
    if (!info.changes_something || (about_changes && !caller.person.empty()) || everywhere || std::ranges::any_of(apps, on_some_app)) allowed.push_back(info.verb);
  }
  return allowed;
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
  co_return say(view::help_message(allowed_verbs(services, call.caller), services.bot_name));
}

asio::awaitable<Result<Answer>> handle_whoami(Services& services, Call call) {
  std::vector<std::string> groups;
  for (const auto& group : services.config.groups) {
    const auto members = members_of(services.config, group.name, nullptr);
    if (std::ranges::find(members, call.caller.person) != members.end()) groups.push_back(group.name);
  }
  std::vector<std::string> may_do;
  for (const auto verb : allowed_verbs(services, call.caller)) may_do.emplace_back(to_string(verb));
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
