#pragma once
#include "gitops/base/result.hpp"

#include <string>
#include <string_view>

namespace driftwarden {

std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);
std::string base64_encode(std::string_view bytes);
/// Standard alphabet; line breaks are skipped, as Kubernetes does. Anything else unknown is InvalidInput.
Result<std::string> base64_decode(std::string_view text);
/// Takes the same time wherever the two differ.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace driftwarden
