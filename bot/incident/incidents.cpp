#include "bot/incident/incidents.hpp"

#include "bot/config/policy.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kLookAtSnoozed{30'000};
constexpr Duration kUnknownHoldOff{15'000};  // a render or a list that fails once and then works is nobody's business

std::map<Cause, Duration> hold_offs(const Config& config) {
  auto durations = config.alerts.hold_off;
  durations.try_emplace(Cause::Unknown, kUnknownHoldOff);
  return durations;
}

/// The Change that put the App right, if one did: it was merged and is no older than the incident.
std::optional<Change> change_behind(const std::vector<Change>& changes, const Incident& incident) {
  const auto found = std::ranges::find_if(changes, [&](const Change& change) {
    return !change.merged_sha.empty() && change.updated_at >= incident.opened_at && change.state != ChangeState::Failed;
  });
  if (found == changes.end()) return std::nullopt;
  return *found;
}

std::string resolution_words(const std::vector<Change>& changes, const Incident& incident, const DriftReport& report, bool orphans) {
  if (orphans) return "gone, or known to Git now";
  if (const auto change = change_behind(changes, incident)) {
    return fmt::format("{}{} by {}", change->verb == ChangeVerb::Ignore ? "ignored since " : "", change_name(change->id), change->requester);
  }
  if (report.revision != incident.report.revision) return fmt::format("commit {}", report.revision.substr(0, 7));
  return "live is what Git says again";
}

/// Those that something happened to later: what was well in between is no fault of theirs.
std::vector<Change> since(std::vector<Change> changes, WallTime time) {
  std::erase_if(changes, [&](const Change& change) { return change.updated_at <= time; });
  return changes;
}

/// While a merged Change is being applied, live and Git differ on purpose.
bool being_applied(const std::vector<Change>& changes) {
  return std::ranges::any_of(changes, [](const Change& change) {
    if (change.verb == ChangeVerb::Ignore) return false;
    return change.state == ChangeState::Approved || change.state == ChangeState::Merged || change.state == ChangeState::Applying || change.state == ChangeState::Verifying;
  });
}

}  // namespace

Incidents::Incidents(asio::any_io_executor executor, Clock& clock, const Config& config, AsyncStore& store, Outbox& outbox, Messenger& messenger, Fleet& fleet)
    : clock_(clock),
      config_(config),
      store_(store),
      outbox_(outbox),
      messenger_(messenger),
      fleet_(fleet),
      hold_off_(hold_offs(config)),
      wake_(executor),
      judged_(executor),
      tasks_(executor) {
  outbox_.on("slack.alert", [this](storage::OutboxRow row) { return deliver_alert(std::move(row)); }, Outbox::kWordsWait);
  outbox_.on("slack.note", [this](storage::OutboxRow row) { return deliver_note(std::move(row)); }, Outbox::kWordsWait);
  outbox_.on("slack.notice", [this](storage::OutboxRow row) { return deliver_notice(std::move(row)); }, Outbox::kWordsWait);
}

void Incidents::start() { tasks_.spawn("incidents", run()); }

asio::awaitable<void> Incidents::stop() { co_await tasks_.join(); }

void Incidents::on_report(DriftReport report) {
  const auto app = report.app;
  pending_.insert_or_assign(app, std::move(report));
  wake_.notify();
}

void Incidents::look_again(const std::string& app) {
  if (fleet_.app(app) != nullptr) on_report(fleet_.report(app));
}

asio::awaitable<void> Incidents::run() {
  while (true) {
    const auto now = clock_.wall_now();
    for (auto it = held_.begin(); it != held_.end();) {
      if (it->second > now) {
        ++it;
        continue;
      }
      const auto app = it->first;
      it = held_.erase(it);
      if (!pending_.contains(app)) pending_.emplace(app, fleet_.report(app));
    }
    while (!pending_.empty()) co_await judge_all(std::exchange(pending_, {}));
    if (now >= next_look_at_snoozed_) {
      co_await wake_snoozed();
      next_look_at_snoozed_ = now + kLookAtSnoozed;
    }
    auto wait = kLookAtSnoozed;
    if (const auto next = next_wakeup(clock_.wall_now())) wait = std::max(Duration{1}, std::min(wait, std::chrono::duration_cast<Duration>(*next - clock_.wall_now())));
    auto woken = co_await wake_.wait_until(clock_, clock_.mono_now() + wait);
    if (!woken) co_return;
  }
}

std::optional<WallTime> Incidents::next_wakeup(WallTime) const {
  std::optional<WallTime> next;
  for (const auto& [app, when] : held_) {
    if (!next || when < *next) next = when;
  }
  return next;
}

