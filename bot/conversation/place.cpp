#include "bot/conversation/place.hpp"

#include "bot/config/teams.hpp"
#include "bot/conversation/bulk.hpp"
#include "bot/view/alert_buttons.hpp"
#include "bot/view/alert_view.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kOpenChanges = 20;
constexpr Duration kChannelNamesLast = std::chrono::minutes{5};

struct Found {
  std::optional<Incident> incident;
  std::vector<std::string> members;  ///< Apps of the incident's group
  std::optional<Change> change;
  std::vector<Change> open;
};

Result<Found> find_at(storage::Transaction& tx, const std::vector<MessageRef>& messages) {
  Found found;
  for (const auto& message : messages) {
    if (message.ts.empty()) continue;
    if (!found.incident) {
      TRY(found.incident, tx.find_incident_by_message(message));
    }
    if (!found.change) {
      TRY(found.change, tx.find_change_by_card(message));
    }
  }
  if (found.incident && found.incident->grouping != Grouping::Alone) {
    TRY(const auto members, tx.incidents_of_group(found.incident->id));
    for (const auto& member : members) found.members.push_back(member.app);
  }
  TRY(found.open, tx.changes({"", true, kOpenChanges}));
  return found;
}

/// What `status` may be narrowed to, of what they see.
std::vector<std::string> filters_of(const Config& config, const std::vector<App>& apps) {
  std::set<std::string> words;
  for (const auto& app : apps) {
    for (const auto* word : {&app.environment, &app.cluster, &app.namespace_}) {
      if (!word->empty()) words.insert(*word);
    }
    for (const auto& team : config.teams) {
      if (has_app(team, app)) words.insert(team.name);
    }
    words.insert(app.owners.begin(), app.owners.end());
  }
  return {words.begin(), words.end()};
}

void take_incident(const Services& services, const Call& call, const Found& found, ChannelPlace& place) {
  if (!found.incident) return;
  const auto seen = [&](const std::string& app) { return services.fleet.app(app) != nullptr && may_know_of(services, call, app); };
  if (found.incident->grouping == Grouping::Alone) {
    if (!seen(found.incident->app)) return;
    place.incident = found.incident;
    place.context.implied_app = found.incident->app;
  } else if (std::ranges::any_of(found.members, seen)) {
    place.incident = found.incident;
    place.context.implied_incident = found.incident->id;
  }
}

void take_change(const Services& services, const Call& call, const Found& found, ChannelPlace& place) {
  auto& context = place.context;
  if (found.change && may_know_of(services, call, found.change->app)) {
    place.change = found.change;
    if (services.fleet.app(found.change->app) != nullptr) {
      context.implied_app = found.change->app;
      context.implied_incident = 0;
    }
    context.implied_change = found.change->id;
  }
  for (const auto& change : found.open) {
    if (!may_know_of(services, call, change.app)) continue;
    context.open_changes.push_back(change_name(change.id));
    if (context.implied_change == 0 && !context.implied_app.empty() && change.app == context.implied_app) context.implied_change = change.id;
  }
}

Answer act_on_change(const Call& call, const Change& change) {
  using Style = view::Button::Style;
  const auto name = change_name(change.id);
  view::Blocks blocks;
  const auto words = fmt::format("*{}* {}: {}, {}", name, slack::escape(change.app), view::intent_words(change), to_string(change.state));
  blocks.section(words);
  std::vector<view::Button> buttons;
  const bool waits = change.state == ChangeState::Proposed;
  if (waits) buttons.push_back({"Approve", fmt::format("approve {} {}", name, view::short_sha(change.content.head_sha)), Style::Primary, ""});
  if (waits) buttons.push_back({"Reject", "reject " + name, Style::Danger, ""});
  if ((waits || change.state == ChangeState::Requested || change.state == ChangeState::Approved) && call.caller.person == change.requester) {
    buttons.push_back({"Cancel", "cancel " + name, Style::Plain, fmt::format("{} is withdrawn, and its pull request closed.", name)});
  }
  buttons.push_back({"Status", "status " + change.app, Style::Plain, ""});
  buttons.push_back({"History", "history " + change.app, Style::Plain, ""});
  blocks.actions(buttons);
  return say(view::message_of(blocks, words));
}

