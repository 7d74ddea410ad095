#pragma once
#include "gitops/base/secret.hpp"

#include <string>

namespace driftwarden::net {

/// How a client proves the server and itself. All in PEM text; empty = not used.
struct TlsOptions {
  std::string ca_pem;                   ///< instead of the system's roots when not empty
  std::string client_certificate_pem;
  Secret<std::string> client_key_pem;
  std::string server_name;              ///< verify and SNI this name instead of the URL's host
  bool insecure_skip_verify = false;    ///< only ever set by a kubeconfig that says so
  bool use_environment_proxy = true;    ///< HTTPS_PROXY, HTTP_PROXY, NO_PROXY; loopback never goes through a proxy
};

}  // namespace driftwarden::net
