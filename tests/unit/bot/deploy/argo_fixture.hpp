#pragma once
// Applications and projects as people write them, and what they are mapped against.
#include "bot/deploy/deploy_tool.hpp"
#include "integrations/argocd/application.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace driftwarden {

inline const char* const kArgoCommit = "4f2c81aa4f2c81aa4f2c81aa4f2c81aa4f2c81aa";

inline Manifest argo_manifest(const std::string& yaml) {
  const auto read = parse_yaml(yaml, "application.yaml");
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  Manifest manifest;
  manifest.body = std::make_shared<const nlohmann::json>(read ? read->front() : nlohmann::json());
  manifest.ref = ref_of(*manifest.body);
  return manifest;
}

inline Manifest changed(const Manifest& manifest, const nlohmann::json& merge_patch) {
  auto body = *manifest.body;
  body.merge_patch(merge_patch);
  Manifest other;
  other.ref = ref_of(body);
  other.body = std::make_shared<const nlohmann::json>(std::move(body));
  return other;
}

/// An Application of a directory of the configured repository, in the meta cluster's own cluster.
inline Manifest argo_application(const std::string& name = "checkout") {
  return argo_manifest(R"(
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: )" + name + R"(
  namespace: argocd
  resourceVersion: "4711"
  labels: {team: shop}
spec:
  project: default
  source:
    repoURL: git@github.com:Acme/Config.git
    path: ./apps/)" + name + R"(/
    targetRevision: HEAD
  destination:
    server: https://kubernetes.default.svc
    namespace: shop
  syncPolicy:
    automated: {prune: true}
    syncOptions: [CreateNamespace=true]
status:
  sync: {status: Synced, revision: 4f2c81aa4f2c81aa4f2c81aa4f2c81aa4f2c81aa}
  health: {status: Healthy}
)");
}

inline Manifest argo_project(const std::string& windows = "[]") {
  return argo_manifest("apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: default, namespace: argocd}\nspec:\n  syncWindows: " + windows + "\n");
}

struct ArgoGround {
  ArgoGround() {
    RepositoryConfig repository;
    repository.name = "config";
    repository.url = "https://github.com/acme/config";
    config.repositories.push_back(repository);
    repository.name = "infra";
    repository.url = "https://github.com/acme/infra.git";
    config.repositories.push_back(repository);
    for (const std::string name : {"here", "prod-eu", "prod-us"}) {
      ClusterConfig cluster;
      cluster.name = name;
      cluster.environment = name == "here" ? "meta" : "prod";
      config.clusters.push_back(cluster);
    }
    config.clusters[1].aliases = {"eu", "https://eu.example.org:6443"};
    Person ann;
    ann.name = "ann";
    config.people.push_back(ann);
    Group sre;
    sre.name = "sre";
    config.groups.push_back(sre);
    rule.kind = DiscoverKind::ArgoCd;
    rule.cluster = "here";
    rule.namespace_ = "argocd";
    rule.id = "argocd here argocd";
    ground.config = &config;
    ground.servers = {{"prod-us", "https://us.example.org"}};
  }
  std::vector<FoundApp> find(const std::vector<Manifest>& objects, WallTime now = {}) const { return make_argo_tool(rule)->find(objects, ground, now); }
  FoundApp find_one(const Manifest& object) const {
    auto found = find({object});
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? FoundApp{} : found.front();
  }

  Config config;
  DiscoverRule rule;
  DeployGround ground;
};

}  // namespace driftwarden
