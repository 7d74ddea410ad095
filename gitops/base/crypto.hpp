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

/// AES-256-GCM. `key` has 32 bytes, `nonce` 12 and is never used twice with one key. `header` is authenticated, not encrypted. Ends in the 16 bytes of the tag.
Result<std::string> aes_gcm_seal(std::string_view key, std::string_view nonce, std::string_view header, std::string_view plain);
/// Corrupt when key, nonce, header or a bit of `sealed` isn't what it was.
Result<std::string> aes_gcm_open(std::string_view key, std::string_view nonce, std::string_view header, std::string_view sealed);
/// The 32 bytes that HMAC-SHA256 makes of a secret for one purpose.
std::string derive_key(std::string_view secret, std::string_view purpose);

}  // namespace driftwarden
