#include "bot/conversation/answer_row.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/conversation/logs_read.hpp"
#include "bot/inspect/in_time.hpp"
#include "bot/view/inspect_view.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

struct Past {
  std::optional<Incident> incident;
  std::optional<Change> change;
};

Result<Past> past_of(storage::Transaction& tx, const std::string& app) {
  Past past;
  TRY(past.incident, open_incident_of(tx, app));
  storage::ChangeQuery query;
  query.app = app;
  query.limit = 1;
  TRY(auto changes, tx.changes(query));
  if (!changes.empty()) past.change = std::move(changes.front());
  return past;
}

struct Health {
  view::WhyFacts facts;
  std::vector<std::string> logs_read;
};

asio::awaitable<Health> look_at_health(Services& services, App app, bool with_last_words) {
  Health seen;
  auto& facts = seen.facts;
  auto looking = explain_health(services.fleet, app, services.clock.wall_now(), with_last_words);
  auto timed = in_time(services.clock, app.cluster, std::move(looking));
  auto health = co_await std::move(timed);
  if (!health) {
    facts.unknown = health.error().message;
    co_return seen;
  }
  facts.health = std::move(health->lines);
  seen.logs_read = std::move(health->logs_read);
  const auto desired = services.fleet.desired(app.name);
  facts.has_pods = desired && std::ranges::any_of(*desired, [](const Manifest& one) { return has_pods(one.ref.group_kind()); });
  co_return seen;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_why(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto rows = co_await history_rows(services, app, 1);
  std::function<Result<Past>(storage::Transaction&)> work = [name = app.name](storage::Transaction& tx) { return past_of(tx, name); };
  auto working = services.store.query<Past>(std::move(work));
  auto found = co_await std::move(working);
  const auto past = found ? std::move(*found) : Past{};
  std::optional<view::HistoryRow> last;
  if (rows && !rows->empty()) last = rows->front();
  const auto report = services.fleet.report(app.name);
  auto message = view::why_message(app, report, past.incident, last, services.clock.wall_now());
  if (!is_rendered(app)) co_return say(std::move(message));
  const bool may_read_logs = may(services.config, caller_id(call), to_string(Verb::Logs), app).allowed;
  auto looking = look_at_health(services, app, may_read_logs);
  auto seen = co_await std::move(looking);
  seen.facts.last_change = past.change;
  auto answer = say(view::with_health(std::move(message), app, report, seen.facts));
  if (seen.logs_read.empty()) co_return answer;
  auto entry = logs_read_entry(call, seen.logs_read, "why");
  co_return with_row(std::move(answer), std::move(entry));
}

}  // namespace driftwarden
