#include "bot/home/home.hpp"

#include "bot/change/change_steps.hpp"
#include "bot/change/plan.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/policy/gate.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kCalm = std::chrono::seconds{3};
constexpr Duration kKeptFresh = std::chrono::hours{1};
constexpr std::size_t kMostPeople = 10'000;
constexpr std::size_t kMostChanges = 1000;

struct Stored {
  std::vector<Incident> incidents;
  std::vector<Change> changes;
  std::vector<Delegation> delegations;
};

Result<Stored> load(storage::Transaction& tx, WallTime now) {
  Stored stored;
  TRY(stored.incidents, tx.open_incidents());
  TRY(stored.changes, tx.changes({"", true, kMostChanges}));
  TRY(stored.delegations, tx.active_delegations(now));
  return stored;
}

/// Directly, by a group, or as one of the team.
bool owns(const Config& config, const PersonId& who, const App& app) {
  const auto owners = members_of(config, "owners", &app);
  if (std::ranges::find(owners, who) != owners.end()) return true;
  return std::ranges::any_of(config.teams, [&](const Team& team) { return has_app(team, app) && is_member(config, team, who); });
}

view::StatusRow row_of(Fleet& fleet, const App& app, const Stored& stored) {
  view::StatusRow row;
  row.app = app;
  row.report = fleet.report(app.name);
  const auto health = fleet.health(app.name);
  row.health = health.why.empty() ? std::string(kubernetes::to_string(health.health)) : fmt::format("{}: {}", kubernetes::to_string(health.health), health.why);
  if (const auto found = std::ranges::find(stored.incidents, app.name, &Incident::app); found != stored.incidents.end()) row.incident = *found;
  if (const auto found = std::ranges::find(stored.changes, app.name, &Change::app); found != stored.changes.end()) row.open_change = *found;
  return row;
}

bool is_fine(const view::StatusRow& row) { return row.report.state == AppState::Synced && (row.health.empty() || row.health == "healthy") && !row.incident; }

/// How bad it is, the worst first; of equals the oldest incident, then by name.
auto rank_of(const view::StatusRow& row) {
  const int state = row.report.state == AppState::OutOfSync ? 0 : row.report.state == AppState::Unknown ? 1 : 2;
  const int severity = row.incident ? -static_cast<int>(row.incident->severity) : 1;
  return std::tuple(is_fine(row), state, severity, row.incident ? row.incident->opened_at : WallTime::max(), row.app.name);
}

void worst_first(std::vector<view::StatusRow>& rows) {
  std::ranges::sort(rows, [](const view::StatusRow& a, const view::StatusRow& b) { return rank_of(a) < rank_of(b); });
}

std::optional<App> app_of(const Config& config, Fleet& fleet, const Change& change, const std::vector<App>& apps) {
  if (const auto* known = fleet.app(change.app)) return *known;
  if (change.verb != ChangeVerb::CreateApp) return std::nullopt;
  auto made = created_app(change, config, apps);
  if (!made) return std::nullopt;
  return std::move(*made);
}

void sort_changes(const Config& config, Fleet& fleet, const Stored& stored, const std::vector<App>& apps, WallTime now, view::HomeContent& content) {
  for (const auto& change : stored.changes) {
    const auto app = app_of(config, fleet, change, apps);
    if (!app || !is_visible(config, content.person, *app)) continue;
    if (is_same_person(config, content.person, change.requester)) {
      content.by_me.push_back(change);
      continue;
    }
    if (change.state != ChangeState::Proposed) continue;
    const auto counted = counted_approvers(change);
    const bool said_yes = std::ranges::find(counted, content.person) != counted.end();
    if (!said_yes && may_count(config, content.person, change, *app, stored.delegations, now).counts) content.for_me.push_back(change);
  }
}

