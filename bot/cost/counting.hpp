#pragma once
// Object by object. Internal to bot/cost.
#include "bot/cost/cost.hpp"

namespace driftwarden {

/// In the objects' own order; what isn't counted may be told twice.
Costed count_objects(const std::vector<Manifest>& manifests, const PriceTable& prices, const std::string& currency);

}  // namespace driftwarden
