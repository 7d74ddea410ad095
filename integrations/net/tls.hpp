#pragma once
#include "gitops/base/secret.hpp"

#include <map>
#include <string>

namespace driftwarden::net {

/// How we prove ourselves to one host. PEM text.
struct ClientIdentity {
  std::string certificate_pem;
  Secret<std::string> key_pem;
};

/// How a client proves the server and itself. All in PEM text; empty = not used.
struct TlsOptions {
  std::string ca_pem;                   ///< instead of the system's roots when not empty
  std::string client_certificate_pem;
  Secret<std::string> client_key_pem;
  std::string server_name;              ///< verify and SNI this name instead of the URL's host
  bool insecure_skip_verify = false;    ///< only ever set by a kubeconfig that says so
  bool use_environment_proxy = true;    ///< HTTPS_PROXY, HTTP_PROXY, NO_PROXY; loopback never goes through a proxy
  std::string more_ca_pem{};            ///< beside the system's roots
  std::map<std::string, ClientIdentity> clients{};  ///< by host in lower case; for hosts that aren't listed the certificate above
};

}  // namespace driftwarden::net