view::HomeContent content_for(const Config& config, Fleet& fleet, const Stored& stored, const std::string& slack_id, WallTime now) {
  view::HomeContent content;
  content.slack_id = slack_id;
  const auto* person = person_by_slack(config, slack_id);
  if (person == nullptr) return content;
  content.person = person->name;
  const auto apps = fleet.apps();
  for (const auto& app : apps) {
    if (!is_visible(config, content.person, app)) continue;
    ++content.visible;
    auto row = row_of(fleet, app, stored);
    if (owns(config, content.person, app)) {
      content.mine.push_back(std::move(row));
    } else if (row.report.state == AppState::OutOfSync || row.incident) {
      content.others.push_back(std::move(row));
    }
  }
  worst_first(content.mine);
  worst_first(content.others);
  sort_changes(config, fleet, stored, apps, now, content);
  for (const auto* verb : {"create-app"}) {
    if (may(config, content.person, verb, App{}).allowed) content.verbs.emplace_back(verb);
  }
  return content;
}

}  // namespace

Home::Home(asio::any_io_executor executor, Clock& clock, const Config& config, AsyncStore& store, Fleet& fleet, slack::WebApi& api)
    : clock_(clock), config_(config), store_(store), fleet_(fleet), api_(api), wake_(executor), tasks_(executor) {}

void Home::start() { tasks_.spawn("app home", run()); }

asio::awaitable<void> Home::stop() { co_await tasks_.join(); }

void Home::on_opened(const std::string& slack_id) {
  if (opened_.size() >= kMostPeople && !opened_.contains(slack_id)) return;
  opened_[slack_id] = clock_.wall_now();
  // Slack may have lost it, and its moment should be now.
  published_.erase(slack_id);
  wanted_.insert(slack_id);
  wake_.notify();
}

void Home::on_moved() {
  if (opened_.empty() || moved_) return;
  moved_ = true;
  wake_.notify();
}

/// Who closed it long ago is forgotten.
void Home::forget_the_gone() {
  const auto now = clock_.wall_now();
  std::erase_if(opened_, [&](const auto& entry) { return now - entry.second > kKeptFresh; });
  std::erase_if(published_, [&](const auto& entry) { return !opened_.contains(entry.first); });
  std::erase_if(wanted_, [&](const std::string& who) { return !opened_.contains(who); });
  const auto mono = clock_.mono_now();
  std::erase_if(published_at_, [&](const auto& entry) { return mono - entry.second > kCalm; });
}

asio::awaitable<void> Home::run() {
  while (true) {
    forget_the_gone();
    if (moved_) {
      moved_ = false;
      for (const auto& [who, at] : opened_) wanted_.insert(who);
    }
    std::optional<MonoTime> next;
    const auto waiting = wanted_;
    for (const auto& who : waiting) {
      const auto last = published_at_.find(who);
      const auto due = last == published_at_.end() ? clock_.mono_now() : last->second + kCalm;
      if (due > clock_.mono_now()) {
        next = next ? std::min(*next, due) : due;
        continue;
      }
      wanted_.erase(who);
      published_at_[who] = clock_.mono_now();
      co_await publish(who);
    }
    if (next) {
      auto woken = co_await wake_.wait_until(clock_, *next);
      if (!woken) co_return;
    } else if (auto woken = co_await wake_.wait(); !woken) {
      co_return;
    }
  }
}

asio::awaitable<void> Home::publish(std::string slack_id) {
  const auto now = clock_.wall_now();
  std::function<Result<Stored>(storage::Transaction&)> work = [now](storage::Transaction& tx) { return load(tx, now); };
  auto working = store_.query<Stored>(std::move(work));
  const auto stored = co_await std::move(working);
  if (!stored) {
    log_warn("home", stored.error().message);
    co_return;
  }
  auto content = content_for(config_, fleet_, *stored, slack_id, now);
  content.workspace_url = workspace_url_;
  // The same but for its moment is the same.
  const auto digest = sha256_hex(view::home_view(content, WallTime{})->dump());
  if (const auto last = published_.find(slack_id); last != published_.end() && last->second == digest) co_return;
  auto publishing = api_.publish_home(slack_id, view::home_view(content, now));
  auto done = co_await std::move(publishing);
  if (!done && done.error().kind == ErrorKind::Cancelled) co_return;
  if (!done) {
    log_warn("home", fmt::format("the App Home of {} could not be shown: {}", slack_id, done.error().message));
    co_return;
  }
  published_[slack_id] = digest;
}

}  // namespace driftwarden
