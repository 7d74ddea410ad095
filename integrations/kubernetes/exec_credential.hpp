#pragma once
// What is said to and by a client-go credential plugin (client.authentication.k8s.io). Pure.
#include "gitops/base/clock.hpp"
#include "integrations/kubernetes/kubeconfig.hpp"

#include <optional>
#include <string>

namespace driftwarden::kubernetes {

struct ExecCredential {
  std::string token;
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::optional<WallTime> expires;  ///< none: good until the server says 401
};

/// The value of KUBERNETES_EXEC_INFO. `connection.exec` must be set.
std::string make_exec_info(const Connection& connection);
/// Corrupt when `out` is no ExecCredential of the version that was asked for, or holds neither a token nor a certificate with its key.
Result<ExecCredential> parse_exec_credential(const std::string& out, const std::string& api_version);

}  // namespace driftwarden::kubernetes
