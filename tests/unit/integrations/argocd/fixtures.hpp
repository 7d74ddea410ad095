#pragma once
// Applications as an API server shows them.
#include <nlohmann/json.hpp>

namespace driftwarden::argocd {

inline nlohmann::json guestbook() {
  return nlohmann::json::parse(R"({
  "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
  "metadata": {"name": "guestbook", "namespace": "argocd", "resourceVersion": "4711", "generation": 12, "labels": {"team": "shop"},
    "annotations": {"notifications.argoproj.io/subscribe.on-sync-failed.slack": "shop"},
    "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": "shops", "uid": "1", "controller": true, "blockOwnerDeletion": true}]},
  "spec": {"project": "shops",
    "source": {"repoURL": "https://github.com/acme/config.git", "path": "apps/guestbook", "targetRevision": "HEAD",
      "helm": {"releaseName": "gb", "valueFiles": ["values.yaml", "../../values/prod.yaml"], "parameters": [{"name": "replicas", "value": "3"}, {"name": "tag", "value": "007", "forceString": true}],
        "valuesObject": {"ingress": {"enabled": true}}, "skipCrds": true}},
    "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
    "syncPolicy": {"automated": {"prune": true, "selfHeal": true}, "syncOptions": ["CreateNamespace=true", "ServerSideApply=true"], "retry": {"limit": 5, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"}}}},
  "status": {
    "sync": {"status": "OutOfSync", "revision": "4f2c81aa4f2c81aa4f2c81aa4f2c81aa4f2c81aa", "comparedTo": {"source": {"repoURL": "https://github.com/acme/config.git"}}},
    "health": {"status": "Degraded", "message": "1 of 3 replicas"},
    "reconciledAt": "2026-11-22T02:00:00Z",
    "conditions": [{"type": "ComparisonError", "message": "rpc error: unable to resolve 'main'", "lastTransitionTime": "2026-11-22T01:00:00Z"}, {"type": "OrphanedResourceWarning", "message": "2 orphans"}],
    "resources": [{"version": "v1", "kind": "Service", "namespace": "shop", "name": "old", "status": "OutOfSync", "requiresPruning": true},
                  {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "shop", "name": "gb", "status": "Synced", "health": {"status": "Healthy"}}],
    "history": [{"id": 0, "revision": "1111111111111111111111111111111111111111", "deployedAt": "2026-11-20T00:00:00Z"}, {"id": 1, "revision": "2222222222222222222222222222222222222222"}],
    "operationState": {"phase": "Failed", "message": "one or more objects failed to apply", "startedAt": "2026-11-22T01:30:00Z", "finishedAt": "2026-11-22T01:31:00Z",
      "operation": {"initiatedBy": {"automated": true}, "info": [{"name": "Reason", "value": "auto"}], "sync": {"revision": "4f2c81aa4f2c81aa4f2c81aa4f2c81aa4f2c81aa"}},
      "syncResult": {"revision": "4f2c81aa4f2c81aa4f2c81aa4f2c81aa4f2c81aa", "resources": [{"kind": "Deployment", "status": "SyncFailed"}]}}}})");
}

}  // namespace driftwarden::argocd
