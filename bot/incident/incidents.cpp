#include "bot/incident/incidents.hpp"

#include "bot/routing/routing.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kLookAroundEvery{30'000};

bool asks_for_code_owners(const std::vector<AlertRoute>& routes) {
  return std::ranges::any_of(routes, [](const AlertRoute& route) {
    return !route.code_owner.empty() || std::ranges::find(route.mention, "codeowners") != route.mention.end() || asks_for_code_owners(route.routes);
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
      code_owners_(executor, fleet, clock),
      wake_(executor),
      judged_(executor),
      tasks_(executor) {
  outbox_.on("slack.alert", [this](storage::OutboxRow row) { return deliver_alert(std::move(row)); }, Outbox::kWordsWait);
  outbox_.on("slack.note", [this](storage::OutboxRow row) { return deliver_note(std::move(row)); }, Outbox::kWordsWait);
  outbox_.on("slack.notice", [this](storage::OutboxRow row) { return deliver_notice(std::move(row)); }, Outbox::kWordsWait);
}

void Incidents::start() { tasks_.spawn("incidents", run()); }

asio::awaitable<void> Incidents::stop() {
  co_await tasks_.join();
  co_await code_owners_.stop();
}

void Incidents::on_report(DriftReport report) {
  const auto app = report.app;
  pending_.insert_or_assign(app, std::move(report));
  wake_.notify();
}

void Incidents::look_again(const std::string& app) {
  if (fleet_.app(app) != nullptr) on_report(fleet_.report(app));
}

void Incidents::look_at_silences() {
  next_look_around_ = WallTime{};
  wake_.notify();
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
    if (now >= next_look_around_) {
      next_look_around_ = now + kLookAroundEvery;
      co_await look_around();
    }
    auto wait = kLookAroundEvery;
    if (next_look_around_ > clock_.wall_now()) wait = std::min(wait, std::chrono::duration_cast<Duration>(next_look_around_ - clock_.wall_now()));
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
    log_error("incident", app + ": " + failure.what(), {{"app", app}});
  } catch (const std::exception& failure) {
    log_error("incident", app + ": " + failure.what(), {{"app", app}});
  }
  if (--judging_ == 0) judged_.notify();
}

bool Incidents::is_lost(const std::string& cluster) const {
  const auto heard = reachable_.find(cluster);
  return heard != reachable_.end() && !heard->second;
}

Telling Incidents::telling_of(const App& app, Cause cause, const std::vector<std::string>& code_owners, WallTime now) const {
  Telling telling;
  telling.severity = severity_of(config_, app, cause);
  telling.code_owners = code_owners;
  telling.teams = teams_of(config_, app);
  telling.silencers = silencers_of(config_, app);
  const AlertFacts facts{&app, cause, telling.severity, code_owners};
  auto routed = route(config_, facts);
  telling.channel = std::move(routed.channel);
  telling.mention = std::move(routed.mention);
  telling.quiet_until = quiet_until(config_, facts, telling.channel, now);
  return telling;
}

std::map<Cause, Telling> Incidents::tellings_of(const App& app, const std::vector<std::string>& code_owners, WallTime now) const {
  std::map<Cause, Telling> tellings;
  for (int cause = 0; cause <= static_cast<int>(Cause::Unknown); ++cause) tellings.emplace(static_cast<Cause>(cause), telling_of(app, static_cast<Cause>(cause), code_owners, now));
  return tellings;
}

asio::awaitable<void> Incidents::judge(DriftReport report) {
  const auto name = report.app;
  const auto* known = fleet_.app(name);
  if (known == nullptr) co_return;
  std::vector<std::string> code_owners;
  if ((report.state != AppState::Synced || !report.fights.empty()) && asks_for_code_owners(config_.alerts.routes)) {
    auto looking = code_owners_.of(*known);
    code_owners = co_await std::move(looking);
    // What came meanwhile is the truth now.
    if (auto newer = pending_.extract(name)) report = std::move(newer.mapped());
    known = fleet_.app(name);
    if (known == nullptr) co_return;
  }
  JudgeFacts facts;
  facts.app = *known;
  // A lost cluster is one notice, not one alert per App.
  if (report.state == AppState::Unknown) {
    const bool unknowable = is_lost(facts.app.cluster) || report.reason.empty() || !fleet_.desired_failed(facts.app.name);
    report.cause = unknowable ? Cause::None : Cause::Unknown;
  }
  report = as_told(std::move(report), {});
  const auto now = clock_.wall_now();
  auto& in_sync_at = in_sync_at_[name];
  if (report.state == AppState::Synced) in_sync_at = now;
  facts.healed_at = in_sync_at;
  facts.due = hold_off_.due(report, hold_off(config_, facts.app, report.cause), now);
  facts.tellings = tellings_of(facts.app, code_owners, now);
  facts.flapping = {config_.alerts.flapping, config_.alerts.flapping_window, config_.alerts.calm};
  facts.storm = {config_.alerts.storm, config_.alerts.storm_window};
  facts.now = now;
  facts.report = std::move(report);
  const auto app = facts.app.name;
  std::function<Result<Judged>(storage::Transaction&)> work = [facts = std::move(facts)](storage::Transaction& tx) { return judge_in(tx, facts); };
  auto working = store_.query<Judged>(std::move(work));
  const auto verdict = co_await std::move(working);
  if (!verdict) {
    log_error("incident", fmt::format("{}: the report could not be stored, trying again: {}", app, verdict.error().message));
    held_[app] = now + Duration{5000};
    co_return;
  }
  if (verdict->again) held_[app] = *verdict->again;
  if (verdict->outcome == Judged::Outcome::Stepped) outbox_.wake();
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
  // Several about one thing may come at once.
  row.key = fmt::format("{}:{}:{}", about, now.time_since_epoch().count(), sha256_hex(text).substr(0, 12));
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
