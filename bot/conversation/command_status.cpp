// status and apps: all that the caller may see, narrowed to what they ask for.
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/home/status_row.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

struct Stored {
  std::vector<Incident> incidents;
  std::vector<Change> changes;
  std::vector<Hold> holds;
};

asio::awaitable<Result<Stored>> load_open(Services& services) {
  std::function<Result<Stored>(storage::Transaction&)> work = [](storage::Transaction& tx) -> Result<Stored> {
    Stored stored;
    TRY(stored.incidents, tx.open_incidents());
    TRY(stored.changes, tx.changes({"", true, 1000}));
    TRY(stored.holds, tx.open_holds());
    return stored;
  };
  auto working = services.store.query<Stored>(std::move(work));
  co_return co_await std::move(working);
}

view::StatusRow row_of(Services& services, const App& app, const Stored& stored) {
  auto row = status_row(services.fleet, app);
  if (const auto found = std::ranges::find(stored.incidents, app.name, &Incident::app); found != stored.incidents.end()) row.incident = *found;
  if (const auto found = std::ranges::find(stored.changes, app.name, &Change::app); found != stored.changes.end()) row.open_change = *found;
  return row;
}

/// Since when, and by whom, whoever deploys it is held back.
std::vector<std::string> pause_lines(const Services& services, const App& app, WallTime now) {
  std::vector<std::string> lines;
  if (!services.hands.pauses) return lines;
  for (const auto& pause : services.hands.pauses()) {
    if (pause.app != app.name) continue;
    auto line = ":zzz: " + slack::escape(pause.what);
    if (pause.since) line += fmt::format(" for {}", format_age(std::chrono::duration_cast<Duration>(now - *pause.since)));
    if (!pause.who.empty()) line += " by " + slack::escape(pause.who);
    lines.push_back(std::move(line));
  }
  return lines;
}

bool is_owner(const Config& config, const PersonId& who, const App& app) {
  return std::ranges::any_of(app.owners, [&](const std::string& owner) {
    if (owner == who) return true;
    const auto members = members_of(config, owner, &app);
    return std::ranges::find(members, who) != members.end();
  });
}

bool is_in_team(const Config& config, const std::string& name, const App& app) {
  const auto is = [&](std::string_view team) { return to_lower(team) == name || to_lower(team) == name + "-team"; };
  if (std::ranges::any_of(app.owners, is)) return true;
  return std::ranges::any_of(config.teams, [&](const Team& team) { return is(team.name) && has_app(team, app); });
}

/// A state, "mine", or a name: of an environment, cluster, namespace, team, or a pattern of Apps' names.
bool matches(const Services& services, const Call& call, const view::StatusRow& row) {
  const auto filter = to_lower(call.command.filter);
  if (filter.empty()) return true;
  if (filter == "drifted" || filter == "outofsync") return row.report.state == AppState::OutOfSync;
  if (filter == "degraded" || filter == "unhealthy") return row.health.starts_with("degraded") || (filter == "unhealthy" && row.health != "healthy" && !row.health.empty());
  if (filter == "unknown") return row.report.state == AppState::Unknown;
  if (filter == "synced") return row.report.state == AppState::Synced;
  if (filter == "mine") return is_owner(services.config, caller_id(call), row.app);
  const auto is = [&](const std::string& name) { return to_lower(name) == filter || (filter.find('*') != std::string::npos && glob_match(filter, to_lower(name))); };
  return is(row.app.environment) || is(row.app.cluster) || is(row.app.namespace_) || is(row.app.name) || is_in_team(services.config, filter, row.app);
}

std::string known_filters(const std::vector<view::StatusRow>& rows) {
  std::vector<std::string> names{"`drifted`", "`degraded`", "`unknown`", "`mine`"};
  for (const auto part : {&App::environment, &App::cluster}) {
    for (const auto& row : rows) {
      const auto word = view::code_span(row.app.*part);
      if (names.size() < 20 && !(row.app.*part).empty() && std::ranges::find(names, word) == names.end()) names.push_back(word);
    }
  }
  return join(names, ", ");
}

}  // namespace

asio::awaitable<Result<Answer>> handle_status(Services& services, Call call) {
  auto stored = co_await load_open(services);
  if (!stored) co_return stored.error();
  const auto now = services.clock.wall_now();
  std::erase_if(stored->holds, [&](const Hold& hold) { return hold.scope.kind == HoldScope::Kind::App && !may_know_of(services, call, hold.scope.name); });
  if (!call.command.app.empty()) {
    const auto* app = services.fleet.app(call.command.app);
    if (app == nullptr) co_return Error{ErrorKind::NotFound, fmt::format("There is no App {} any more", call.command.app)};
    auto lines = pause_lines(services, *app, now);
    for (auto& line : hold_lines(stored->holds, app, now)) lines.push_back(std::move(line));
    co_return say(with_lines(view::app_status_message(row_of(services, *app, *stored), now), lines));
  }
  std::vector<view::StatusRow> rows;
  for (const auto& app : visible_apps(services, call)) rows.push_back(row_of(services, app, *stored));
  const auto all = rows.size();
  std::vector<view::StatusRow> chosen;
  std::ranges::copy_if(rows, std::back_inserter(chosen), [&](const view::StatusRow& row) { return matches(services, call, row); });
  if (chosen.empty() && all > 0) {
    co_return say(fmt::format("None of the {} Apps that you see is {}. Narrow by {}, a namespace, a team, or a pattern as in `status shop-*`.", all,
                              view::code_span(ellipsize(call.command.filter, 100)), known_filters(rows)));
  }
  view::StatusQuery query;
  query.filter = call.command.filter;
  query.page = call.command.page;
  query.unfold = to_lower(query.filter) == "synced";
  co_return say(with_lines(view::status_message(std::move(chosen), now, query), hold_lines(stored->holds, nullptr, now)));
}

asio::awaitable<Result<Answer>> handle_apps(Services& services, Call call) { co_return say(view::apps_message(visible_apps(services, call), call.command.page)); }

}  // namespace driftwarden
