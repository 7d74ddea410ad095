#include "integrations/kubernetes/exec_credential.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {

using nlohmann::json;

std::string make_exec_info(const Connection& connection) {
  const auto& plugin = *connection.exec;
  json spec{{"interactive", false}};
  if (plugin.provide_cluster_info) {
    json cluster{{"server", connection.server}};
    if (!connection.tls.server_name.empty()) cluster["tls-server-name"] = connection.tls.server_name;
    if (connection.tls.insecure_skip_verify) cluster["insecure-skip-tls-verify"] = true;
    if (!connection.tls.ca_pem.empty()) cluster["certificate-authority-data"] = base64_encode(connection.tls.ca_pem);
    if (auto config = json::parse(plugin.cluster_config, nullptr, false); !config.is_discarded()) cluster["config"] = std::move(config);
    spec["cluster"] = std::move(cluster);
  }
  const json info{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}};
  return info.dump();
}

Result<ExecCredential> parse_exec_credential(const std::string& out, const std::string& api_version) {
  const auto corrupt = [](const std::string& what) { return Error{ErrorKind::Corrupt, "the credential plugin's answer " + what}; };
  const auto answer = json::parse(out, nullptr, false);
  if (!answer.is_object() || answer.value("kind", json()) != "ExecCredential") return corrupt("isn't an ExecCredential");
  if (answer.value("apiVersion", json()) != json(api_version)) return corrupt("isn't of version " + api_version);
  const auto status = answer.find("status");
  if (status == answer.end() || !status->is_object()) return corrupt("has no status");
  const auto text = [&](const char* key) {
    const auto found = status->find(key);
    return found != status->end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  ExecCredential credential;
  credential.token = text("token");
  credential.client_certificate_pem = text("clientCertificateData");
  credential.client_key_pem = text("clientKeyData");
  if (credential.client_certificate_pem.empty() != credential.client_key_pem.empty()) return corrupt("has a certificate or a key, but not both");
  if (credential.token.empty() && credential.client_key_pem.empty()) return corrupt("holds neither a token nor a certificate");
  if (const auto expires = text("expirationTimestamp"); !expires.empty()) {
    auto when = parse_time(expires);
    if (!when) return corrupt("has an expirationTimestamp that isn't RFC 3339");
    credential.expires = *when;
  }
  return credential;
}

}  // namespace driftwarden::kubernetes
