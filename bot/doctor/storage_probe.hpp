#pragma once
// Looks at the place where the bot keeps its state, beside a running bot: nothing is written, no lock is taken. Blocking.
#include "bot/doctor/machine_checks.hpp"

#include <string>

namespace driftwarden {

StorageFacts look_at_storage(const std::string& database, Clock& clock, MonoTime until);

/// Whether the text of /proc/locks has an flock on that inode.
bool is_flocked(const std::string& locks, std::uint64_t inode);

}  // namespace driftwarden