asio::awaitable<void> Incidents::judge_all(std::map<std::string, DriftReport> reports) {
  judging_ = reports.size();
  for (auto& [app, report] : reports) tasks_.spawn("judging " + app, judge_safely(std::move(report)));
  while (judging_ > 0) {
    auto woken = co_await judged_.wait();
    if (!woken) co_return;
  }
}

/// One report that goes wrong must not end the loop for all that follow.
asio::awaitable<void> Incidents::judge_safely(DriftReport report) {
  const auto app = report.app;
  try {
    co_await judge(std::move(report));
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) throw;
    log_error("incident", app + ": " + failure.what());
  } catch (const std::exception& failure) {
    log_error("incident", app + ": " + failure.what());
  }
  if (--judging_ == 0) judged_.notify();
}

asio::awaitable<void> Incidents::judge(DriftReport report) {
  const auto* app = fleet_.app(report.app);
  if (app == nullptr) co_return;
  const auto now = clock_.wall_now();
  // A lost cluster is one notice, not one alert per App.
  const auto heard = reachable_.find(app->cluster);
  const bool lost = heard != reachable_.end() && !heard->second;
  if (report.state == AppState::Unknown) report.cause = lost || report.reason.empty() || !fleet_.desired_failed(app->name) ? Cause::None : Cause::Unknown;
  report = as_told(std::move(report), {});
  auto& in_sync_at = in_sync_at_[report.app];
  if (report.state == AppState::Synced) in_sync_at = now;
  const auto due = hold_off_.due(report, now);
  const bool early = due && *due > now;
  const auto channel = alert_target(config_, *app).channel;
  const bool orphans = app->orphans;
  enum class Outcome { Nothing, Stepped, HoldBack };
  std::function<Result<Outcome>(storage::Transaction&)> work = [=, healed_at = in_sync_at](storage::Transaction& tx) -> Result<Outcome> {
    TRY(const auto open, open_incident_of(tx, report.app));
    TRY(const auto changes, tx.changes({report.app, false, 5}));
    TRY(const auto before, tx.incidents_of(report.app, 1));
    const auto resolved_at = before.empty() ? WallTime{} : before.front().resolved_at.value_or(WallTime{});
    const auto told = as_told(report, since(changes, std::max(healed_at, resolved_at)));
    if (!open && early && told.cause == report.cause) return Outcome::HoldBack;
    if (told.state == AppState::OutOfSync && being_applied(changes)) return Outcome::Nothing;
    auto step = driftwarden::on_report(open, told, channel, open ? resolution_words(changes, *open, told, orphans) : "", now);
    if (!step) return Outcome::Nothing;
    auto committed = commit_step(tx, std::move(*step), now);
    if (!committed) return committed.error();
    return Outcome::Stepped;
  };
  auto working = store_.query<Outcome>(std::move(work));
  const auto verdict = co_await std::move(working);
  if (!verdict) {
    log_error("incident", fmt::format("{}: the report could not be stored, trying again: {}", report.app, verdict.error().message));
    held_[report.app] = now + Duration{5000};
  } else if (*verdict == Outcome::HoldBack) {
    held_[report.app] = *due;
  } else if (*verdict == Outcome::Stepped) {
    outbox_.wake();
  }
}

asio::awaitable<void> Incidents::wake_snoozed() {
  std::function<Result<bool>(storage::Transaction&)> work = [now = clock_.wall_now()](storage::Transaction& tx) -> Result<bool> {
    bool any = false;
    TRY(auto open, tx.open_incidents());
    for (auto& incident : open) {
      auto step = wake(std::move(incident), now);
      if (!step) continue;
      auto committed = commit_step(tx, std::move(*step), now);
      if (!committed) return committed.error();
      any = true;
    }
    return any;
  };
  auto working = store_.query<bool>(std::move(work));
  const auto any = co_await std::move(working);
  if (any && *any) outbox_.wake();
}

void Incidents::on_cluster(const std::string& cluster, bool reachable, const std::string& why) {
  const auto [heard, first] = reachable_.try_emplace(cluster, reachable);
  if (!first && heard->second == reachable) return;
  heard->second = reachable;
  Loss loss;
  loss.about = "cluster:" + cluster;
  loss.lost = !reachable;
  loss.in_the_log = fmt::format("cluster {} {}", cluster, reachable ? "answers again" : "is lost: " + why);
  const auto apps = std::ranges::count(fleet_.apps(), cluster, &App::cluster);
  loss.words = reachable ? fmt::format(":white_check_mark: Cluster *{}* answers again", slack::escape(cluster))
                         : fmt::format(":electric_plug: Cluster *{}* can't be reached, so its {} Unknown and nothing is told of them until it answers: {}", slack::escape(cluster),
                                       apps == 1 ? "App is" : fmt::format("{} Apps are", apps), slack::escape(why));
  tasks_.spawn("notice of a cluster", tell_of_loss(std::move(loss)));
}

