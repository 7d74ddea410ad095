#include "integrations/kubernetes/kubeconfig.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"
#include "integrations/kubernetes/files.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

/// One named entry of the file, and how to speak of it in errors.
struct Entry {
  std::string path;   ///< of the kubeconfig
  std::string what;   ///< "user alice"
  json body;

  Error error(const std::string& message) const { return {ErrorKind::InvalidInput, fmt::format("{}: {}: {}", path, what, message)}; }

  std::string text(const char* key) const {
    const auto found = body.find(key);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
  }
  bool flag(const char* key) const {
    const auto found = body.find(key);
    return found != body.end() && found->is_boolean() && found->get<bool>();
  }
  std::string resolve(const std::string& file) const {
    const std::filesystem::path given(file);
    return given.is_absolute() ? file : (std::filesystem::path(path).parent_path() / given).string();
  }
};

Result<Entry> find_entry(const json& document, const std::string& path, const char* list, const char* one, const std::string& name) {
  Entry entry{path, fmt::format("{} {}", one, name), json::object()};
  const auto all = document.find(list);
  if (all != document.end() && all->is_array()) {
    for (const auto& item : *all) {
      if (!item.is_object() || item.value("name", json()) != json(name)) continue;
      if (const auto body = item.find(one); body != item.end() && body->is_object()) entry.body = *body;
      return entry;
    }
  }
  return entry.error(fmt::format("no such entry in \"{}\"", list));
}

/// `key`-data (base64) before the file that `key` names; empty when neither is there.
Result<std::string> pem_of(const Entry& entry, const std::string& key) {
  if (const auto data = entry.text((key + "-data").c_str()); !data.empty()) {
    auto decoded = base64_decode(data);
    if (!decoded) return entry.error(key + "-data isn't base64");
    return decoded;
  }
  const auto file = entry.text(key.c_str());
  if (file.empty()) return std::string{};
  auto text = read_small_file(entry.resolve(file));
  if (!text) return entry.error(fmt::format("{}: {}", key, text.error().message));
  return text;
}

std::string exec_extension(const Entry& cluster) {
  const auto extensions = cluster.body.find("extensions");
  if (extensions == cluster.body.end() || !extensions->is_array()) return {};
  for (const auto& item : *extensions) {
    if (item.is_object() && item.value("name", json()) == "client.authentication.k8s.io/exec") return item.value("extension", json()).dump();
  }
  return {};
}

Result<void> read_cluster(const Entry& cluster, Connection& into) {
  into.server = cluster.text("server");
  if (into.server.empty()) return cluster.error("\"server\" is missing");
  const auto url = net::parse_url(into.server);
  if (!url) return cluster.error(fmt::format("server: {}", url.error().message));
  if (url->scheme != "https" && url->scheme != "http") return cluster.error("server: expected https://");
  if (!url->secure() && !net::is_loopback(*url)) {
    return cluster.error("server: plain http is only for loopback addresses; credentials would travel in clear: use https");
  }
  if (!cluster.text("proxy-url").empty()) {
    return cluster.error("proxy-url isn't supported: set HTTPS_PROXY (and NO_PROXY) for this process instead");
  }
  TRY(into.tls.ca_pem, pem_of(cluster, "certificate-authority"));
  into.tls.server_name = cluster.text("tls-server-name");
  into.tls.insecure_skip_verify = cluster.flag("insecure-skip-tls-verify");
  if (into.tls.insecure_skip_verify && !into.tls.ca_pem.empty()) {
    return cluster.error("insecure-skip-tls-verify and certificate-authority exclude each other");
  }
  if (into.tls.insecure_skip_verify && !net::is_loopback(*url)) {
    return cluster.error("insecure-skip-tls-verify is only for loopback addresses; whoever answers would be sent our credentials: give certificate-authority-data, and tls-server-name where the "
                         "certificate is for another name");
  }
  return {};
}

