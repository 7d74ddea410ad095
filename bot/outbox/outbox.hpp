#pragma once
// Carries out what transactions wanted done. Rows of one lane go in order, lanes side by side; a crash anywhere leaves a row that is
// taken up again, and its handler asks the outside before it repeats. While Slack is down, words wait together: the oldest is tried now and
// then, and when it gets through the others follow in their order.
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
  /// Part of the transaction that gives a row up, on the database's thread: what is to become of what it was for.
  using GaveUp = std::function<Result<void>(storage::Transaction& tx, const storage::OutboxRow& row, const Error& why, WallTime now)>;
  /// Told afterwards, at home.
  using GivenUp = std::function<void(const storage::OutboxRow& row)>;

  struct Limits {
    int attempts = 12;
    Duration backoff_base{1000};
    Duration backoff_max{60'000};
  };

  Outbox(asio::any_io_executor executor, AsyncStore& store, Clock& clock, Random& random, Limits limits);

  /// Transient failures of rows younger than `patience` are repeated however many there were: words wait for Slack to come back.
  void on(std::string kind, Handler handler, Duration patience = Duration{0});
  void on_gave_up(GaveUp gave_up, GivenUp given_up = {}) {
    gave_up_ = std::move(gave_up);
    given_up_ = std::move(given_up);
  }
  /// For a handler that must wait for somebody (a freeze, a check, a person): with this said, its error puts the row off for `pause`, however
  /// often. Not for failures.
  void put_off(const storage::OutboxRow& row, Duration pause) { put_off_[row.id] = pause; }
  /// Asked before each attempt: with several instances only the leader carries anything out. A row that may not be tried stays as it is.
  void only_while(std::function<bool()> may) { may_ = std::move(may); }
  enum class Settled { Done, Retried, PutOff, Failed };
  /// Told of every attempt that came to an end, after it was written down: for figures.
  void on_settled(std::function<void(const storage::OutboxRow& row, Settled how)> observer) { observer_ = std::move(observer); }
  void start();
  asio::awaitable<void> stop();
  /// Begins nothing new but answers that wait already, and returns when nothing is under way, or at `until`. stop() comes after.
  asio::awaitable<void> drain(MonoTime until);
  static constexpr Duration kWordsWait = std::chrono::hours{24};  ///< for Slack: kinds with this patience wait for it together
  /// New rows may be there.
  void wake() { wake_.notify(); }
  std::size_t in_flight() const { return busy_.size(); }

 private:
  asio::awaitable<void> run();
  asio::awaitable<void> carry_out(storage::OutboxRow row);
  asio::awaitable<void> attempt(storage::OutboxRow row);
  asio::awaitable<void> settle(storage::OutboxRow row, Result<std::string> result);
  Duration backoff(int attempts);
  bool is_words(const std::string& kind) const;
  /// Which of them may be tried now; the rest waits for Slack to come back.
  void hold_words(std::vector<storage::OutboxRow>& rows) const;
  void on_words_settled(const Result<std::string>& result);
  void observe(const storage::OutboxRow& row, Settled how) const;
  bool still_patient(const storage::OutboxRow& row) const;

  AsyncStore& store_;
  Clock& clock_;
  Random& random_;
  Limits limits_;
  struct Registered {
    Handler handler;
    Duration patience;
  };
  std::map<std::string, Registered> handlers_;
  GaveUp gave_up_;
  GivenUp given_up_;
  std::function<bool()> may_;
  std::set<std::string> busy_;  ///< lanes
  std::map<std::int64_t, Duration> put_off_;
  std::size_t words_under_way_ = 0;
  int words_failures_ = 0;   ///< rounds without an answer from Slack, 0 = it is there
  MonoTime words_next_{};    ///< of the next try, when it isn't
  std::function<void(const storage::OutboxRow& row, Settled how)> observer_;
  bool draining_ = false;
  bool rested_ = false;  ///< nothing is under way, and nothing that drain() waits for is left
  Signal rest_;
  Signal wake_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
