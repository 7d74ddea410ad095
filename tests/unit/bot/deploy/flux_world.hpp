#pragma once
// Flux's objects as they are live, for tests.
#include "bot/deploy/deploy_tool.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace driftwarden::test {

inline std::string flux_commit(char digit) { return std::string(40, digit); }

inline Manifest flux_object(const nlohmann::json& body) {
  Manifest object;
  object.ref.set_api_version(body.at("apiVersion").get<std::string>());
  object.ref.kind = body.at("kind").get<std::string>();
  object.ref.namespace_ = body.at("metadata").at("namespace").get<std::string>();
  object.ref.name = body.at("metadata").at("name").get<std::string>();
  object.body = std::make_shared<const nlohmann::json>(body);
  return object;
}

inline nlohmann::json flux_ready(const std::string& status = "True", const std::string& reason = "Succeeded", const std::string& message = "") {
  return nlohmann::json::array({{{"type", "Ready"}, {"status", status}, {"reason", reason}, {"message", message}}});
}

inline nlohmann::json git_repository(const std::string& name, const std::string& revision) {
  return {{"apiVersion", "source.toolkit.fluxcd.io/v1"},
          {"kind", "GitRepository"},
          {"metadata", {{"name", name}, {"namespace", "flux-system"}, {"resourceVersion", "7"}}},
          {"spec", {{"url", "https://git.acme.test/acme/" + name + ".git"}, {"ref", {{"branch", "main"}}}}},
          {"status", {{"artifact", {{"revision", "main@sha1:" + revision}}}, {"conditions", flux_ready()}}}};
}

inline nlohmann::json kustomization(const std::string& name, const std::string& namespace_, const std::string& path, const std::string& applied) {
  return {{"apiVersion", "kustomize.toolkit.fluxcd.io/v1"},
          {"kind", "Kustomization"},
          {"metadata", {{"name", name}, {"namespace", namespace_}, {"resourceVersion", "8"}, {"labels", {{"team", "shop"}}}}},
          {"spec", {{"path", path}, {"sourceRef", {{"kind", "GitRepository"}, {"name", "config"}, {"namespace", "flux-system"}}}}},
          {"status", {{"lastAppliedRevision", "main@sha1:" + applied}, {"conditions", flux_ready()}}}};
}

inline nlohmann::json helm_release(const std::string& name, const std::string& namespace_, const std::string& chart) {
  return {{"apiVersion", "helm.toolkit.fluxcd.io/v2"},
          {"kind", "HelmRelease"},
          {"metadata", {{"name", name}, {"namespace", namespace_}, {"resourceVersion", "9"}}},
          {"spec", {{"chart", {{"spec", {{"chart", chart}, {"sourceRef", {{"kind", "GitRepository"}, {"name", "config"}, {"namespace", "flux-system"}}}}}}}}},
          {"status", {{"conditions", flux_ready()}}}};
}

inline nlohmann::json suspended(nlohmann::json object, const std::string& by = "alice-cli") {
  object["spec"]["suspend"] = true;
  object["metadata"]["managedFields"] =
      nlohmann::json::array({{{"manager", by}, {"time", "2026-03-01T08:00:00Z"}, {"fieldsV1", {{"f:spec", {{"f:suspend", nlohmann::json::object()}}}}}}});
  return object;
}

/// One cluster, "here", and the repository "config", whose branch is main.
struct FluxGround {
  FluxGround() {
    ClusterConfig here;
    here.name = "here";
    here.environment = "staging";
    ClusterConfig there;
    there.name = "prod-eu";
    there.environment = "production";
    there.aliases = {"prod-eu-kubeconfig"};
    config.clusters = {here, there};
    RepositoryConfig repository;
    repository.name = "config";
    repository.url = "https://git.acme.test/acme/config";
    config.repositories = {repository};
    rule.kind = DiscoverKind::Flux;
    rule.cluster = "here";
    rule.id = "flux here";
    rule.app.channel = "#shop";
    ground.config = &config;
  }
  std::vector<FoundApp> find(const std::vector<nlohmann::json>& bodies) const {
    std::vector<Manifest> objects;
    for (const auto& body : bodies) objects.push_back(flux_object(body));
    return make_flux_tool(rule)->find(objects, ground, WallTime{});
  }

  Config config;
  DiscoverRule rule;
  DeployGround ground;
};

}  // namespace driftwarden::test
