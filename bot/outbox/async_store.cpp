#include "bot/outbox/async_store.hpp"

namespace driftwarden {

asio::awaitable<Result<void>> AsyncStore::transact(std::function<Result<void>(storage::Transaction&)> work) {
  auto job = [this, work = std::move(work)] { return store_.transact(work); };
  auto task = offload(thread_, std::move(job));
  co_return co_await std::move(task);
}

}  // namespace driftwarden