Result<ExecPlugin> read_exec(const Entry& user, const Entry& cluster) {
  const Entry exec{user.path, user.what + ": exec", user.body.at("exec")};
  ExecPlugin plugin;
  plugin.api_version = exec.text("apiVersion");
  if (plugin.api_version != "client.authentication.k8s.io/v1" && plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    return exec.error(fmt::format("apiVersion \"{}\" isn't known: expected client.authentication.k8s.io/v1 or v1beta1", plugin.api_version));
  }
  plugin.command = exec.text("command");
  if (plugin.command.empty()) return exec.error("\"command\" is missing");
  if (plugin.command.find('/') != std::string::npos) plugin.command = exec.resolve(plugin.command);
  if (exec.text("interactiveMode") == "Always") return exec.error("interactiveMode Always can't work here: nobody sits at a terminal");
  if (const auto args = exec.body.find("args"); args != exec.body.end() && args->is_array()) {
    for (const auto& arg : *args) plugin.args.push_back(arg.is_string() ? arg.get<std::string>() : arg.dump());
  }
  if (const auto env = exec.body.find("env"); env != exec.body.end() && env->is_array()) {
    for (const auto& item : *env) {
      const Entry pair{exec.path, exec.what, item.is_object() ? item : json::object()};
      plugin.env[pair.text("name")] = pair.text("value");
    }
  }
  plugin.install_hint = exec.text("installHint");
  plugin.provide_cluster_info = exec.flag("provideClusterInfo");
  if (plugin.provide_cluster_info) plugin.cluster_config = exec_extension(cluster);
  return plugin;
}

Result<void> read_user(const Entry& user, const Entry& cluster, Connection& into) {
  TRY(into.tls.client_certificate_pem, pem_of(user, "client-certificate"));
  TRY(auto key, pem_of(user, "client-key"));
  if (into.tls.client_certificate_pem.empty() != key.empty()) return user.error("client-certificate and client-key go together: one is missing");
  into.tls.client_key_pem = Secret<std::string>(std::move(key));
  into.token = Secret<std::string>(std::string(trim(user.text("token"))));
  if (const auto file = user.text("tokenFile"); !file.empty()) into.token_file = user.resolve(file);
  into.username = user.text("username");
  into.password = Secret<std::string>(user.text("password"));
  if (const auto exec = user.body.find("exec"); exec != user.body.end() && exec->is_object()) {
    TRY(into.exec, read_exec(user, cluster));
  }
  if (user.body.contains("auth-provider")) return user.error("auth-provider was removed from Kubernetes in 1.26: use an exec plugin");
  return {};
}

}  // namespace

Result<Connection> parse_kubeconfig(const std::string& text, const std::string& path, const std::string& context) {
  TRY(auto documents, parse_yaml(text, path));
  if (documents.empty() || !documents.front().is_object()) return Error{ErrorKind::InvalidInput, path + ": not a kubeconfig: expected a mapping"};
  const auto& document = documents.front();
  const Entry root{path, "kubeconfig", document};
  const auto name = context.empty() ? root.text("current-context") : context;
  if (name.empty()) return Error{ErrorKind::InvalidInput, path + ": no current-context: say which context is meant"};

  TRY(const auto chosen, find_entry(document, path, "contexts", "context", name));
  if (chosen.text("cluster").empty()) return chosen.error("\"cluster\" is missing");
  TRY(const auto cluster, find_entry(document, path, "clusters", "cluster", chosen.text("cluster")));
  Connection connection;
  connection.default_namespace = chosen.text("namespace");
  CHECK_OK(read_cluster(cluster, connection));
  if (chosen.text("user").empty()) return connection;
  TRY(const auto user, find_entry(document, path, "users", "user", chosen.text("user")));
  CHECK_OK(read_user(user, cluster, connection));
  return connection;
}

Result<Connection> load_kubeconfig(const std::string& path, const std::string& context) {
  TRY(const auto text, read_small_file(path));
  return parse_kubeconfig(text, path, context);
}

Result<Connection> in_cluster_connection() {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || *host == '\0') {
    return Error{ErrorKind::NotFound, "not inside a cluster: KUBERNETES_SERVICE_HOST isn't set; name a kubeconfig"};
  }
  const std::string folder = "/var/run/secrets/kubernetes.io/serviceaccount/";
  const std::string name = host;
  Connection connection;
  connection.server = fmt::format("https://{}:{}", name.find(':') == std::string::npos ? name : "[" + name + "]", port != nullptr ? port : "443");
  connection.token_file = folder + "token";
  TRY(connection.tls.ca_pem, read_small_file(folder + "ca.crt"));
  TRY([[maybe_unused]] const auto token, read_small_file(connection.token_file));
  if (auto ns = read_small_file(folder + "namespace")) connection.default_namespace = std::string(trim(*ns));
  return connection;
}

}  // namespace driftwarden::kubernetes
