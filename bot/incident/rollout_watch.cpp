#include "bot/incident/rollout_watch.hpp"

#include "bot/routing/routing.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr Duration kLookEvery{5'000};
constexpr std::size_t kLookedAtOnce = 20;  // an App's health is read from its packed objects
constexpr Duration kWatched = 30min;
constexpr Duration kDegradedFor = 30s;
constexpr Duration kUnhealthyFor = 5min;

struct Commits {
  CommitInfo last;
  std::optional<CommitInfo> before;
};

storage::OutboxRow offer_row(const App& app, const std::string& channel, const slack::Message& message, const std::string& sha, WallTime now) {
  storage::OutboxRow row;
  row.key = fmt::format("rollout:{}:{}", app.name, sha);
  row.kind = "slack.notice";
  row.lane = row.key;
  row.payload = json{{"channel", channel}, {"text", message.text}, {"blocks", *message.blocks}}.dump(-1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = now;
  return row;
}

slack::Message offer(const App& app, const Commits& commits, const kubernetes::HealthReport& health, WallTime now) {
  const auto& last = commits.last;
  const auto words = fmt::format(":broken_heart: *{}* on *{}* is {} since `{}` by {} ({} ago): {}\n> {}", slack::escape(app.name), slack::escape(app.cluster),
                                 to_string(health.health), view::short_sha(last.sha), slack::escape(last.author.name),
                                 format_age(std::chrono::duration_cast<Duration>(now - last.time)), slack::escape(health.why), slack::escape(ellipsize(last.summary, 120)));
  view::Blocks blocks;
  blocks.section(words);
  std::vector<view::Button> buttons;
  if (commits.before) {
    const auto to = view::short_sha(commits.before->sha);
    buttons.push_back({"Roll back to " + to, fmt::format("rollback {} to {}", app.name, to), view::Button::Style::Danger,
                       fmt::format("A pull request is opened that restores {} to {}; somebody else approves it.", app.name, to)});
  }
  buttons.push_back({"History", "history " + app.name, view::Button::Style::Plain, ""});
  blocks.actions(buttons);
  auto fallback = words;
  if (commits.before) fallback += fmt::format("\n`rollback {} to {}`", app.name, view::short_sha(commits.before->sha));
  return view::message_of(blocks, std::move(fallback));
}

}  // namespace

RolloutVerdict look_at_rollout(Rollout& rollout, kubernetes::Health health, WallTime now) {
  if (!rollout.was_healthy_before) return RolloutVerdict::Over;
  const auto keep = [now](std::optional<WallTime>& since, bool still) {
    if (!still) since.reset();
    if (still && !since) since = now;
  };
  keep(rollout.unhealthy_since, health == kubernetes::Health::Degraded || health == kubernetes::Health::Progressing);
  keep(rollout.degraded_since, health == kubernetes::Health::Degraded);
  const bool degraded = rollout.degraded_since && now - *rollout.degraded_since >= kDegradedFor;
  const bool stuck = rollout.unhealthy_since && now - *rollout.unhealthy_since >= kUnhealthyFor;
  if (degraded || stuck) return RolloutVerdict::Tell;
  return now - rollout.since >= kWatched ? RolloutVerdict::Over : RolloutVerdict::Watching;
}

RolloutWatch::RolloutWatch(asio::any_io_executor executor, Clock& clock, const Config& config, AsyncStore& store, Outbox& outbox, Fleet& fleet)
    : clock_(clock), config_(config), store_(store), outbox_(outbox), fleet_(fleet), tasks_(executor) {}

void RolloutWatch::start() { tasks_.spawn("rollouts", run()); }

asio::awaitable<void> RolloutWatch::stop() { co_await tasks_.join(); }

void RolloutWatch::on_synced(const std::string& app) {
  const auto tree = fleet_.desired_tree(app);
  auto& known = trees_[app];
  const bool first = known.empty();
  if (tree.empty() || tree == known) return;
  known = tree;
  if (first) return;  // how it was before the start isn't known
  Rollout rollout;
  rollout.since = clock_.wall_now();
  rollout.was_healthy_before = healthy_[app];
  rollouts_.insert_or_assign(app, rollout);
}

asio::awaitable<void> RolloutWatch::run() {
  while (true) {
    co_await look_around();
    std::vector<std::string> names;
    for (const auto& [app, rollout] : rollouts_) names.push_back(app);
    for (const auto& app : names) co_await look(app);
    auto slept = co_await clock_.sleep_for(kLookEvery);
    if (!slept) co_return;
  }
}

