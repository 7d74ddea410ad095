#pragma once
#include "gitops/base/clock.hpp"

#include <functional>

namespace driftwarden {

/// True upon SIGINT or SIGTERM, false when cancelled.
asio::awaitable<bool> wait_for_stop_signal();

/// Calls `told` upon every SIGHUP until cancelled; until then none ends the process.
asio::awaitable<void> follow_hangups(std::function<void()> told);

}  // namespace driftwarden
