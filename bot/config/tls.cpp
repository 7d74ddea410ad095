#include "bot/config/tls.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

Result<std::string> read_pem(const std::string& path, const Environment& environment) {
  auto text = environment.read_file(path);
  if (!text) return Error{ErrorKind::InvalidInput, fmt::format("{} can't be read: {}", path, text.error().message)};
  if (text->find("-----BEGIN CERTIFICATE-----") == std::string::npos) return Error{ErrorKind::InvalidInput, path + " holds no certificate in PEM"};
  return text;
}

}  // namespace

Result<net::TlsOptions> tls_options(const TlsConfig& config, const Environment& environment) {
  net::TlsOptions options;
  if (!config.ca.empty()) {
    auto read = read_pem(config.ca, environment);
    if (!read) return wrap("tls.ca", read.error());
    options.more_ca_pem = std::move(*read);
  }
  for (const auto& given : config.certificates) {
    net::ClientIdentity identity;
    auto read = read_pem(given.certificate, environment);
    if (!read) return wrap(fmt::format("the client certificate for {}", given.host), read.error());
    identity.certificate_pem = std::move(*read);
    identity.key_pem = given.key.value;
    options.clients.insert_or_assign(to_lower(given.host), std::move(identity));
  }
  return options;
}

Result<net::TlsOptions> tls_options(const TlsConfig& config) {
  const auto environment = create_system_environment();
  return tls_options(config, *environment);
}

}  // namespace driftwarden
