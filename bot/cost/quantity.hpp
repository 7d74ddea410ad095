#pragma once
// Kubernetes' quantities ("100m", "1.5Gi", "1e3"), exactly. Grammar: apimachinery's pkg/api/resource.
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace driftwarden {

/// 128 bits: no quantity that the API server takes overflows, in billionths.
__extension__ typedef __int128 Wide;

/// In billionths, what is finer rounded up as the API server does. Nothing for what isn't one, is negative, or larger than 2^63 - 1.
std::optional<Wide> parse_quantity(std::string_view text);
/// The same of a JSON value, which may be a number.
std::optional<Wide> quantity_of(const nlohmann::json& value);

/// `billionths` times `count` times `price` by `unit`, in the price's own unit, half rounded up. Nothing when it is more than a 64-bit amount of money.
std::optional<std::int64_t> priced(Wide billionths, std::int64_t count, std::int64_t price, std::int64_t unit = 1);

}  // namespace driftwarden
