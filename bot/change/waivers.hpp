#pragma once
// Waivers in the store: those that count for a Change, their end, and who hears of it.
#include "bot/config/config.hpp"
#include "bot/outbox/async_store.hpp"
#include "bot/outbox/outbox.hpp"
#include "gitops/model/audit.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/waiver.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// The row of "waiver.begun" or "waiver.ended".
AuditEntry audit_of(const Waiver& waiver, const PersonId& actor, const std::string& action, const std::string& why);

/// Those whose time is up are over: the record says so, and what they let pass blocks again. The number of them.
Result<std::size_t> end_overdue_waivers(storage::Transaction& tx, WallTime now);
/// Cards, comments and statuses of the App's open Changes that gates judged say what holds now.
Result<void> show_gated_changes(storage::Transaction& tx, const std::string& app, WallTime now);

/// Those that count for the Change now; none where the gates found nothing, or the store can't be read: then all of it blocks.
asio::awaitable<std::vector<Waiver>> waivers_for(AsyncStore& store, const Config& config, Change change, WallTime now);
/// Ends what is overdue.
asio::awaitable<void> end_waivers(AsyncStore& store, Outbox& outbox, WallTime now);

}  // namespace driftwarden
