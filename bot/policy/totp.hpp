#pragma once
// One-time codes (RFC 6238: SHA-1, 30 s, 6 digits), as authenticator apps make them.
#include "gitops/base/clock.hpp"
#include "gitops/base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace driftwarden {

/// The time step whose code this is: now's, the one before or after. Steps up to `last_used` are spent. Constant time in the digits.
std::optional<std::int64_t> match_totp(const Secret<std::string>& base32_secret, const std::string& code, WallTime now, std::int64_t last_used);
/// InvalidInput when the text is no base32 of at least 16 bytes... of 10 or more, as authenticator apps demand.
Result<void> check_totp_secret(const Secret<std::string>& base32_secret);

}  // namespace driftwarden
