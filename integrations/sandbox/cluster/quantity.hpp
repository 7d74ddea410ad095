#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden::sandbox::cluster {

/// The form in which the server writes a resource quantity: "1000m" is "1", "1024Mi" is "1Gi", "1e9" stays. Nothing when it isn't one.
std::optional<std::string> canonical_quantity(std::string_view text);
/// In thousandths, saturating; 0 when it isn't one.
long long quantity_millis(std::string_view text);

}  // namespace driftwarden::sandbox::cluster
