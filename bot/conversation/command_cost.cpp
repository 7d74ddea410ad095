// cost: of an App, a team, an environment, a cluster, or all that the caller sees.
#include "bot/audit/formats.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/cost/cost.hpp"
#include "bot/incident/drift_cost.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/cost_view.hpp"
#include "gitops/base/text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kAppsAtOnce = 20;
constexpr std::size_t kKnownNamed = 12;

std::string why_no_price(const Config& config, const App& app) {
  if (app.orphans) return "no Git knows of it";
  if (!is_rendered(app)) return fmt::format("{} plans it; what a plan costs is told when one is to be applied", to_string(app.plan.tool));
  if (prices_of(config, app.cluster) == nullptr) return fmt::format("nobody gave prices for {}", app.cluster);
  return {};
}

view::CostRow row_of(const Config& config, const Fleet& fleet, const App& app) {
  view::CostRow row;
  row.app = app;
  row.why_not = why_no_price(config, app);
  if (!row.why_not.empty()) return row;
  const auto desired = fleet.desired(app.name);
  if (!desired) {
    row.why_not = "not rendered yet";
    return row;
  }
  auto costed = cost_of(*desired, *prices_of(config, app.cluster), config.cost.currency);
  row.cost = std::move(costed.cost);
  row.lines = std::move(costed.lines);
  return row;
}

bool is_of_team(const Config& config, const std::string& name, const App& app) {
  const auto is = [&](std::string_view team) { return to_lower(team) == name; };
  if (std::ranges::any_of(app.owners, is)) return true;
  return std::ranges::any_of(config.teams, [&](const Team& team) { return is(team.name) && has_app(team, app); });
}

/// "team shop", "env production", "cluster prod-eu"; "" = all.
bool is_of(const Config& config, const std::string& wanted, const App& app) {
  if (wanted.empty()) return true;
  const auto blank = wanted.find(' ');
  const auto kind = wanted.substr(0, blank);
  const auto name = to_lower(blank == std::string::npos ? "" : wanted.substr(blank + 1));
  if (kind == "team") return is_of_team(config, name, app);
  return glob_match(name, to_lower(kind == "env" ? app.environment : app.cluster));
}

/// Those that the caller may ask the price of, and did.
std::vector<App> apps_meant(const Services& services, const Call& call) {
  auto apps = visible_apps(services, call);
  std::erase_if(apps, [&](const App& app) { return app.orphans || !is_of(services.config, call.command.cost_of, app) || !may(services.config, caller_id(call), "cost", app).allowed; });
  return apps;
}

std::string csv_of(const std::vector<view::CostRow>& rows, const std::string& currency) {
  auto text = fmt::format("app,cluster,environment,owners,{0} a month,{0} a month by drift,not counted,why without a price\n", currency);
  for (const auto& row : rows) {
    const bool priced = row.why_not.empty();
    text += fmt::format("{},{},{},{},{},{},{},{}\n", csv_cell(row.app.name), csv_cell(row.app.cluster), csv_cell(row.app.environment), csv_cell(join(row.app.owners, " ")),
                        priced ? money_decimal(row.cost.micros) : "", priced ? money_decimal(row.drift_micros) : "", csv_cell(join(row.cost.uncounted, "; ")), csv_cell(row.why_not));
  }
  return text;
}

/// The teams, environments or clusters of those Apps.
std::string known_words(const Services& services, const Call& call) {
  const auto kind = call.command.cost_of.substr(0, call.command.cost_of.find(' '));
  std::set<std::string> known;
  for (const auto& app : visible_apps(services, call)) {
    if (app.orphans) continue;
    if (kind != "team") known.insert(kind == "env" ? app.environment : app.cluster);
    if (kind != "team") continue;
    known.insert(app.owners.begin(), app.owners.end());
    for (const auto& team : services.config.teams) {
      if (has_app(team, app)) known.insert(team.name);
    }
  }
  known.erase("");
  if (known.empty()) return {};
  std::vector<std::string> shown(known.begin(), known.end());
  if (shown.size() > kKnownNamed) shown.resize(kKnownNamed);
  return fmt::format(" There {} {}{}.", known.size() == 1 ? "is" : "are", slack::escape(join(shown, ", ")), known.size() > kKnownNamed ? ", \u2026" : "");
}

Answer nothing_meant(const Services& services, const Call& call) {
  if (services.config.cost.prices.empty()) return say(":information_source: Nobody gave prices: `cost.prices` in the configuration says what a vCPU and a GiB cost on a cluster.");
  return say(fmt::format("None of the Apps that you see is of {}.{}", view::code_span(ellipsize(call.command.cost_of, 100)), known_words(services, call)));
}

}  // namespace

asio::awaitable<Result<Answer>> handle_cost(Services& services, Call call) {
  const auto currency = services.config.cost.currency;
  if (!call.command.app.empty()) {
    const auto* known = services.fleet.app(call.command.app);
    if (known == nullptr) co_return Error{ErrorKind::NotFound, fmt::format("There is no App {} any more", call.command.app)};
    const auto app = *known;
    if (auto refusal = check_policy(services, call, app)) co_return *refusal;
    const auto report = services.fleet.report(app.name);
    const auto row = row_of(services.config, services.fleet, app);
    const auto drift = drift_cost(services.config.cost, services.fleet, app, report);
    co_return say(view::app_cost_message(row, report, drift, currency));
  }
  const auto apps = apps_meant(services, call);
  if (apps.empty() || services.config.cost.prices.empty()) co_return nothing_meant(services, call);
  std::vector<view::CostRow> rows;
  for (std::size_t i = 0; i < apps.size(); ++i) {
    // A fleet takes a while, and others want to be answered, too.
    if (i % kAppsAtOnce == kAppsAtOnce - 1) co_await asio::post(asio::use_awaitable);
    auto row = row_of(services.config, services.fleet, apps[i]);
    if (row.why_not.empty() && services.fleet.app(apps[i].name) != nullptr) {
      const auto report = services.fleet.report(apps[i].name);
      if (const auto drift = drift_cost(services.config.cost, services.fleet, apps[i], report)) row.drift_micros = drift->rise_micros();
    }
    rows.push_back(std::move(row));
  }
  auto answer = say(view::costs_message(rows, call.command.cost_of, currency));
  if (rows.size() > view::kCostRowsShown) answer.reply.file = FileUpload{"cost.csv", csv_of(rows, currency)};
  co_return answer;
}

}  // namespace driftwarden
