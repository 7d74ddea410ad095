#pragma once
#include <string>

namespace driftwarden::net::test {

struct Identity {
  std::string certificate_pem;
  std::string key_pem;
};

/// A self-signed authority with a fresh key.
Identity make_authority(const std::string& name);
/// Signed by `authority`; `names` as OpenSSL writes subjectAltName ("DNS:localhost,IP:127.0.0.1"), empty for none.
Identity issue(const Identity& authority, const std::string& name, const std::string& names);
/// One that was good until yesterday.
Identity issue_expired(const Identity& authority, const std::string& name, const std::string& names);

}  // namespace driftwarden::net::test
