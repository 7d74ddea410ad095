#pragma once
// What an App costs a month: requests x replicas x price. Pure.
#include "bot/config/config.hpp"
#include "gitops/base/money.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/cost.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// The cluster's table; null = nobody gave it prices.
const PriceTable* prices_of(const CostConfig& config, std::string_view cluster);
const PriceTable* prices_of(const Config& config, std::string_view cluster);

/// What the objects cost by their requests, each with its line (`before_micros` 0). Requests that are missing are the limits, as the API server has it;
/// neither: uncounted. What an autoscaler scales counts with the fewest replicas that it may have, and what the most would cost is among the uncounted. So is
/// what runs now and then (Jobs), what has no price, and what a DaemonSet costs where nobody says how many nodes there are.
struct Costed {
  Cost cost;
  std::vector<CostLine> lines;  ///< the dearest first
};
Costed cost_of(const std::vector<Manifest>& manifests, const PriceTable& prices, const std::string& currency);

/// Nothing without prices, or when neither side has anything that costs.
std::optional<CostChange> cost_change(const CostConfig& config, std::string_view cluster, const std::vector<Manifest>& before, const std::vector<Manifest>& after);
std::optional<CostChange> cost_change(const Config& config, std::string_view cluster, const std::vector<Manifest>& before, const std::vector<Manifest>& after);

/// Objects on a cluster, which has prices of its own.
struct PlacedObjects {
  std::string cluster;
  std::vector<Manifest> objects;
};
/// Nothing unless both clusters have prices.
std::optional<CostChange> cost_of_move(const CostConfig& config, const PlacedObjects& before, const PlacedObjects& after);

/// The approvals that a rise wants; `need` 0 = none. Of the thresholds that match, the highest says whose; as many as any of them wants. With nobody in
/// `from` (an empty group) nobody can give them. An amount in another currency (Infracost's) is taken as if it were the configured one.
/// `risen_lately`: what rose before comes to a rise, so that cutting it into slices changes nothing.
ExtraApprovals approvals_for(const Config& config, const App& app, const CostChange& cost, std::int64_t risen_lately = 0);
/// It could not be found out what it costs: what the lowest threshold that speaks of the App wants, whatever the rise may be. `why` is for people.
ExtraApprovals approvals_for_unknown(const Config& config, const App& app, const std::string& why);

}  // namespace driftwarden
