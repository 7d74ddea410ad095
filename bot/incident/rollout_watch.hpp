#pragma once
// An App that turns unhealthy soon after a commit came into force: told once, with the way back as a button.
#include "bot/outbox/outbox.hpp"
#include "bot/watch/fleet.hpp"

#include <map>
#include <optional>
#include <string>

namespace driftwarden {

/// One revision that came into force, and how the App has been since.
struct Rollout {
  WallTime since{};                    ///< when live first equalled it
  bool was_healthy_before = false;
  std::optional<WallTime> unhealthy_since{};
  std::optional<WallTime> degraded_since{};
};

enum class RolloutVerdict { Watching, Tell, Over };
/// Pure. Tell: Degraded for half a minute, or not healthy for five, within half an hour of it; only where it was healthy before.
RolloutVerdict look_at_rollout(Rollout& rollout, kubernetes::Health health, WallTime now);

class RolloutWatch {
 public:
  RolloutWatch(asio::any_io_executor executor, Clock& clock, const Config& config, AsyncStore& store, Outbox& outbox, Fleet& fleet);
  void start();
  asio::awaitable<void> stop();
  /// Live equals this revision now.
  void on_synced(const std::string& app);

 private:
  asio::awaitable<void> run();
  asio::awaitable<void> look_around();
  asio::awaitable<void> record(App app, kubernetes::HealthReport health);
  asio::awaitable<void> look(std::string app);
  asio::awaitable<bool> is_being_verified(std::string app);
  asio::awaitable<void> tell(App app, kubernetes::HealthReport health);

  Clock& clock_;
  const Config& config_;
  AsyncStore& store_;
  Outbox& outbox_;
  Fleet& fleet_;
  std::map<std::string, std::string> trees_;     ///< by App: what was in force when it was last in sync
  std::map<std::string, bool> healthy_;          ///< by App: when it was last looked at, before the rollout that is watched
  std::map<std::string, std::string> recorded_;  ///< by App: tree and health as stored
  std::string looked_at_;                        ///< the App that was looked at last: all take their turn
  std::map<std::string, Rollout> rollouts_;      ///< by App: those still watched
  TaskGroup tasks_;
};

}  // namespace driftwarden
