#include "bot/web/nudges.hpp"

#include <utility>

namespace driftwarden {

namespace {

constexpr Duration kLookEvery{5'000};
constexpr std::size_t kUrlsMax = 256;

}  // namespace

Throttle::Throttle(asio::any_io_executor executor, Clock& clock, Duration every, std::function<void()> action)
    : clock_(clock), every_(every), action_(std::move(action)), tasks_(std::move(executor)) {}

void Throttle::nudge() {
  if (waiting_) return;
  if (clock_.mono_now() >= next_) return act();
  waiting_ = true;
  tasks_.spawn("nudge", act_later());
}

void Throttle::act() {
  next_ = clock_.mono_now() + every_;
  action_();
}

asio::awaitable<void> Throttle::act_later() {
  const auto slept = co_await clock_.sleep_until(next_);
  waiting_ = false;
  if (slept) act();
}

Nudges::Nudges(asio::any_io_executor executor, Clock& clock, bool trusted, Targets targets)
    : targets_(std::move(targets)),
      repositories_(executor, clock, trusted ? Duration{0} : kLookEvery, [this] { fetch(); }),
      pulls_(executor, clock, kLookEvery, [this] { targets_.pulls(); }),
      changes_(executor, clock, kLookEvery, [this] { targets_.changes(); }) {}

void Nudges::connect(WebParts& parts) {
  parts.on_git_webhook = [this](const std::vector<std::string>& urls) { push(urls); };
  parts.on_pull_request = [this](const std::vector<std::string>&, std::int64_t) {
    changes_.nudge();
    pulls_.nudge();
  };
  parts.on_activity = [this](const std::vector<std::string>&, std::int64_t) { changes_.nudge(); };
}

void Nudges::push(const std::vector<std::string>& urls) {
  all_ = all_ || urls.empty() || urls_.size() + urls.size() > kUrlsMax;
  if (!all_) urls_.insert(urls.begin(), urls.end());
  repositories_.nudge();
  pulls_.nudge();
}

void Nudges::fetch() {
  // No address at all stands for every repository.
  const std::vector<std::string> urls = all_ ? std::vector<std::string>{} : std::vector<std::string>(urls_.begin(), urls_.end());
  urls_.clear();
  all_ = false;
  targets_.repositories(urls);
}

asio::awaitable<void> Nudges::stop() {
  co_await repositories_.stop();
  co_await pulls_.stop();
  co_await changes_.stop();
}

}  // namespace driftwarden
