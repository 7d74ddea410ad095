#pragma once
// From `tls:` to what clients are made with.
#include "bot/config/config.hpp"
#include "integrations/net/tls.hpp"

namespace driftwarden {

/// For everything that goes outside but clusters, whose kubeconfigs say it themselves: create_http_client, net::connect, Socket Mode. InvalidInput names the
/// file that can't be used.
Result<net::TlsOptions> tls_options(const TlsConfig& config, const Environment& environment);
/// The same with the files of this machine.
Result<net::TlsOptions> tls_options(const TlsConfig& config);

}  // namespace driftwarden
