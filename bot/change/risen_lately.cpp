#include "bot/change/risen_lately.hpp"

#include <algorithm>
#include <limits>

namespace driftwarden {
namespace {

constexpr Duration kLately = std::chrono::hours{24 * 7};
constexpr std::size_t kMostChanges = 300;

bool came_to_nothing(const Change& change) {
  switch (change.state) {
    case ChangeState::Rejected:
    case ChangeState::Expired:
    case ChangeState::Superseded:
    case ChangeState::Cancelled: return true;
    case ChangeState::Failed: return change.merged_sha.empty();
    default: return false;
  }
}

}  // namespace

std::int64_t risen_lately(const std::vector<Change>& newest_first, const Change& asked, WallTime now, const std::vector<MergedRise>& merged) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const bool of_apply = asked.verb == ChangeVerb::Apply;
  auto since = now - kLately;
  std::int64_t risen = 0;
  for (const auto& change : newest_first) {
    if (change.requested_at < since) break;
    const bool other_kind = (change.verb == ChangeVerb::Apply) != of_apply;
    if (change.id == asked.id || other_kind || came_to_nothing(change)) continue;
    const bool undecided = change.state == ChangeState::Requested || change.state == ChangeState::Proposed;
    // Nobody agreed to it yet, nor to what came before; of itself they are asked.
    if (change.quorum.extra.need > 0 && undecided) continue;
    if (change.quorum.extra.need > 0) {
      since = change.requested_at;
      break;
    }
    if (change.cost && __builtin_add_overflow(risen, change.cost->rise_micros(), &risen)) return kMost;
  }
  for (const auto& pull : merged) {
    if (of_apply || pull.at < since) break;
    if (__builtin_add_overflow(risen, pull.micros, &risen)) return kMost;
  }
  return std::max(risen, std::int64_t{0});
}

Result<std::int64_t> find_risen_lately(storage::Transaction& tx, const Change& asked, WallTime now) {
  TRY(const auto changes, tx.changes({asked.app, false, kMostChanges}));
  TRY(const auto merged, merged_rises(tx, asked.app, now - kLately));
  return risen_lately(changes, asked, now, merged);
}

asio::awaitable<Result<std::int64_t>> load_risen_lately(AsyncStore& store, const Config& config, Change asked, std::optional<CostChange> cost, WallTime now) {
  if (config.cost.thresholds.empty() || !cost || cost->rise_micros() <= 0) co_return std::int64_t{0};
  std::function<Result<std::int64_t>(storage::Transaction&)> work = [asked = std::move(asked), now](storage::Transaction& tx) { return find_risen_lately(tx, asked, now); };
  auto working = store.query<std::int64_t>(std::move(work));
  co_return co_await std::move(working);
}

}  // namespace driftwarden
