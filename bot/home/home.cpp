#include "bot/home/home.hpp"
#include "bot/home/status_row.hpp"

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
#include <unordered_map>

namespace driftwarden {

struct HomeFacts {
  std::vector<Incident> incidents;
  std::vector<Change> changes;
  std::vector<Delegation> delegations;
  std::vector<App> apps;
  std::unordered_map<std::string, std::size_t> incident_of;  ///< the first one, by App
  std::unordered_map<std::string, std::size_t> change_of;
};

namespace {

constexpr Duration kCalm = std::chrono::seconds{3};
constexpr Duration kKeptFresh = std::chrono::hours{1};
constexpr std::size_t kMostPeople = 10'000;
constexpr std::size_t kMostChanges = 1000;
constexpr std::size_t kPeopleAtOnce = 25;  ///< with what was loaded once; Slack is slow, and what was loaded ages
constexpr Duration kLookAnyway = std::chrono::seconds{30};  ///< nobody tells how healthy an App is, and that a delegation is over
constexpr Duration kBetweenRounds{250};
constexpr Duration kGathered{250};  ///< what is done in one go moves several things
constexpr int kMostFailures = 5;

Result<HomeFacts> load(storage::Transaction& tx, WallTime now) {
  HomeFacts facts;
  TRY(facts.incidents, tx.open_incidents());
  TRY(facts.changes, tx.changes({"", true, kMostChanges}));
  TRY(facts.delegations, tx.active_delegations(now));
  for (std::size_t at = 0; at < facts.incidents.size(); ++at) facts.incident_of.emplace(facts.incidents[at].app, at);
  for (std::size_t at = 0; at < facts.changes.size(); ++at) facts.change_of.emplace(facts.changes[at].app, at);
  return facts;
}

/// Directly, by a group, or as one of the team.
bool owns(const Config& config, const PersonId& who, const App& app) {
  const auto owners = members_of(config, "owners", &app);
  if (std::ranges::find(owners, who) != owners.end()) return true;
  return std::ranges::any_of(config.teams, [&](const Team& team) { return has_app(team, app) && is_member(config, team, who); });
}

view::StatusRow row_of(Fleet& fleet, const App& app, const HomeFacts& facts) {
  auto row = status_row(fleet, app);
  if (const auto found = facts.incident_of.find(app.name); found != facts.incident_of.end()) row.incident = facts.incidents[found->second];
  if (const auto found = facts.change_of.find(app.name); found != facts.change_of.end()) row.open_change = facts.changes[found->second];
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

void sort_changes(const Config& config, Fleet& fleet, const HomeFacts& facts, WallTime now, view::HomeContent& content) {
  for (const auto& change : facts.changes) {
    const auto app = app_of(config, fleet, change, facts.apps);
    if (!app || !is_visible(config, content.person, *app)) continue;
    if (is_same_person(config, content.person, change.requester)) {
      content.by_me.push_back(change);
      continue;
    }
    if (change.state != ChangeState::Proposed) continue;
    const auto counted = counted_approvers(change);
    const bool said_yes = std::ranges::find(counted, content.person) != counted.end();
    const auto verdict = may_count(config, content.person, change, *app, facts.delegations, now);
    if (!said_yes && verdict.counts && verdict.open_seat) content.for_me.push_back(change);
  }
}

view::HomeContent content_for(const Config& config, Fleet& fleet, const HomeFacts& facts, const std::string& slack_id, WallTime now) {
  view::HomeContent content;
  content.slack_id = slack_id;
  const auto* person = person_by_slack(config, slack_id);
  if (person == nullptr) return content;
  content.person = person->name;
  for (const auto& app : facts.apps) {
    if (!is_visible(config, content.person, app)) continue;
    ++content.visible;
    auto row = row_of(fleet, app, facts);
    if (owns(config, content.person, app)) {
      content.mine.push_back(std::move(row));
    } else if (row.report.state == AppState::OutOfSync || row.incident) {
      content.others.push_back(std::move(row));
    }
  }
  worst_first(content.mine);
  worst_first(content.others);
  sort_changes(config, fleet, facts, now, content);
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
  failures_.erase(slack_id);
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
  std::erase_if(published_at_, [&](const auto& entry) { return !opened_.contains(entry.first); });
  std::erase_if(failures_, [&](const auto& entry) { return !opened_.contains(entry.first); });
}

std::vector<std::string> Home::take_due(std::optional<MonoTime>& next) {
  const auto now = clock_.mono_now();
  std::vector<std::pair<std::optional<MonoTime>, std::string>> due;
  for (const auto& who : wanted_) {
    const auto last = published_at_.find(who);
    const auto failed = failures_.find(who);
    const auto pause = failed == failures_.end() ? kCalm : kCalm * (1 << failed->second);
    if (last == published_at_.end()) {
      due.emplace_back(std::nullopt, who);
    } else if (last->second + pause <= now) {
      due.emplace_back(last->second, who);
    } else {
      next = next ? std::min(*next, last->second + pause) : last->second + pause;
    }
  }
  std::ranges::sort(due);
  if (due.size() > kPeopleAtOnce) {
    due.resize(kPeopleAtOnce);
    next = now + kBetweenRounds;
  }
  std::vector<std::string> people;
  for (auto& [last, who] : due) {
    wanted_.erase(who);
    published_at_[who] = now;
    people.push_back(std::move(who));
  }
  return people;
}

asio::awaitable<void> Home::run() {
  while (true) {
    forget_the_gone();
    if (moved_) {
      if (wanted_.empty()) {
        auto gathered = co_await clock_.sleep_for(kGathered);
        if (!gathered) co_return;
      }
      moved_ = false;
      for (const auto& [who, at] : opened_) wanted_.insert(who);
    }
    std::optional<MonoTime> next;
    auto people = take_due(next);
    if (!people.empty()) {
      co_await publish_all(std::move(people));
      // What moved meanwhile, and who is to be tried again, waits for the next round.
      auto slept = co_await clock_.sleep_for(kBetweenRounds);
      if (!slept) co_return;
      if (!wanted_.empty() || moved_) continue;
    }
    // While somebody has it open, it is looked after.
    const auto again = clock_.mono_now() + kLookAnyway;
    if (next || !opened_.empty()) {
      const auto until = next ? std::min(*next, again) : again;
      auto woken = co_await wake_.wait_until(clock_, until);
      if (!woken) co_return;
      if (clock_.mono_now() >= again) moved_ = true;
    } else if (auto woken = co_await wake_.wait(); !woken) {
      co_return;
    }
  }
}

void Home::try_again(const std::string& slack_id) {
  auto& failures = failures_[slack_id];
  if (failures >= kMostFailures) return;  // until something moves, or they open it again
  ++failures;
  wanted_.insert(slack_id);
}

asio::awaitable<void> Home::publish_all(std::vector<std::string> people) {
  std::function<Result<HomeFacts>(storage::Transaction&)> work = [now = clock_.wall_now()](storage::Transaction& tx) { return load(tx, now); };
  auto working = store_.query<HomeFacts>(std::move(work));
  auto loaded = co_await std::move(working);
  if (!loaded) {
    log_warn("home", loaded.error().message);
    for (const auto& who : people) try_again(who);
    co_return;
  }
  loaded->apps = fleet_.apps();
  const auto facts = std::make_shared<const HomeFacts>(std::move(*loaded));
  for (const auto& who : people) {
    auto publishing = publish(who, facts);
    const auto done = co_await std::move(publishing);
    if (done) {
      failures_.erase(who);
      continue;
    }
    if (done.error().kind == ErrorKind::Cancelled) co_return;
    log_warn("home", fmt::format("the App Home of {} could not be shown: {}", who, done.error().message));
    if (is_transient(done.error())) try_again(who);
  }
}

asio::awaitable<Result<void>> Home::publish(std::string slack_id, std::shared_ptr<const HomeFacts> facts) {
  const auto now = clock_.wall_now();
  auto content = content_for(config_, fleet_, *facts, slack_id, now);
  content.workspace_url = workspace_url_;
  // The same but for its moment is the same.
  const auto digest = sha256_hex(view::home_view(content, WallTime{})->dump());
  if (const auto last = published_.find(slack_id); last != published_.end() && last->second == digest) co_return Result<void>{};
  auto publishing = api_.publish_home(slack_id, view::home_view(content, now));
  auto done = co_await std::move(publishing);
  if (done) published_[slack_id] = digest;
  co_return done;
}

}  // namespace driftwarden