void Incidents::on_kind(const std::string& cluster, const WatchedKind& kind, bool watched, const std::string& why) {
  const auto group = kind.group.empty() ? kind.version : kind.group + "/" + kind.version;
  Loss loss;
  loss.about = fmt::format("kind:{}:{}/{}{}", cluster, group, kind.kind, kind.metadata_only ? ":metadata" : "");
  loss.lost = !watched;
  loss.in_the_log = fmt::format("{}: {} {}", cluster, kind.kind, watched ? "is watched again" : "can't be watched: " + why);
  const auto name = fmt::format("*{}* ({}) on cluster *{}*", slack::escape(kind.kind), slack::escape(group), slack::escape(cluster));
  loss.words = watched ? fmt::format(":white_check_mark: {} can be watched again", name)
                       : fmt::format(":see_no_evil: {} can't be watched, so what Git says of it can't be judged: {}", name, slack::escape(why));
  tasks_.spawn("notice of a kind", tell_of_loss(std::move(loss)));
}

asio::awaitable<void> Incidents::tell_of_loss(Loss loss) {
  const auto now = clock_.wall_now();
  std::function<Result<bool>(storage::Transaction&)> work = [=, this](storage::Transaction& tx) -> Result<bool> {
    const auto name = "lost:" + loss.about;
    TRY(const auto kept, tx.setting(name));
    const bool was_lost = kept && !kept->empty();
    if (was_lost == loss.lost) return false;
    auto text = loss.words;
    if (!loss.lost) {
      const auto since = parse_time(*kept);
      text += since ? fmt::format(", after {}.", format_age(now - *since)) : ".";
    }
    CHECK_OK(tx.set_setting(name, loss.lost ? format_time(now) : ""));
    auto queued = tx.enqueue(notice(loss.about, text));
    if (!queued) return queued.error();
    return true;
  };
  auto working = store_.query<bool>(std::move(work));
  const auto told = co_await std::move(working);
  if (!told) {
    log_error("incident", fmt::format("a notice of {} could not be stored: {}", loss.about, told.error().message));
    reachable_.clear();  // whoever is heard of next is told anew
  } else if (*told) {
    log_warn("incident", loss.in_the_log);
    outbox_.wake();
  }
}

void Incidents::on_repository(const std::string& repository, bool reachable, const std::string& why) {
  const bool was_lost = lost_repositories_.contains(repository);
  if (reachable != was_lost) return;
  if (reachable) {
    lost_repositories_.erase(repository);
    tell_admins("repository:" + repository, fmt::format(":white_check_mark: Repository *{}* answers again.", slack::escape(repository)));
    return;
  }
  lost_repositories_.insert(repository);
  tell_admins("repository:" + repository, fmt::format(":electric_plug: Repository *{}* can't be fetched, so new commits go unseen: {}", slack::escape(repository), slack::escape(why)));
}

void Incidents::on_notice(const std::string& repository, const std::string& what) {
  tell_admins("notice:" + repository, fmt::format(":warning: Repository *{}*: {}", slack::escape(repository), slack::escape(what)));
}

void Incidents::tell_admins(const std::string& about, const std::string& text) {
  log_warn("incident", text);
  tasks_.spawn("notice to the admins", enqueue(notice(about, text)));
}

storage::OutboxRow Incidents::notice(const std::string& about, const std::string& text) const {
  const auto now = clock_.wall_now();
  storage::OutboxRow row;
  row.key = fmt::format("{}:{}", about, now.time_since_epoch().count());
  row.kind = "slack.notice";
  row.lane = about;
  row.payload = fmt::format(R"({{"channel":{},"text":{}}})", json_quoted(config_.slack.admin_channel), json_quoted(text));
  row.created_at = now;
  row.not_before = now;
  return row;
}

asio::awaitable<void> Incidents::enqueue(storage::OutboxRow row) {
  std::function<Result<void>(storage::Transaction&)> work = [row](storage::Transaction& tx) -> Result<void> {
    auto queued = tx.enqueue(row);
    if (!queued) return queued.error();
    return Result<void>{};
  };
  auto working = store_.transact(std::move(work));
  auto done = co_await std::move(working);
  if (!done) log_error("incident", "a notice could not be stored: " + done.error().message);
  outbox_.wake();
}

}  // namespace driftwarden