Answer act_on_group(const Incident& incident) {
  using Style = view::Button::Style;
  const auto all = fmt::format("incident {}", incident.id);
  view::Blocks blocks;
  const auto words = fmt::format("This message stands for several Apps: what you choose is done to all of them that are still open.");
  blocks.section(words);
  std::vector<view::Button> buttons{{"Show all", "diff " + all, Style::Plain, ""}};
  if (incident.grouping == Grouping::RootCause) buttons.push_back({"Sync all", "sync " + all, Style::Primary, "Asks for a Change for each of these Apps. Somebody else approves them."});
  buttons.push_back({"Ack", "ack " + all, Style::Plain, ""});
  buttons.push_back({"Snooze 2h", fmt::format("snooze {} 2h", all), Style::Plain, ""});
  blocks.actions(buttons);
  return say(view::message_of(blocks, words));
}

Answer act_on_incident(const Incident& incident, const App& app) {
  view::Blocks blocks;
  const bool over = incident.state == IncidentState::Resolved;
  const auto words = over ? fmt::format(":white_check_mark: *{}*: that is over ({}).", slack::escape(app.name), slack::escape(ellipsize(incident.resolved_by, 200))) : view::title_of(incident.report, app);
  blocks.section(words);
  auto buttons = view::alert_buttons(incident, app);
  buttons.push_back({"Status", "status " + app.name, view::Button::Style::Plain, ""});
  buttons.push_back({"Why", "why " + app.name, view::Button::Style::Plain, ""});
  blocks.actions(buttons);
  return say(view::message_of(blocks, words));
}

/// Answers that name Apps without being asked of one.
bool names_many(Verb verb) {
  switch (verb) {
    case Verb::Status:
    case Verb::Apps:
    case Verb::Pending:
    case Verb::Audit:
    case Verb::Ignores:
    case Verb::Stats:
    case Verb::Cost:
    case Verb::Silence:
    case Verb::Silences:
    case Verb::Unsilence:
    case Verb::Ask:
    case Verb::Waivers:
    case Verb::Digest: return true;
    default: return false;
  }
}

/// One that isn't configured (any more) is taken for whatever its name may stand for.
bool may_speak_of_name(const Services& services, const std::string& name, const std::string& channel) {
  const auto& config = services.config;
  if (const auto* known = services.fleet.app(name)) return may_speak_of(config, *known, channel);
  App gone;
  gone.name = name;
  const auto spoken_of_in = [&](const std::string& environment) {
    gone.environment = environment;
    return may_speak_of(config, gone, channel);
  };
  return spoken_of_in("") && std::ranges::all_of(config.clusters, [&](const ClusterConfig& cluster) { return spoken_of_in(cluster.environment); });
}

/// A list is read by all: what some of them may not see is no news for them, unless this is the team's own channel.
bool may_be_listed_in(const Config& config, const App& app, const std::string& channel) {
  if (!may_speak_of(config, app, channel)) return false;
  const auto is_own = [&](const std::string& named) { return named == channel || (named.starts_with('#') && named.substr(1) == channel); };
  const bool hidden = !private_words(config, app).empty();
  return !hidden || std::ranges::any_of(config.teams, [&](const Team& team) { return has_app(team, app) && std::ranges::any_of(team.channels, is_own); });
}

/// The Apps that the command's own words name, and that are there for the caller.
std::vector<std::string> apps_named(const Services& services, const Call& call) {
  const auto& command = call.command;
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && services.fleet.app(name) != nullptr && may_know_of(services, call, name)) names.push_back(name);
  };
  AlertMatch one_app;
  one_app.app = command.match.app;
  add(command.app);
  add(command.scope);
  if (command.match == one_app) add(command.match.app);
  add(command.from);
  add(command.to);
  return names;
}

Result<std::vector<std::string>> meant_in(storage::Transaction& tx, std::int64_t incident, const std::vector<std::int64_t>& changes) {
  std::vector<std::string> names;
  if (incident != 0) {
    TRY(const auto named, tx.find_incident(incident));
    if (named) {
      names.push_back(named->app);
      TRY(const auto members, tx.incidents_of_group(shown_by(*named)));
      for (const auto& member : members) names.push_back(member.app);
    }
  }
  for (const auto id : changes) {
    TRY(const auto change, tx.find_change(id));
    if (change) names.push_back(change->app);
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::unique(names);
  names.erase(twice.begin(), twice.end());
  return names;
}

}  // namespace

