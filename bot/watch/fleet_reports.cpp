// From what moved in the index to what is told, and when.
#include "bot/watch/fleet.hpp"

#include <boost/asio/post.hpp>

namespace driftwarden {
namespace {

constexpr std::size_t kJudgedAtOnce = 8;       // then others of this thread have their turn: Slack waits three seconds at most
constexpr Duration kHeldBack{3000};            // for dry-runs and look-ups
constexpr Duration kNotOftenerThan{1000};      // where the index says that time has come and goes on saying it

}  // namespace

/// What the index says, as of the cluster's last word.
DriftReport Fleet::judge(const std::string& name) {
  const auto now = parts_.clock->wall_now();
  if (is_planned(name)) return planned_report(name);
  auto report = index_.report(name, now);
  const auto* app = this->app(name);
  if (const auto opinion = opinions_.find(name); opinion != opinions_.end()) report.opinion = opinion->second;
  const auto* cluster = app == nullptr ? nullptr : this->cluster(app->cluster);
  report.as_of = cluster == nullptr ? now : std::min(now, cluster->last_heard());
  return report;
}

DriftReport Fleet::report(const std::string& app) {
  auto report = judge(app);
  look_for_errands();  // judging may have raised questions
  return report;
}

void Fleet::look_for_errands() {
  for (const auto& [name, errands] : errands_) errands->look();
}

asio::awaitable<void> Fleet::report_changes() {
  while (true) {
    auto waiting = wait_for_work();
    auto woken = co_await std::move(waiting);
    if (!woken) co_return;
    last_pass_ = parts_.clock->mono_now();
    std::size_t judged = 0;
    for (const auto& name : names_to_judge()) {
      tell(name);
      if (++judged % kJudgedAtOnce != 0) continue;
      look_for_errands();
      co_await asio::post(asio::use_awaitable);
    }
    look_for_errands();
  }
}

/// Until something changed, a report was held back long enough, or time alone changes one.
asio::awaitable<Result<void>> Fleet::wait_for_work() {
  std::optional<MonoTime> wake;
  for (const auto& [name, until] : held_) wake = std::min(wake.value_or(until), until);
  if (const auto due = index_.next_due()) {
    const auto in = std::max(*due - parts_.clock->wall_now(), Duration{0}) + Duration{1};
    const auto at = std::max(parts_.clock->mono_now() + in, last_pass_ + kNotOftenerThan);
    wake = std::min(wake.value_or(at), at);
  }
  if (!wake) co_return co_await changed_.wait();
  auto woken = co_await changed_.wait_until(*parts_.clock, *wake);
  if (!woken) co_return woken.error();
  co_return Result<void>{};
}

std::set<std::string> Fleet::names_to_judge() {
  auto names = index_.take_changed(parts_.clock->wall_now());
  const auto now = parts_.clock->mono_now();
  names.merge(retell_);
  retell_.clear();
  for (const auto& [name, until] : held_) {
    if (until <= now || !index_.is_settling(name)) names.insert(name);
  }
  return names;
}

void Fleet::tell(const std::string& name) {
  const auto* app = this->app(name);
  if (app == nullptr) return;
  auto report = judge(name);
  if (listener_.on_suspected) listener_.on_suspected(report);
  if (index_.is_settling(name)) {
    const auto now = parts_.clock->mono_now();
    const auto [held, is_new] = held_.try_emplace(name, now + kHeldBack);
    if (held->second > now) return;
  }
  held_.erase(name);
  told_[name] = report.state;
  if (report.state == AppState::Synced && !app->orphans && parts_.last_synced[name] != report.revision) {
    parts_.last_synced[name] = report.revision;
    index_.mark_synced(name);
    listener_.on_synced(name, report.revision);
  }
  listener_.on_report(std::move(report));
}

}  // namespace driftwarden
