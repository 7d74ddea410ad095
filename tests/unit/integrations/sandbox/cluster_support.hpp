#pragma once
// The API server's core with a clock that stands still unless told.
#include "integrations/sandbox/cluster/api_core.hpp"
#include "integrations/sandbox/cluster/rollouts.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace driftwarden::sandbox::cluster {

struct Answer {
  unsigned status = 0;
  Json body;
  std::vector<std::string> warnings;
};

class Api {
 public:
  explicit Api(std::string token = {}) : random(create_seeded_random(7)), core(*random, std::move(token)) { static_cast<void>(call("GET", "/version")); }

  ApiReply raw(ApiRequest request) {
    if (const auto mark = request.path.find('?'); mark != std::string::npos) {
      std::string rest = request.path.substr(mark + 1) + "&";
      request.path.resize(mark);
      for (std::size_t at = 0; at < rest.size();) {
        const auto end = rest.find('&', at);
        const auto pair = rest.substr(at, end - at);
        const auto equals = pair.find('=');
        if (equals != std::string::npos) request.query[pair.substr(0, equals)] = pair.substr(equals + 1);
        at = end + 1;
      }
    }
    return core.handle(request, now);
  }

  Answer call(const std::string& method, const std::string& path, const Json& body = nullptr, const std::string& type = "application/json") {
    ApiRequest request;
    request.method = method;
    request.path = path;
    request.content_type = type;
    request.user_agent = "tester/1.0";
    if (!body.is_null()) request.body = body.dump();
    const ApiReply reply = raw(std::move(request));
    return {reply.status, Json::parse(reply.body, nullptr, false), reply.warnings};
  }

  Answer apply(const std::string& path, const Json& config, const std::string& manager, bool force = false) {
    return call("PATCH", path + "?fieldManager=" + manager + (force ? "&force=true" : ""), config, "application/apply-patch+yaml");
  }
  Answer merge(const std::string& path, const Json& change, const std::string& manager = "kubectl-edit") {
    return call("PATCH", path + "?fieldManager=" + manager, change, "application/merge-patch+json");
  }
  Answer strategic(const std::string& path, const Json& change) {
    return call("PATCH", path + "?fieldManager=kubectl-edit", change, "application/strategic-merge-patch+json");
  }

  /// The fields that the manager's entry lists, null without such an entry.
  static Json fields_of(const Json& object, const std::string& manager) {
    for (const auto& entry : array_at(object, {"metadata", "managedFields"})) {
      if (text_at(entry, {"manager"}) == manager) return entry["fieldsV1"];
    }
    return nullptr;
  }

  std::unique_ptr<Random> random;
  ApiCore core;
  WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{9}};
};

inline const std::string kDeployments = "/apis/apps/v1/namespaces/default/deployments";
inline const std::string kConfigMaps = "/api/v1/namespaces/default/configmaps";

inline Json deployment(const std::string& name) {
  return Json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":")" + name + R"("},"spec":{"replicas":2,
    "selector":{"matchLabels":{"app":"shop"}},"template":{"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[
    {"name":"web","image":"shop:1","ports":[{"containerPort":80}],"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],
     "resources":{"limits":{"cpu":"1","memory":"1Gi"}}}]}}}})");
}

inline Json config_map(const std::string& name, Json data) {
  return Json{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}}}, {"data", std::move(data)}};
}

}  // namespace driftwarden::sandbox::cluster
