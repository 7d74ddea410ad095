#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

/// Verbs that the caller may use on at least one App.
std::vector<Verb> allowed_verbs(const Services& services, const Caller& caller) {
  const auto apps = services.fleet.apps();
  std::vector<Verb> allowed;
  for (const auto& info : verbs()) {
    const auto on_some_app = [&](const App& app) { return may(services.config, caller.person.empty() ? caller.slack_id : caller.person, info.name, app).allowed; };
    const bool about_incidents = info.verb == Verb::Ack || info.verb == Verb::Snooze || info.verb == Verb::Cancel || info.verb == Verb::Reject || info.verb == Verb::Approve;
    if (!info.changes_something || (about_incidents && !caller.person.empty()) || std::ranges::any_of(apps, on_some_app)) allowed.push_back(info.verb);
  }
  return allowed;
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
  co_return say(view::whoami_message(call.caller.slack_id, person, groups, may_do));
}

}  // namespace driftwarden
