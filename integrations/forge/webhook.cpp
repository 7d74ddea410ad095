#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/forge/forge.hpp"

namespace driftwarden::forge {

bool verify_webhook(std::string_view secret, std::string_view raw_body, std::string_view signature) {
  constexpr std::string_view kPrefix = "sha256=";
  // An unset secret must not become a key that everybody knows.
  if (secret.empty()) return false;
  if (signature.starts_with(kPrefix)) signature.remove_prefix(kPrefix.size());
  return constant_time_equal(hmac_sha256_hex(secret, raw_body), to_lower(signature));
}

}  // namespace driftwarden::forge
