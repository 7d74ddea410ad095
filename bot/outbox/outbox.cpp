#include "bot/outbox/outbox.hpp"

#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kRowsAtOnce = 1024;  // rows under way count: a slow crowd must not hide a quick row behind it
constexpr std::size_t kRowsInOutage = 8192;  // words that wait must not hide what can be done without Slack
constexpr int kRoundsOfOne = 3;              // should the oldest itself be the trouble, another one is tried beside it
constexpr Duration kLookAtLeastEvery{5000};
constexpr const char* kAnswer = "slack.reply";  // what somebody waits for is still said before the process ends

struct Ready {
  std::vector<storage::OutboxRow> rows;
  std::optional<WallTime> next;
};

}  // namespace

Outbox::Outbox(asio::any_io_executor executor, AsyncStore& store, Clock& clock, Random& random, Limits limits)
    : store_(store), clock_(clock), random_(random), limits_(limits), rest_(executor), wake_(executor), tasks_(executor) {}

void Outbox::on(std::string kind, Handler handler, Duration patience) {
  Registered registered{std::move(handler), patience};
  handlers_.emplace(std::move(kind), std::move(registered));
}

void Outbox::start() { tasks_.spawn("outbox", run()); }

asio::awaitable<void> Outbox::stop() { co_await tasks_.join(); }

asio::awaitable<void> Outbox::drain(MonoTime until) {
  draining_ = true;
  rested_ = false;
  wake_.notify();
  while (!rested_) {
    const auto rested = co_await rest_.wait_until(clock_, until);
    if (!rested || !*rested) co_return;
  }
}

asio::awaitable<void> Outbox::run() {
  while (true) {
    std::function<Result<Ready>(storage::Transaction&)> look = [now = clock_.wall_now(), most = words_failures_ == 0 ? kRowsAtOnce : kRowsInOutage](storage::Transaction& tx) -> Result<Ready> {
      Ready ready;
      TRY(ready.rows, tx.ready_outbox(now, most));
      TRY(ready.next, tx.next_outbox_time());
      return ready;
    };
    auto looking = store_.query<Ready>(std::move(look));
    auto ready = co_await std::move(looking);
    auto wait = kLookAtLeastEvery;
    if (ready) {
      hold_words(ready->rows);
      if (draining_) std::erase_if(ready->rows, [](const storage::OutboxRow& row) { return row.kind != kAnswer; });
      for (auto& row : ready->rows) {
        if (busy_.insert(row.lane).second) tasks_.spawn("outbox " + row.kind, carry_out(std::move(row)));
      }
      if (draining_ && busy_.empty()) {
        rested_ = true;
        rest_.notify();
      }
      if (words_failures_ > 0 && words_next_ > clock_.mono_now()) wait = std::min(wait, std::chrono::duration_cast<Duration>(words_next_ - clock_.mono_now()));
      if (ready->next && *ready->next > clock_.wall_now()) wait = std::min(wait, std::chrono::duration_cast<Duration>(*ready->next - clock_.wall_now()));
    } else {
      log_error("outbox", "reading the outbox failed: " + ready.error().message);
    }
    auto woken = co_await wake_.wait_until(clock_, clock_.mono_now() + wait);
    if (!woken) co_return;
  }
}

asio::awaitable<void> Outbox::carry_out(storage::OutboxRow row) {
  const auto lane = row.lane;
  const std::size_t words = is_words(row.kind) ? 1 : 0;
  words_under_way_ += words;
  co_await attempt(std::move(row));
  words_under_way_ -= words;
  busy_.erase(lane);
  wake_.notify();
}

asio::awaitable<void> Outbox::attempt(storage::OutboxRow row) {
  const auto handler = handlers_.find(row.kind);
  if (handler == handlers_.end()) {
    Result<std::string> nobody = Error{ErrorKind::InvalidInput, fmt::format("nothing here carries out \"{}\"", row.kind)};
    co_await settle(std::move(row), std::move(nobody));
    co_return;
  }
  if (may_ && !may_()) {
    (void)co_await clock_.sleep_for(limits_.backoff_base);
    co_return;
  }
  std::function<Result<void>(storage::Transaction&)> begin = [id = row.id](storage::Transaction& tx) { return tx.begin_outbox(id); };
  auto beginning = store_.transact(std::move(begin));
  auto begun = co_await std::move(beginning);
  if (!begun) {
    log_error("outbox", fmt::format("{}: {}", row.key, begun.error().message));
    (void)co_await clock_.sleep_for(limits_.backoff_base);
    co_return;
  }
  ++row.attempts;
  Result<std::string> result = Error{ErrorKind::Unavailable, "the attempt ended by an exception"};
  try {
    result = co_await handler->second.handler(row);
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) throw;
    log_error("outbox", fmt::format("{}: {}", row.key, failure.what()));
  } catch (const std::exception& failure) {
    log_error("outbox", fmt::format("{}: {}", row.key, failure.what()));
  }
  // A cancelled attempt stays as it is: the next start takes it up again. Should only its tools have been stopped, it must not spin.
  if (!result && result.error().kind == ErrorKind::Cancelled) {
    (void)co_await clock_.sleep_for(limits_.backoff_base);
    co_return;
  }
  co_await settle(std::move(row), std::move(result));
}

