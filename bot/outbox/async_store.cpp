#include "bot/outbox/async_store.hpp"

namespace driftwarden {
namespace {

/// What one work throws is its own failure and nobody else's.
AsyncStore::Work guarded(AsyncStore::Work work, const AsyncStore::Around& around) {
  return [work = std::move(work), &around](storage::Transaction& tx) -> Result<void> {
    try {
      return around ? around(tx, work) : work(tx);
    } catch (const std::exception& thrown) {
      return Error{ErrorKind::Corrupt, thrown.what()};
    }
  };
}

}  // namespace

asio::awaitable<Result<void>> AsyncStore::transact(std::function<Result<void>(storage::Transaction&)> work) {
  auto entry = std::make_shared<Entry>();
  entry->work = std::move(work);
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(entry);
  }
  auto job = [this, entry] {
    if (!entry->result) run_waiting();
    return *std::move(entry->result);
  };
  auto task = offload(thread_, std::move(job));
  co_return co_await std::move(task);
}

void AsyncStore::run_waiting() {
  std::vector<std::shared_ptr<Entry>> group;
  {
    const std::lock_guard lock(mutex_);
    group.swap(waiting_);
  }
  std::vector<Work> works;
  works.reserve(group.size());
  for (const auto& entry : group) works.push_back(guarded(std::move(entry->work), around_));
  auto results = store_.transact_all(works);
  for (std::size_t i = 0; i < group.size(); ++i) group[i]->result = std::move(results[i]);
}

}  // namespace driftwarden