/// Some Apps at a time. While an App's rollout is watched, what was before it is what counts.
asio::awaitable<void> RolloutWatch::look_around() {
  auto apps = fleet_.apps();
  std::erase_if(apps, [](const App& app) { return !is_rendered(app); });
  std::ranges::sort(apps, {}, &App::name);
  auto next = std::ranges::upper_bound(apps, looked_at_, {}, &App::name);
  for (std::size_t i = 0; i < std::min(kLookedAtOnce, apps.size()); ++i) {
    if (next == apps.end()) next = apps.begin();
    const App app = *next++;
    const auto health = fleet_.health(app.name);
    if (!rollouts_.contains(app.name)) healthy_[app.name] = health.health == kubernetes::Health::Healthy;
    looked_at_ = app.name;
    co_await record(app, health);
  }
}

/// How it did, for whoever chooses a revision to go back to.
asio::awaitable<void> RolloutWatch::record(App app, kubernetes::HealthReport health) {
  const auto tree = fleet_.desired_tree(app.name);
  const bool in_force = !tree.empty() && fleet_.report(app.name).state == AppState::Synced;
  const auto state = tree + " " + std::string(to_string(health.health));
  if (!in_force || health.health == kubernetes::Health::Unknown || recorded_[app.name] == state) co_return;
  const auto now = clock_.wall_now();
  const storage::RolloutRow row{app.name, tree, now, now, std::string(to_string(health.health)), health.why};
  std::function<Result<void>(storage::Transaction&)> keep = [row](storage::Transaction& tx) { return tx.save_rollout(row); };
  auto keeping = store_.transact(std::move(keep));
  const auto kept = co_await std::move(keeping);
  if (kept) {
    recorded_[app.name] = state;
  } else {
    log_warn("rollout", kept.error().message);
  }
}

asio::awaitable<void> RolloutWatch::look(std::string app) {
  const auto found = rollouts_.find(app);
  const auto* known = fleet_.app(app);
  if (found == rollouts_.end()) co_return;
  if (known == nullptr) {
    rollouts_.erase(found);
    co_return;
  }
  // A copy, and the verdict before anything is awaited: the App may go, and its next rollout may begin meanwhile.
  const App told = *known;
  const auto health = fleet_.health(app);
  const auto verdict = look_at_rollout(found->second, health.health, clock_.wall_now());
  if (verdict != RolloutVerdict::Watching) rollouts_.erase(found);
  co_await record(told, health);
  if (verdict != RolloutVerdict::Tell) co_return;
  if (co_await is_being_verified(app)) co_return;
  co_await tell(told, health);
}

/// A Change of ours is being followed: its own card says how it ends, and offers the way back.
asio::awaitable<bool> RolloutWatch::is_being_verified(std::string app) {
  std::function<Result<std::vector<Change>>(storage::Transaction&)> work = [app](storage::Transaction& tx) { return tx.changes({app, true, 10}); };
  auto working = store_.query<std::vector<Change>>(std::move(work));
  const auto open = co_await std::move(working);
  co_return open && std::ranges::any_of(*open, [](const Change& change) { return change.state == ChangeState::Verifying || change.state == ChangeState::Merged; });
}

asio::awaitable<void> RolloutWatch::tell(App app, kubernetes::HealthReport health) {
  std::function<Result<Commits>(Mirror&)> look = [app](Mirror& mirror) -> Result<Commits> {
    TRY(const auto head, mirror.head());
    TRY(auto history, mirror.history(head, app.path, 2));
    if (history.empty()) return Error{ErrorKind::NotFound, "no commit touches " + app.path};
    Commits commits{history.front(), {}};
    if (history.size() > 1) commits.before = history[1];
    return commits;
  };
  auto looking = fleet_.repository(app.repository).with_mirror<Commits>(std::move(look));
  const auto commits = co_await std::move(looking);
  if (!commits) {
    log_warn("rollout", commits.error().message);
    co_return;
  }
  const auto now = clock_.wall_now();
  const AlertFacts facts{&app, Cause::Stuck, severity_of(config_, app, Cause::Stuck), {}};
  const auto row = offer_row(app, route(config_, facts).channel, offer(app, *commits, health, now), commits->last.sha, now);
  std::function<Result<void>(storage::Transaction&)> keep = [row](storage::Transaction& tx) -> Result<void> {
    auto queued = tx.enqueue(row);
    if (!queued) return queued.error();
    return Result<void>{};
  };
  auto keeping = store_.transact(std::move(keep));
  const auto kept = co_await std::move(keeping);
  if (!kept) log_error("rollout", kept.error().message);
  outbox_.wake();
}

}  // namespace driftwarden
