#pragma once
// Follows one repository: its branch's head, and Git work on behalf of others, off the I/O thread.
#include "bot/config/config.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/random.hpp"
#include "gitops/repository/mirror.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace driftwarden {

class RepositoryWatcher {
 public:
  /// Called on the I/O thread: with the new head (also when a tag or branch that an App follows moved), or with why there is none now.
  struct Listener {
    std::function<asio::awaitable<void>(std::string head)> on_head;
    std::function<void(Error)> on_failure;      ///< each new reason
    std::function<void()> on_recovered;
    std::function<bool()> unfinished{};         ///< true: the head is to be told again though it didn't move
  };
  RepositoryWatcher(asio::any_io_executor executor, asio::any_io_executor pool, Clock& clock, Random& random, Duration poll, MirrorOptions options);

  /// Polls until cancelled; a failure is told once and tried again with back-off.
  asio::awaitable<void> run(Listener listener);
  /// Fetch now: a webhook came, or we pushed.
  void nudge() { nudged_.notify(); }

  /// When the remote last answered a poll; the epoch before the first time.
  WallTime answered_at() const { return answered_at_; }

  /// The branch's head as the remote has it now.
  asio::awaitable<Result<std::string>> fetch();

  /// Runs Git work on the pool. Errors of opening the mirror come back from here too.
  template <class T>
  asio::awaitable<Result<T>> with_mirror(std::function<Result<T>(Mirror&)> work) {
    auto job = [self = shared_, work = std::move(work)]() -> Result<T> {
      TRY(Mirror * mirror, self->open());
      return work(*mirror);
    };
    auto task = offload(pool_, std::move(job));
    co_return co_await std::move(task);
  }

 private:
  struct Fetched {
    std::string head;
    std::string followed;  ///< Mirror::followed_id
  };
  asio::awaitable<Result<Fetched>> fetch_all();

  /// Opened by whoever comes first, on a pool thread.
  struct Shared {
    MirrorOptions options;
    std::mutex mutex;
    std::unique_ptr<Mirror> mirror;
    Result<Mirror*> open();
  };

  asio::any_io_executor pool_;
  Clock& clock_;
  Random& random_;
  Duration poll_;
  WallTime answered_at_{};
  Signal nudged_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace driftwarden
