#pragma once
#include "gitops/base/result.hpp"
#include "gitops/base/secret.hpp"
#include "integrations/net/tls.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::kubernetes {

/// client-go credential plugin (client.authentication.k8s.io/v1 and v1beta1).
struct ExecPlugin {
  std::string api_version;
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::string install_hint;
  bool provide_cluster_info = false;
  std::string cluster_config;  ///< JSON of the cluster's extension for credential plugins, "" for none
};

/// Where an API server is and how to prove ourselves to it.
struct Connection {
  std::string server;  ///< https://..., or http:// on loopback
  net::TlsOptions tls;
  Secret<std::string> token;
  std::string token_file;  ///< read again when it changes (service accounts rotate)
  std::string username;
  Secret<std::string> password;
  std::optional<ExecPlugin> exec;
  std::string default_namespace;
};

/// The same from a text that was read already; `path` is for messages and for what is relative to it.
Result<Connection> parse_kubeconfig(const std::string& text, const std::string& path, const std::string& context);

/// Reads a kubeconfig; `context` "" = the current one. Relative paths are relative to the file. Errors name the file and the entry.
Result<Connection> load_kubeconfig(const std::string& path, const std::string& context);
/// /var/run/secrets/kubernetes.io/serviceaccount and KUBERNETES_SERVICE_HOST/PORT.
Result<Connection> in_cluster_connection();

}  // namespace driftwarden::kubernetes
