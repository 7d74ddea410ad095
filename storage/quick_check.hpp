#pragma once
// Looks at a database without being its bot: beside a running one, or before the first start.
#include "gitops/base/clock.hpp"

#include <string>

namespace driftwarden::storage {

/// SQLite's quick_check, read-only. Corrupt: damaged, says how to restore; Timeout: not done by `until`; Unavailable: it can't be opened.
Result<void> quick_check(const std::string& path, Clock& clock, MonoTime until);

}  // namespace driftwarden::storage
