#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/forge/forge.hpp"

#include <charconv>

namespace driftwarden::forge {

namespace {

constexpr std::chrono::minutes kClockSkew{5};

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

}  // namespace

bool verify_webhook(std::string_view secret, std::string_view raw_body, std::string_view signature) {
  constexpr std::string_view kPrefix = "sha256=";
  // An unset secret must not become a key that everybody knows.
  if (secret.empty()) return false;
  if (signature.starts_with(kPrefix)) signature.remove_prefix(kPrefix.size());
  return constant_time_equal(hmac_sha256_hex(secret, raw_body), to_lower(signature));
}

bool verify_webhook_token(std::string_view secret, std::string_view token) {
  if (secret.empty()) return false;
  // Digests, so that the time doesn't tell the secret's length.
  return constant_time_equal(sha256_hex(secret), sha256_hex(token));
}

bool verify_standard_webhook(std::string_view secret, std::string_view raw_body, const SignedHook& hook, WallTime now) {
  constexpr std::string_view kSecretPrefix = "whsec_";
  constexpr std::string_view kVersion = "v1,";
  if (!secret.starts_with(kSecretPrefix) || hook.id.empty()) return false;
  const auto key = base64_decode(secret.substr(kSecretPrefix.size()));
  if (!key || key->empty()) return false;

  std::int64_t seconds = 0;
  const auto end = hook.timestamp.data() + hook.timestamp.size();
  const auto read = std::from_chars(hook.timestamp.data(), end, seconds);
  constexpr std::int64_t kFarFuture = 253'402'300'800;  // the year 10000: no arithmetic beyond it
  if (read.ec != std::errc{} || read.ptr != end || seconds < 0 || seconds > kFarFuture) return false;
  const WallTime at{std::chrono::seconds(seconds)};
  if (at > now + kClockSkew || at < now - kClockSkew) return false;

  const auto signed_text = std::string(hook.id) + "." + std::string(hook.timestamp) + "." + std::string(raw_body);
  const auto expected = base64_encode(bytes_of_hex(hmac_sha256_hex(*key, signed_text)));
  bool good = false;
  for (const auto& signature : split(hook.signatures, ' ')) {
    if (signature.starts_with(kVersion) && constant_time_equal(expected, std::string_view(signature).substr(kVersion.size()))) good = true;
  }
  return good;
}

}  // namespace driftwarden::forge
