#pragma once
// A rise in cost that is cut into slices is still one rise.
#include "bot/change/merged_rises.hpp"
#include "bot/config/config.hpp"
#include "bot/outbox/async_store.hpp"
#include "gitops/model/change.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace driftwarden {

/// By how much the App's other Changes of the last 7 days raised or would raise what it costs, in millionths a month: those that came into Git, or still may, back
/// to the last one whose cost somebody agreed to; without those that still wait for that. With them what people merged past us since then. `newest_first` are the
/// App's, and `merged` too. A plan's apply counts among applies alone: what its files cost was counted when they were changed. Pure.
std::int64_t risen_lately(const std::vector<Change>& newest_first, const Change& asked, WallTime now, const std::vector<MergedRise>& merged = {});

/// Of what is stored. `asked` may be one that there isn't, without an id.
Result<std::int64_t> find_risen_lately(storage::Transaction& tx, const Change& asked, WallTime now);

/// 0 without thresholds, and where `cost` is no rise.
asio::awaitable<Result<std::int64_t>> load_risen_lately(AsyncStore& store, const Config& config, Change asked, std::optional<CostChange> cost, WallTime now);

}  // namespace driftwarden