asio::awaitable<void> Outbox::settle(storage::OutboxRow row, Result<std::string> result) {
  const auto id = row.id;
  std::function<Result<void>(storage::Transaction&)> write;
  bool gave_up = false;
  auto how = Settled::Done;
  const auto pause = put_off_.extract(id);
  const bool words = is_words(row.kind);
  if (words && pause.empty()) on_words_settled(result);
  if (result) {
    write = [id, text = *result](storage::Transaction& tx) { return tx.finish_outbox(id, text); };
  } else if (!pause.empty()) {
    how = Settled::PutOff;
    const auto when = clock_.wall_now() + pause.mapped();
    write = [id, when, why = result.error().message](storage::Transaction& tx) { return tx.put_off_outbox(id, when, why); };
  } else if (is_transient(result.error()) && (row.attempts < limits_.attempts || still_patient(row))) {
    const bool in_outage = words && words_failures_ > 0 && words_next_ > clock_.mono_now();
    // In an outage hold_words() says when: the oldest must not be the last to be ready by a hair.
    const auto when = clock_.wall_now() + (in_outage ? Duration{0} : backoff(row.attempts));
    how = Settled::Retried;
    log_warn("outbox", fmt::format("{} (attempt {}): {}", row.key, row.attempts, result.error().message), {{"effect", row.key}, {"kind", row.kind}});
    write = [id, when, why = result.error().message](storage::Transaction& tx) { return tx.retry_outbox(id, when, why); };
  } else {
    gave_up = true;
    how = Settled::Failed;
    log_error("outbox", fmt::format("{} given up: {}", row.key, result.error().message), {{"effect", row.key}, {"kind", row.kind}});
    write = [this, row, why = result.error(), now = clock_.wall_now()](storage::Transaction& tx) -> Result<void> {
      CHECK_OK(tx.fail_outbox(row.id, why.message));
      return gave_up_ ? gave_up_(tx, row, why, now) : Result<void>{};
    };
  }
  auto writing = store_.transact(std::move(write));
  auto written = co_await std::move(writing);
  if (!written) {
    // The row is still open and is taken up again: not at once, a full disk lasts.
    log_error("outbox", fmt::format("{}: the outcome could not be stored: {}", row.key, written.error().message));
    (void)co_await clock_.sleep_for(backoff(row.attempts));
    co_return;
  }
  observe(row, how);
  if (gave_up && given_up_) given_up_(row);
}

void Outbox::observe(const storage::OutboxRow& row, Settled how) const {
  if (observer_) observer_(row, how);
}

bool Outbox::still_patient(const storage::OutboxRow& row) const {
  const auto registered = handlers_.find(row.kind);
  return registered != handlers_.end() && clock_.wall_now() < row.created_at + registered->second.patience;
}

bool Outbox::is_words(const std::string& kind) const {
  const auto registered = handlers_.find(kind);
  return registered != handlers_.end() && registered->second.patience == kWordsWait;
}

void Outbox::hold_words(std::vector<storage::OutboxRow>& rows) const {
  if (words_failures_ == 0) return;
  const bool may_try = words_under_way_ == 0 && words_next_ <= clock_.mono_now();
  int left = !may_try ? 0 : words_failures_ > kRoundsOfOne ? 2 : 1;
  std::erase_if(rows, [&](const storage::OutboxRow& row) { return is_words(row.kind) && !busy_.contains(row.lane) && left-- <= 0; });
}

/// An answer is a sign of life, whatever it says; many that fail at once are one failure.
void Outbox::on_words_settled(const Result<std::string>& result) {
  const bool down = !result && (result.error().kind == ErrorKind::Unavailable || result.error().kind == ErrorKind::Timeout);
  if (!down) {
    if (result || result.error().kind != ErrorKind::Cancelled) words_failures_ = 0;
    return;
  }
  if (words_failures_ > 0 && words_next_ > clock_.mono_now()) return;
  ++words_failures_;
  words_next_ = clock_.mono_now() + backoff(words_failures_);
}

Duration Outbox::backoff(int attempts) {
  const auto doubled = limits_.backoff_base * (std::int64_t{1} << std::min(attempts - 1, 16));
  const auto top = std::min<Duration>(doubled, limits_.backoff_max);
  return top / 2 + Duration{static_cast<std::int64_t>(random_.unit() * static_cast<double>(top.count()) / 2)};
}

}  // namespace driftwarden
