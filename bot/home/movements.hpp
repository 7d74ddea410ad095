#pragma once
// Hears of every write of what the App Home shows, whoever makes it: an incident, a Change, a delegation.
#include "bot/outbox/async_store.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace driftwarden {

class Movements : public std::enable_shared_from_this<Movements> {
 public:
  /// `home` is where `listen`ers are told.
  explicit Movements(asio::any_io_executor home) : home_(std::move(home)) {}

  /// At home. Told once for what moved since it was last told; null to hear no more.
  void listen(std::function<void()> told) { told_ = std::move(told); }
  /// For AsyncStore: on the database's thread, around each transaction's work. Told of before the commit: who looks then, looks behind it.
  Result<void> around(storage::Transaction& tx, const AsyncStore::Work& work);

 private:
  void tell();

  asio::any_io_executor home_;
  std::function<void()> told_;
  std::atomic<bool> under_way_ = false;  ///< it is being told
};

}  // namespace driftwarden
