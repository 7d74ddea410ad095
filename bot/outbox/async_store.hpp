#pragma once
// The store, off the I/O thread, on the database's own thread. What was asked for while it was busy is then done together, with one
// commit: a burst of a hundred alerts waits for the disk a few times, not hundreds of times.
#include "gitops/base/async.hpp"
#include "storage/store.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace driftwarden {

class AsyncStore {
 public:
  using Work = std::function<Result<void>(storage::Transaction&)>;
  /// Runs a work in its transaction, with something around that; on the database's thread.
  using Around = std::function<Result<void>(storage::Transaction&, const Work&)>;
  /// `database_thread` must be one thread: the store isn't shared.
  AsyncStore(storage::Store& store, asio::any_io_executor database_thread, Around around = {}) : store_(store), thread_(std::move(database_thread)), around_(std::move(around)) {}

  /// Runs `work` in one transaction; durable when it returns. Not cancelled half way. May be run twice, when what it was grouped with
  /// makes the database fail: only the last run counts.
  asio::awaitable<Result<void>> transact(std::function<Result<void>(storage::Transaction&)> work);

  /// The same for work with a value.
  template <class T>
  asio::awaitable<Result<T>> query(std::function<Result<T>(storage::Transaction&)> work) {
    auto value = std::make_shared<std::optional<T>>();
    std::function<Result<void>(storage::Transaction&)> keep = [value, work = std::move(work)](storage::Transaction& tx) -> Result<void> {
      auto result = work(tx);
      if (!result) return std::move(result).error();
      *value = std::move(result).value();
      return Result<void>{};
    };
    auto task = transact(std::move(keep));
    auto done = co_await std::move(task);
    if (!done) co_return std::move(done).error();
    co_return std::move(**value);
  }

 private:
  struct Entry {
    std::function<Result<void>(storage::Transaction&)> work;
    std::optional<Result<void>> result;
  };
  /// On the database's thread: all that waits now.
  void run_waiting();

  storage::Store& store_;
  asio::any_io_executor thread_;
  Around around_;
  std::mutex mutex_;  ///< of `waiting_`
  std::vector<std::shared_ptr<Entry>> waiting_;
};

}  // namespace driftwarden