asio::awaitable<Result<ChannelPlace>> look_around(Services& services, Call call) {
  const auto& request = call.request;
  const MessageRef thread{request.channel, request.thread_ts};
  std::vector<MessageRef> messages;
  // What was said is no alert; what was pressed, or pointed at, may be one.
  if (request.message && (request.kind == Request::Kind::Button || request.kind == Request::Kind::Shortcut)) messages.push_back(*request.message);
  messages.push_back(thread);
  std::function<Result<Found>(storage::Transaction&)> work = [messages](storage::Transaction& tx) { return find_at(tx, messages); };
  auto working = services.store.query<Found>(std::move(work));
  auto found = co_await std::move(working);
  if (!found) co_return found.error();
  ChannelPlace place;
  const auto apps = visible_apps(services, call);
  for (const auto& app : apps) place.context.apps.push_back(app.name);
  place.context.filters = filters_of(services.config, apps);
  place.context.aliases = services.config.chat.aliases;
  take_incident(services, call, *found, place);
  take_change(services, call, *found, place);
  co_return place;
}

Answer act_on(const Services& services, const Call& call, const ChannelPlace& place) {
  auto answer = say(":information_source: That message is no alert and no card of mine: there is nothing to act on.");
  if (place.change) {
    answer = act_on_change(call, *place.change);
  } else if (place.incident && place.incident->grouping != Grouping::Alone) {
    answer = act_on_group(*place.incident);
  } else if (place.incident) {
    answer = act_on_incident(*place.incident, *services.fleet.app(place.incident->app));
  }
  answer.keep_private = true;
  return answer;
}

asio::awaitable<std::string> channel_named(Services& services, ChannelNames& names, std::string id) {
  if (id.empty() || id.starts_with('D') || services.api == nullptr) co_return id;
  std::set<std::string> wanted;
  for (const auto& team : services.config.teams) {
    for (const auto& channel : team.channels) {
      if (channel.starts_with('#')) wanted.insert(channel);
    }
  }
  std::erase_if(names.by_name, [&](const auto& entry) { return !wanted.contains(entry.first); });
  for (const auto& name : wanted) {
    const auto known = names.by_name.find(name);
    const bool fresh = known != names.by_name.end() && services.clock.mono_now() - known->second.asked_at < kChannelNamesLast;
    if (!fresh) {
      auto asked = co_await services.api->channel_id(name);
      // What failed for now is asked again; meanwhile what was known before counts.
      const bool told = asked || (!is_transient(asked.error()) && asked.error().kind != ErrorKind::Cancelled);
      if (told) names.by_name[name] = {asked ? *asked : std::string(), services.clock.mono_now()};
    }
    const auto now_known = names.by_name.find(name);
    if (now_known != names.by_name.end() && now_known->second.id == id) co_return name;
  }
  co_return id;
}

asio::awaitable<Result<std::vector<std::string>>> apps_meant(Services& services, Call call) {
  auto changes = call.command.changes;
  if (call.command.change != 0) changes.push_back(call.command.change);
  if (changes.size() > kMostChangesAtOnce + 1) changes.resize(kMostChangesAtOnce + 1);  // more are refused
  if (call.command.incident == 0 && changes.empty()) co_return std::vector<std::string>{};
  std::function<Result<std::vector<std::string>>(storage::Transaction&)> work = [incident = call.command.incident, changes](storage::Transaction& tx) { return meant_in(tx, incident, changes); };
  auto working = services.store.query<std::vector<std::string>>(std::move(work));
  auto names = co_await std::move(working);
  if (!names) co_return names.error();
  // What isn't there for the caller isn't named to them, either.
  std::erase_if(*names, [&](const std::string& name) { return !may_know_of(services, call, name); });
  co_return names;
}

bool may_be_read_in(const Services& services, const Call& call, const std::string& channel, const std::vector<std::string>& meant) {
  if (channel.empty() || channel.starts_with('D')) return true;
  const auto& config = services.config;
  const auto named = apps_named(services, call);
  const auto spoken_of = [&](const std::string& name) { return may_speak_of_name(services, name, channel); };
  if (!std::ranges::all_of(named, spoken_of) || !std::ranges::all_of(meant, spoken_of)) return false;
  const auto listed = [&](const App& app) { return may_be_listed_in(config, app, channel); };
  if (meant.size() > 1) {
    return std::ranges::all_of(meant, [&](const std::string& name) {
      const auto* app = services.fleet.app(name);
      return app == nullptr || listed(*app);
    });
  }
  if (!named.empty() || !names_many(call.command.verb)) return true;
  return std::ranges::all_of(visible_apps(services, call), listed);
}

}  // namespace driftwarden
