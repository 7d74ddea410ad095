#pragma once
#include "gitops/base/clock.hpp"

#include <functional>

namespace driftwarden {

/// Returns upon SIGINT or SIGTERM.
asio::awaitable<void> wait_for_stop_signal();

/// Calls `told` upon every SIGHUP until cancelled; until then none ends the process.
asio::awaitable<void> follow_hangups(std::function<void()> told);

}  // namespace driftwarden
