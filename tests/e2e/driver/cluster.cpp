#include "tests/e2e/driver/cluster.hpp"

#include "integrations/kubernetes/kubeconfig.hpp"

#include <stdexcept>

namespace driftwarden::e2e {
namespace {

constexpr const char* kNamespace = "shop";

std::string path_of(const std::string& kind, const std::string& name) {
  const std::string root = kind == "deployments" ? "/apis/apps/v1" : "/api/v1";
  return root + "/namespaces/" + kNamespace + "/" + kind + "/" + name;
}

}  // namespace

ClusterHands::ClusterHands(const std::string& kubeconfig) {
  auto connection = kubernetes::load_kubeconfig(kubeconfig, "");
  if (!connection) throw std::runtime_error(connection.error().message);
  server_ = connection->server;
  if (!connection->token.reveal().empty()) authorization_ = "Bearer " + connection->token.reveal();
  web_ = std::make_unique<Web>(connection->tls);
}

WebAnswer ClusterHands::send(const std::string& method, const std::string& path, const std::string& body, const std::string& type) {
  return web_->send(method, server_ + path, authorization_, body, type);
}

Json ClusterHands::checked(const std::string& what, const WebAnswer& answer) {
  if (!answer.ok()) throw std::runtime_error(what + " was answered " + std::to_string(answer.status) + ": " + answer.text.substr(0, 500));
  return answer.body;
}

Json ClusterHands::get(const std::string& kind, const std::string& name) { return get_at(path_of(kind, name)); }

Json ClusterHands::get_at(const std::string& path) {
  const auto answer = send("GET", path);
  if (answer.status == 404) return {};
  return checked("get " + path, answer);
}

void ClusterHands::merge_at(const std::string& path, const Json& merge_patch, const std::string& manager) {
  checked("patch " + path, send("PATCH", path + "?fieldManager=" + manager, merge_patch.dump(), "application/merge-patch+json"));
}

void ClusterHands::scale(const std::string& name, int replicas) {
  const Json patch{{"spec", {{"replicas", replicas}}}};
  checked("scale " + name, send("PATCH", path_of("deployments", name) + "/scale?fieldManager=kubectl", patch.dump(), "application/merge-patch+json"));
}

void ClusterHands::patch(const std::string& kind, const std::string& name, const Json& merge_patch, const std::string& manager) {
  checked("patch " + name, send("PATCH", path_of(kind, name) + "?fieldManager=" + manager, merge_patch.dump(), "application/strategic-merge-patch+json"));
}

void ClusterHands::remove(const std::string& kind, const std::string& name) { checked("delete " + name, send("DELETE", path_of(kind, name))); }

void ClusterHands::apply(const std::string& path, const Json& object, const std::string& manager) {
  checked("apply " + path, send("PATCH", path + "?force=true&fieldManager=" + manager, object.dump(), "application/apply-patch+yaml"));
}

}  // namespace driftwarden::e2e
