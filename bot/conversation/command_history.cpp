#include "bot/conversation/handlers.hpp"
#include "bot/watch/git_inputs.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kRowsPerPage = 15;
constexpr int kMostPages = 50;
constexpr std::size_t kIncidentsShown = 5;
constexpr std::size_t kTagsShown = 3;

struct Past {
  CommitInfo commit;
  std::string sources;  ///< id of what it was rendered from, "" when that can't be told
  std::vector<std::string> tags;
};

/// What a line says of an image's tag: "image: web:1.4", "newTag: 1.4", "tag: 1.4"; "" for any other line.
std::string tag_in(std::string_view line) {
  auto text = trim(line);
  if (text.starts_with("- ")) text = trim(text.substr(2));
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) return {};
  const auto key = text.substr(0, colon);
  auto value = std::string(trim(text.substr(colon + 2)));
  if (const auto comment = value.find(" #"); comment != std::string::npos) value.resize(comment);
  std::erase_if(value, [](char c) { return c == '"' || c == '\'' || c == ' '; });
  if (key == "newTag" || key == "tag") return value;
  if (key != "image") return {};
  if (const auto digest = value.find('@'); digest != std::string::npos) value.resize(digest);
  const auto at = value.rfind(':');
  return at == std::string::npos || value.find('/', at) != std::string::npos ? std::string() : value.substr(at + 1);
}

std::vector<std::string> tags_of(const std::vector<TreeEntry>& files) {
  std::vector<std::string> tags;
  for (const auto& file : files) {
    for (const auto& line : split(file.content, '\n')) {
      auto tag = tag_in(line);
      if (!tag.empty() && tags.size() < kTagsShown && std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
    }
  }
  return tags;
}

Result<std::vector<Past>> past_of(Mirror& mirror, const App& app, std::size_t limit) {
  TRY(const auto head, mirror.head());
  TRY(const auto commits, mirror.history(head, app.path, limit));
  std::vector<Past> all;
  for (const auto& commit : commits) {
    Past past;
    past.commit = commit;
    if (auto id = sources_id(mirror, app, commit.sha)) past.sources = std::move(*id);
    if (const auto files = mirror.read_tree(commit.sha, app.path)) past.tags = tags_of(*files);
    all.push_back(std::move(past));
  }
  return all;
}

/// "healthy", "degraded: 0 of 2 replicas available"
std::string health_words(const std::vector<storage::RolloutRow>& rollouts, const std::string& sources) {
  const auto found = std::ranges::find(rollouts, sources, &storage::RolloutRow::tree);
  if (found == rollouts.end() || sources.empty()) return {};
  return to_lower(found->health) + (found->why.empty() ? "" : ": " + found->why);
}

asio::awaitable<std::vector<storage::RolloutRow>> rollouts_of(Services& services, std::string app) {
  std::function<Result<std::vector<storage::RolloutRow>>(storage::Transaction&)> work = [app](storage::Transaction& tx) { return tx.rollouts_of(app); };
  auto working = services.store.query<std::vector<storage::RolloutRow>>(std::move(work));
  auto found = co_await std::move(working);
  if (!found) co_return std::vector<storage::RolloutRow>{};
  co_return std::move(*found);
}

/// Leaves what is on this page; true when there is more behind it.
template <class Row>
bool keep_page(std::vector<Row>& rows, std::size_t per_page, int page) {
  const auto first = std::min(rows.size(), per_page * static_cast<std::size_t>(page - 1));
  const bool more = rows.size() > first + per_page;
  if (more) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(first + per_page), rows.end());
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first));
  return more;
}

}  // namespace

asio::awaitable<Result<std::vector<view::HistoryRow>>> history_rows(Services& services, App app, std::size_t limit) {
  if (app.orphans) co_return std::vector<view::HistoryRow>{};
  std::function<Result<std::vector<Past>>(Mirror&)> work = [app, limit](Mirror& mirror) { return past_of(mirror, app, limit); };
  auto working = services.fleet.repository(app.repository).with_mirror<std::vector<Past>>(std::move(work));
  const auto past = co_await std::move(working);
  if (!past) co_return past.error();
  const auto rollouts = co_await rollouts_of(services, app.name);
  const auto desired = services.fleet.desired_tree(app.name);
  std::vector<view::HistoryRow> rows;
  bool marked = false;
  for (const auto& [commit, sources, tags] : *past) {
    const bool same = !desired.empty() && sources == desired;
    rows.push_back({commit.sha, commit.author.name, commit.time, commit.summary, same && !marked, same, tags, health_words(rollouts, sources)});
    marked = marked || same;
  }
  co_return rows;
}

asio::awaitable<std::optional<WallTime>> healthy_since(Services& services, App app) {
  const auto rollouts = co_await rollouts_of(services, app.name);
  const auto found = std::ranges::find(rollouts, services.fleet.desired_tree(app.name), &storage::RolloutRow::tree);
  if (found == rollouts.end() || found->health != kubernetes::to_string(kubernetes::Health::Healthy)) co_return std::nullopt;
  co_return found->last_at;
}

asio::awaitable<Result<Answer>> handle_history(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  const auto page = std::min(call.command.page, kMostPages);
  auto rows = co_await history_rows(services, app, kRowsPerPage * static_cast<std::size_t>(page) + 1);
  if (!rows) co_return rows.error();
  const bool more = keep_page(*rows, kRowsPerPage, page) && page < kMostPages;
  std::function<Result<std::vector<Incident>>(storage::Transaction&)> work = [name = app.name](storage::Transaction& tx) { return tx.incidents_of(name, kIncidentsShown); };
  auto working = services.store.query<std::vector<Incident>>(std::move(work));
  const auto incidents = co_await std::move(working);
  if (!incidents) co_return incidents.error();
  co_return say(view::history_message(app, *rows, *incidents, services.clock.wall_now(), page, more));
}

}  // namespace driftwarden
