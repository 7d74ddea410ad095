#pragma once
// Pull requests that people open themselves: what they would do to the Apps is said once, and kept up to date.
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"
#include "bot/watch/fleet.hpp"
#include "integrations/forge/forge.hpp"

#include <map>
#include <string>

namespace driftwarden {

class PullWatch {
 public:
  struct Parts {
    asio::any_io_executor executor;
    Clock* clock = nullptr;
    const Config* config = nullptr;
    const Redactor* redactor = nullptr;
    AsyncStore* store = nullptr;
    Outbox* outbox = nullptr;
    Messenger* messenger = nullptr;
    Fleet* fleet = nullptr;
    std::map<std::string, forge::Forge*> forges;  ///< by repository
  };
  explicit PullWatch(Parts parts);
  void start();
  asio::awaitable<void> stop();
  /// A webhook came.
  void nudge() { nudged_.notify(); }

 private:
  Parts parts_;
  Signal nudged_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
