#pragma once
// The cluster as somebody with kubectl sees it.
#include "tests/e2e/driver/web.hpp"

#include <string>

namespace driftwarden::e2e {

class ClusterHands {
 public:
  explicit ClusterHands(const std::string& kubeconfig);

  /// Null when it is not there.
  Json get(const std::string& kind, const std::string& name);
  Json deployment(const std::string& name) { return get("deployments", name); }
  int replicas(const std::string& name) { return deployment(name).at("spec").value("replicas", -1); }
  std::string image(const std::string& name) { return deployment(name).at("spec").at("template").at("spec").at("containers").at(0).value("image", ""); }
  std::string resource_version(const std::string& kind, const std::string& name) { return get(kind, name).at("metadata").at("resourceVersion").get<std::string>(); }

  void scale(const std::string& name, int replicas);
  void patch(const std::string& kind, const std::string& name, const Json& merge_patch, const std::string& manager);
  void remove(const std::string& kind, const std::string& name);
  /// By the API server's path; null when it is not there.
  Json get_at(const std::string& path);
  void merge_at(const std::string& path, const Json& merge_patch, const std::string& manager);
  /// Server-side apply with that manager, forced.
  void apply(const std::string& path, const Json& object, const std::string& manager);

 private:
  WebAnswer send(const std::string& method, const std::string& path, const std::string& body = "", const std::string& type = "application/json");
  Json checked(const std::string& what, const WebAnswer& answer);

  std::string server_;
  std::string authorization_;
  std::unique_ptr<Web> web_;
};

}  // namespace driftwarden::e2e
