#pragma once
// What keeps the database small: finished rows of the queues go after a week, what ended goes after `storage.retention`, and so old rows of the audit log
// move to archives, in which the chain stays verifiable.
#include "bot/config/config.hpp"
#include "storage/store.hpp"

namespace driftwarden {

/// One turn of a bounded size, blocking: for the database's thread. True: there is more to do.
Result<bool> keep_house(storage::Store& store, const Clock& clock, Duration retention, const std::string& archive);

/// `audit.archive`, or the directory "audit" beside the database.
std::string archive_of(const Config& config);

}  // namespace driftwarden
