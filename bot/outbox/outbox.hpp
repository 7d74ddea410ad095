#pragma once
// Carries out what transactions wanted done. Rows of one lane go in order, lanes side by side; a crash anywhere leaves a row that is
// taken up again, and its handler asks the outside before it repeats.
#include "bot/outbox/async_store.hpp"
#include "gitops/base/random.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace driftwarden {

class Outbox {
 public:
  /// `row.attempts` > 1 or attempted_at set before: an earlier try may have taken effect.
  using Handler = std::function<asio::awaitable<Result<std::string>>(storage::OutboxRow row)>;
  /// Told when a row is given up; may enqueue something else.
  using GaveUp = std::function<asio::awaitable<void>(storage::OutboxRow row, Error why)>;

  struct Limits {
    int attempts = 12;
    Duration backoff_base{1000};
    Duration backoff_max{60'000};
  };

  Outbox(asio::any_io_executor executor, AsyncStore& store, Clock& clock, Random& random, Limits limits);

  void on(std::string kind, Handler handler);
  void on_gave_up(GaveUp gave_up) { gave_up_ = std::move(gave_up); }
  void start();
  asio::awaitable<void> stop();
  /// New rows may be there.
  void wake() { wake_.notify(); }
  std::size_t in_flight() const { return busy_.size(); }

 private:
  asio::awaitable<void> run();
  asio::awaitable<void> carry_out(storage::OutboxRow row);
  asio::awaitable<void> attempt(storage::OutboxRow row);
  asio::awaitable<void> settle(storage::OutboxRow row, Result<std::string> result);
  Duration backoff(int attempts);

  AsyncStore& store_;
  Clock& clock_;
  Random& random_;
  Limits limits_;
  std::map<std::string, Handler> handlers_;
  GaveUp gave_up_;
  std::set<std::string> busy_;  ///< lanes
  Signal wake_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
