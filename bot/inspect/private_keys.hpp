#pragma once
#include <string>
#include <string_view>

namespace driftwarden {

/// The text with the insides of PEM private keys as `***`, line for line. A key whose end or beginning was cut off is one, too.
std::string without_private_keys(std::string_view text);

}  // namespace driftwarden
