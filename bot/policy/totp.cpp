#include "bot/policy/totp.hpp"

#include "bot/config/syntax.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace driftwarden {
namespace {

constexpr std::int64_t kStepSeconds = 30;
constexpr std::size_t kLeastBytes = 10;
constexpr std::uint32_t kModulus = 1'000'000;

/// RFC 4226: HMAC-SHA-1 of the counter, dynamically truncated.
std::string code_of(const std::string& key, std::int64_t step) {
  std::array<unsigned char, 8> counter{};
  auto rest = static_cast<std::uint64_t>(step);
  for (auto byte = counter.rbegin(); byte != counter.rend(); ++byte, rest >>= 8U) *byte = static_cast<unsigned char>(rest & 0xffU);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), counter.data(), counter.size(), digest.data(), &size);
  if (size < 20) return {};
  const std::size_t at = digest[size - 1] & 0x0fU;
  const std::uint32_t number = (digest[at] & 0x7fU) << 24U | static_cast<std::uint32_t>(digest[at + 1]) << 16U | static_cast<std::uint32_t>(digest[at + 2]) << 8U |
                               static_cast<std::uint32_t>(digest[at + 3]);
  return fmt::format("{:06}", number % kModulus);
}

/// Six digits, as people type them: "123 456". "" for anything else.
std::string digits_of(const std::string& code) {
  std::string digits;
  for (const char c : code) {
    if (c == ' ') continue;
    if (c < '0' || c > '9') return {};
    digits += c;
  }
  return digits.size() == 6 ? digits : std::string();
}

}  // namespace

std::optional<std::int64_t> match_totp(const Secret<std::string>& base32_secret, const std::string& code, WallTime now, std::int64_t last_used) {
  const auto key = decode_base32(base32_secret.reveal());
  const auto digits = digits_of(code);
  if (!key || key->size() < kLeastBytes || digits.empty()) return std::nullopt;
  const auto step = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count() / kStepSeconds;
  std::optional<std::int64_t> matched;
  // All three are compared whatever the first says, so that the time tells nothing.
  for (const auto candidate : {step - 1, step, step + 1}) {
    const bool equal = candidate >= 0 && constant_time_equal(code_of(*key, candidate), digits);
    if (equal && candidate > last_used && !matched) matched = candidate;
  }
  return matched;
}

Result<void> check_totp_secret(const Secret<std::string>& base32_secret) {
  const auto key = decode_base32(base32_secret.reveal());
  if (!key) return Error{ErrorKind::InvalidInput, "the one-time secret isn't base32 (letters and the digits 2 to 7)"};
  if (key->size() < kLeastBytes) return Error{ErrorKind::InvalidInput, fmt::format("the one-time secret has {} bytes, it needs {} or more", key->size(), kLeastBytes)};
  return {};
}

}  // namespace driftwarden
