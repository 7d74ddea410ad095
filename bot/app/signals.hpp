#pragma once
#include "gitops/base/clock.hpp"

namespace driftwarden {

/// Returns upon SIGINT or SIGTERM.
asio::awaitable<void> wait_for_stop_signal();

}  // namespace driftwarden
