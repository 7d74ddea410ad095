#pragma once
// Waivers in the store: those that count for a Change, those that let it pass, their end, and who hears of it.
#include "bot/config/config.hpp"
#include "bot/outbox/async_store.hpp"
#include "bot/outbox/outbox.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/model/audit.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/waiver_match.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// The row of "waiver.begun", "waiver.ended", "waiver.suspended", "waiver.resumed" or "waiver.used".
AuditEntry audit_of(const Waiver& waiver, const PersonId& actor, const std::string& action, const std::string& why);

/// Those whose time is up are over: the record says so, and what they let pass blocks again. The number of them.
Result<std::size_t> end_overdue_waivers(storage::Transaction& tx, WallTime now);
/// Cards, comments and statuses of the App's open Changes that gates judged say what holds now.
Result<void> show_gated_changes(storage::Transaction& tx, const std::string& app, WallTime now);

/// The rows of "waiver.used": which of `counting` let the Change pass, as it is merged. Each is written once.
Result<void> note_used_waivers(storage::Transaction& tx, const Change& change, const std::vector<Waiver>& counting);
/// What those rows say, the newest first.
Result<std::vector<Waiver>> used_waivers(storage::Transaction& tx, const Change& change);

/// "Waived-by: carol (built-in/floating-tag)" of those that let it pass, a line each, for the merge's message; "" where nothing was waived.
asio::awaitable<std::string> waiver_trailers(AsyncStore& store, Change change);

/// Those that count for the Change now; once it is merged, those that let it pass. None where the gates found nothing, or the store can't be read: then all
/// of it blocks.
asio::awaitable<WaiversHere> waivers_for(AsyncStore& store, const Config& config, Change change, App app, WallTime now);
/// The same rows, for one that was merged on the forge.
asio::awaitable<Result<void>> keep_used_waivers(AsyncStore& store, Change change, std::vector<Waiver> counting);

/// Ends what is overdue; says of those in force that they count no more since their owner owns the gate no more, and that they do again.
asio::awaitable<void> tend_waivers(AsyncStore& store, Outbox& outbox, const Config& config, const Fleet& fleet, WallTime now);

}  // namespace driftwarden
