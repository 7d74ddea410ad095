#include "bot/conversation/handlers.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kIncidentsShown = 5;

}  // namespace

asio::awaitable<Result<std::vector<view::HistoryRow>>> history_rows(Services& services, App app, std::size_t limit) {
  if (app.orphans) co_return std::vector<view::HistoryRow>{};
  std::function<Result<std::vector<CommitInfo>>(Mirror&)> work = [app, limit](Mirror& mirror) -> Result<std::vector<CommitInfo>> {
    TRY(const auto head, mirror.head());
    return mirror.history(head, app.path, limit);
  };
  auto working = services.fleet.repository(app.repository).with_mirror<std::vector<CommitInfo>>(std::move(work));
  auto commits = co_await std::move(working);
  if (!commits) co_return commits.error();
  const auto desired_tree = services.fleet.desired_tree(app.name);
  std::function<Result<std::vector<std::string>>(Mirror&)> trees = [app, found = *commits](Mirror& mirror) -> Result<std::vector<std::string>> {
    std::vector<std::string> ids;
    for (const auto& commit : found) {
      auto id = mirror.tree_id(commit.sha, app.path);
      ids.push_back(id ? *id : "");
    }
    return ids;
  };
  auto looking = services.fleet.repository(app.repository).with_mirror<std::vector<std::string>>(std::move(trees));
  const auto ids = co_await std::move(looking);
  if (!ids) co_return ids.error();
  std::vector<view::HistoryRow> rows;
  bool marked = false;
  for (std::size_t i = 0; i < commits->size(); ++i) {
    const auto& commit = (*commits)[i];
    const bool same = !desired_tree.empty() && (*ids)[i] == desired_tree;
    rows.push_back({commit.sha, commit.author.name, commit.time, commit.summary, same && !marked, same});
    marked = marked || same;
  }
  co_return rows;
}

asio::awaitable<Result<Answer>> handle_history(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  auto rows = co_await history_rows(services, app, 15);
  if (!rows) co_return rows.error();
  std::function<Result<std::vector<Incident>>(storage::Transaction&)> work = [name = app.name](storage::Transaction& tx) { return tx.incidents_of(name, kIncidentsShown); };
  auto working = services.store.query<std::vector<Incident>>(std::move(work));
  const auto incidents = co_await std::move(working);
  if (!incidents) co_return incidents.error();
  co_return say(view::history_message(app, *rows, *incidents, services.clock.wall_now()));
}

asio::awaitable<Result<Answer>> handle_why(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  auto rows = co_await history_rows(services, app, 1);
  std::function<Result<std::optional<Incident>>(storage::Transaction&)> work = [name = app.name](storage::Transaction& tx) { return open_incident_of(tx, name); };
  auto working = services.store.query<std::optional<Incident>>(std::move(work));
  const auto open = co_await std::move(working);
  std::optional<Incident> incident;
  if (open) incident = *open;
  std::optional<view::HistoryRow> last;
  if (rows && !rows->empty()) last = rows->front();
  co_return say(view::why_message(app, services.fleet.report(app.name), incident, last, services.clock.wall_now()));
}

asio::awaitable<Result<Answer>> handle_audit(Services& services, Call call) {
  storage::AuditQuery query;
  query.app = call.command.app;
  query.limit = 20;
  std::function<Result<std::vector<AuditRow>>(storage::Transaction&)> work = [query](storage::Transaction& tx) { return tx.audit(query); };
  auto working = services.store.query<std::vector<AuditRow>>(std::move(work));
  const auto rows = co_await std::move(working);
  if (!rows) co_return rows.error();
  co_return say(view::audit_message(*rows, call.command.app));
}

}  // namespace driftwarden
